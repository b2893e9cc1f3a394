// SPDX-License-Identifier: Apache-2.0
// The command line itself: what each command does, refuses and answers to its caller.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { District, assert, finish, password, postgres, program, run, test } from './lib.mjs';

// One member of an archive, by its central directory.
function unzipped(zip, name) {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = zip.readUInt32LE(end + 16);
  for (let i = zip.readUInt16LE(end + 10); i > 0; i--) {
    const [size, nameSize, extra, comment, from] = [zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32), zip.readUInt32LE(at + 42)];
    if (zip.toString('utf8', at + 46, at + 46 + nameSize) === name) {
      const data = from + 30 + zip.readUInt16LE(from + 26) + zip.readUInt16LE(from + 28);
      return inflateRawSync(zip.subarray(data, data + size)).toString('utf8');
    }
    at += 46 + nameSize + extra + comment;
  }
  throw new Error(`there is no ${name} in the archive`);
}

const d = new District();
const plain = new District({ demo: false });

await test('help, version, unknown commands and options', async () => {
  assert.equal(run(['help']).status, 0);
  assert.match(run(['--help']).stdout, /huiqiao init/);
  assert.match(run(['version']).stdout, /^huiqiao \d+\.\d+\.\d+\n$/);
  assert.equal(run([]).status, 2);
  assert.equal(run(['fly']).status, 2);
  assert.equal(run(['init', '--colour']).status, 2);
  assert.equal(run(['serve', 'x', '--data', d.data]).status, 2);
  assert.equal(run(['generate', '--data', d.data, '--demands', 'many']).status, 2);
  assert.equal(run(['token', '--data', d.data]).status, 2);
  for (const c of ['serve', 'token', 'import', 'export', 'generate', 'backup', 'check']) {
    assert.match(run(['help', c]).stdout, new RegExp(`huiqiao ${c} `));
  }
});

await test('init makes a private district once', async () => {
  assert.equal(statSync(plain.data).mode & 0o777, 0o700);
  for (const f of ['secret', postgres ? 'database' : 'district.db']) assert.equal(statSync(join(plain.data, f)).mode & 0o077, 0, f);
  assert.equal(statSync(join(plain.data, 'secret')).size, 32);
  assert.match(plain.said, /one-time password: \S{16}/);
  const secret = readFileSync(join(plain.data, 'secret'));
  const again = run(['init', '--data', plain.data]);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /district already/);
  assert.deepEqual(readFileSync(join(plain.data, 'secret')), secret);
  assert.ok(!d.said.includes(password), 'a password that was given is not printed');
  assert.notDeepEqual(readFileSync(join(d.data, 'secret')), secret);
});

await test('a command without its district says what to do', async () => {
  const r = run(['check', '--data', join(d.dir, 'nowhere')]);
  assert.equal(r.status, 1);
  assert.match(r.stderr, /huiqiao init --data/);
  assert.equal(run(['check']).status, 1);
  assert.equal(d.command('token', 'nobody').status, 1);
});

await test('the demonstration has lived: every stage is there, and the log agrees', async () => {
  const rows = JSON.parse(d.command('export', 'demands', '--format', 'json').stdout);
  assert.ok(rows.length >= 25);
  const states = new Set(rows.map((x) => x.state));
  for (const s of ['submitted', 'accepted', 'dispatched', 'signed', 'handling', 'suspended', 'answered', 'closed', 'rejected']) {
    assert.ok(states.has(s), `no demand is ${s}: ${[...states]}`);
  }
  for (const x of rows) assert.ok(Date.parse(x.created_at) <= Date.now());
  assert.ok(rows.some((x) => x.supervised_at));
  assert.ok(rows.some((x) => x.light === 'red'));
  const check = d.command('check');
  assert.equal(check.status, 0, check.stdout + check.stderr);
});

await test('export: the same rows as CSV and JSON, formulas defused', async () => {
  const json = JSON.parse(d.command('export', 'enterprises', '--format', 'json').stdout);
  const csv = d.command('export', 'enterprises').stdout;
  assert.ok(json.length >= 12, `${json.length} enterprises`);
  assert.ok(csv.startsWith('\ufeff'));
  assert.equal(csv.trim().split('\r\n').length, json.length + 1);
  assert.equal(d.command('export', 'secrets').status, 1);
  assert.equal(d.command('export', 'demands', '--format', 'pdf').status, 2);
});

await test('what is exported means the same when it is imported: nothing new, nothing changed', async () => {
  for (const kind of ['organizations', 'enterprises', 'people', 'memberships', 'terms', 'posts', 'payments']) {
    const file = join(d.dir, `${kind}.csv`);
    writeFileSync(file, d.command('export', kind).stdout);
    const r = d.command('import', kind, file, '--dry-run');
    assert.match(r.stdout, /^[1-9]\d* rows: 0 new, 0 changed, \d+ unchanged, 0 refused/m, `${kind}: ${r.stdout} ${r.stderr}`);
  }
});

await test('check finds what was changed behind its back', async () => {
  const broken = new District();
  broken.sql("UPDATE demand SET next_due_at = 1 WHERE state = 'handling'");
  const first = broken.command('check');
  assert.equal(first.status, 1);
  assert.match(first.stdout, /caches: [1-9]\d* of/);
  assert.equal(broken.command('check').status, 0, 'it was repaired');
  // Whoever can write the tables can drop their triggers, too; the chain still tells.
  const triggers = postgres
    ? "SELECT tgname AS name FROM pg_trigger WHERE tgrelid = 'audit'::regclass AND NOT tgisinternal"
    : "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'";
  for (const t of broken.rows(triggers)) broken.sql(`DROP TRIGGER ${t.name}${postgres ? ' ON audit' : ''}`);
  broken.sql("UPDATE audit SET action = 'demand.reject' WHERE id = 20");
  const second = broken.command('check');
  assert.equal(second.status, 1);
  assert.match(second.stdout, /audit chain: (?!sound)/);
});

await test('check finds an enterprise astray from its main membership', async () => {
  const broken = new District();
  assert.match(broken.command('check').stdout, /memberships: sound/);
  broken.sql('UPDATE membership SET is_main = 0 WHERE id = (SELECT min(id) FROM membership)');
  const found = broken.command('check');
  assert.equal(found.status, 1);
  assert.match(found.stdout, /memberships: 1 enterprises/);
});

await test('check finds a search index that is not in step', async () => {
  const broken = new District();
  assert.match(broken.command('check').stdout, /search index: sound/);
  const [doc] = broken.rows('SELECT id, tokens FROM search_doc ORDER BY id DESC LIMIT 1');
  if (!postgres) { // there the server keeps the index in step
    // The document says other words than the index knows.
    broken.sql(`UPDATE search_doc SET tokens = 'zzzz' WHERE id = ${doc.id}`);
    const first = broken.command('check');
    assert.equal(first.status, 1);
    assert.match(first.stdout, /search index: damaged or not in step/);
    assert.match(first.stdout, /database: sound/, 'nothing else is wrong');
    broken.sql(`UPDATE search_doc SET tokens = '${doc.tokens}' WHERE id = ${doc.id};
      INSERT INTO search_index (search_index, rowid, tokens) VALUES ('delete', ${doc.id}, '${doc.tokens}')`);
  }
  broken.sql(`DELETE FROM search_doc WHERE id = ${doc.id}`);
  const second = broken.command('check');
  assert.equal(second.status, 1);
  assert.match(second.stdout, /search index: 1 records are not in it/);
});

await test('sql prints every statement, the kit\'s and the kinds\', too', async () => {
  const out = run(['sql']).stdout;
  for (const name of ['audit.add', 'session.by_cookie', 'demand.', 'enterprise.', 'check.search_sound', 'throttle.get']) {
    assert.ok(out.includes(`-- ${name}`), name);
  }
  const checked = d.command('sql', '--check');
  assert.equal(checked.status, 0, checked.stderr);
  assert.match(checked.stdout, /^\d{4} statements on (sqlite|postgres): sound$/m);
  assert.equal(run(['sql', '--check']).status, 2);
});

await test('export as a workbook: the rows of the CSV, in constant memory', async () => {
  for (const kind of ['enterprises', 'organizations', 'demands']) {
    const r = spawnSync(program, ['export', '--data', d.data, kind, '--format', 'xlsx'], { maxBuffer: 1 << 28 });
    assert.equal(r.status, 0, String(r.stderr));
    assert.equal(r.stdout.subarray(0, 4).toString('latin1'), 'PK\x03\x04');
    const sheet = unzipped(r.stdout, 'xl/worksheets/sheet1.xml');
    const rows = JSON.parse(d.command('export', kind, '--format', 'json').stdout);
    assert.equal([...sheet.matchAll(/<row /g)].length, rows.length + 1, kind);
    for (const row of rows) {
      const text = (row.name ?? row.title).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
      assert.ok(sheet.includes(text), `${kind}: ${text}`);
    }
    assert.ok(!sheet.includes('<f>'), 'no formulas');
  }
  // Nobody to export: a workbook still.
  const none = spawnSync(program, ['export', '--data', plain.data, 'enterprises', '--format', 'xlsx'], { maxBuffer: 1 << 28 });
  assert.equal(none.status, 0, String(none.stderr));
  assert.match(unzipped(none.stdout, 'xl/workbook.xml'), /enterprises/);
  assert.deepEqual(readdirSync(plain.data).filter((f) => !/^(district\.db.*|secret|database)$/.test(f)), [], 'nothing is left behind');
});

await test('generate adds what it says, the same for the same seed', async () => {
  const rows = [];
  for (const seed of ['7', '7', '8']) {
    const g = new District({ demo: false });
    const r = g.command('generate', '--enterprises', '60', '--demands', '400', '--seed', seed);
    assert.equal(r.status, 0, r.stderr);
    const list = JSON.parse(g.command('export', 'demands', '--format', 'json').stdout);
    assert.equal(list.length, 400);
    assert.equal(JSON.parse(g.command('export', 'enterprises', '--format', 'json').stdout).length, 60);
    const check = g.command('check');
    assert.equal(check.status, 0, check.stdout + check.stderr);
    rows.push(list.map((x) => x.title).join());
    const states = new Set(list.map((x) => x.state));
    assert.ok(states.has('closed') && states.has('dispatched') && states.has('signed'), [...states].join());
  }
  assert.equal(rows[0], rows[1]);
  assert.notEqual(rows[0], rows[2]);
});

await test('a generated roster is one that the rules allow: five years of memberships, figures, people', async () => {
  const rows = (g, kind) => JSON.parse(g.command('export', kind, '--format', 'json').stdout);
  const made = [];
  for (const seed of ['5', '5']) {
    const g = new District({ demo: false });
    assert.equal(g.command('generate', '--enterprises', '3000', '--seed', seed).status, 0);
    assert.equal(g.command('check').status, 0, 'the district is sound');
    made.push(g);
  }
  const firms = rows(made[0], 'enterprises');
  assert.deepEqual(firms.map((e) => e.name), rows(made[1], 'enterprises').map((e) => e.name), 'the same for the same seed');
  assert.equal(new Set(firms.map((e) => e.uscc)).size, firms.length);
  for (const e of firms.slice(0, 20)) {
    const r = run(['rule', 'uscc'], { input: JSON.stringify({ code: e.uscc }) });
    assert.deepEqual([JSON.parse(r.stdout).ok, JSON.parse(r.stdout).warnings], [true, []], r.stdout);
  }
  const share = (list, fn) => list.filter(fn).length / list.length;
  assert.ok(share(firms, (e) => e.size === 'micro') > 0.5 && share(firms, (e) => e.size === 'large') < 0.02);
  assert.ok(Math.abs(share(firms, (e) => e.industry === 'F') - 0.3) < 0.1, 'a third trades');
  const stays = rows(made[0], 'memberships');
  const by = Map.groupBy(stays, (m) => m.enterprise_id);
  assert.ok(stays.length > firms.length * 0.9 && [...by.values()].some((l) => l.length >= 3));
  for (const state of ['member', 'suspended', 'left', 'expelled']) assert.ok(stays.some((m) => m.state === state), state);
  for (const m of stays) {
    assert.ok(m.until === null || m.until > m.since, JSON.stringify(m));
    assert.equal(m.until !== null, m.state === 'left' || m.state === 'expelled');
    if (m.previous_id !== null) {
      const before = stays.find((x) => x.id === m.previous_id);
      assert.ok(before.until < m.since && before.organization_id === m.organization_id);
    }
  }
  assert.ok(new Set(stays.map((m) => m.since.slice(0, 4))).size >= 5, 'five years');
  const kinds = new Set(rows(made[0], 'organizations').filter((o) => stays.some((m) => m.organization_id === o.id)).map((o) => o.kind));
  for (const k of ['town', 'industry', 'joint']) assert.ok(kinds.has(k), k);
  const figures = Map.groupBy(rows(made[0], 'enterprise-figures'), (f) => f.enterprise_id);
  assert.ok([...figures.values()].some((l) => l.length === 5));
  const people = rows(made[0], 'people');
  assert.ok(people.length > 1000 && people.every((p) => p.enterprise_id !== null));
});

await test('rules, routes and statements are printed', async () => {
  const r = run(['rule', 'workday'], { input: '{"from":"2026-02-12","days":5}' });
  assert.deepEqual(JSON.parse(r.stdout), { date: '2026-02-26' });
  assert.equal(run(['rule', 'workday'], { input: '{' }).status, 2);
  assert.equal(run(['rule', 'nothing'], { input: '{}' }).status, 2);
  assert.match(run(['rule'], { input: '' }).stdout, /^clock$/m);
  assert.match(run(['routes']).stdout, /^POST +both +\/demands .*member/m);
  assert.match(run(['sql']).stdout, /^-- demand\./m);
  const api = JSON.parse(run(['openapi']).stdout);
  assert.equal(api.openapi.slice(0, 3), '3.1');
  assert.ok(Object.keys(api.paths).length > 20);
});

await test('serve refuses the world unless told, and a second server its port', async () => {
  const r = d.command('serve', '--listen', '0.0.0.0:0');
  assert.equal(r.status, 1);
  assert.match(r.stderr, /public/);
  await d.serve();
  const second = d.command('serve', '--listen', d.url.slice(7));
  assert.equal(second.status, 1);
  const end = await d.stop('SIGINT');
  assert.equal(end.code, 0);
});

finish();
