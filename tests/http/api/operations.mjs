// SPDX-License-Identifier: Apache-2.0
// What the pages for operators say is so: commands and options exist, files exist, settings have
// these values, and a full disk is as described.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Browser, District, assert, finish, postgres, program, run, test } from './lib.mjs';

const root = new URL('../../../', import.meta.url).pathname;
const text = (name) => readFileSync(join(root, name), 'utf8');
const operations = text('docs/operations.md');
const d = new District({ demo: false });

await test('every command and option that is named exists', async () => {
  const help = run(['help']).stdout;
  let n = 0;
  for (const [, command, rest] of operations.matchAll(/huiqiao (init|serve|token|code|import|export|backup|restore|check|setting|generate|rule|routes|sql|openapi|[a-z]+)((?: (?:--[a-z-]+|[A-Z][A-Z]*|\S+))*)/g)) {
    if (!new RegExp(`^  huiqiao ${command}( |$)`, 'm').test(help)) {
      assert.ok(!/^(init|serve|token|code|import|export|backup|restore|check|setting)$/.test(command), `${command} is not in the help`);
      continue;
    }
    n++;
    const usage = run(['help', command]).stdout;
    for (const [option] of (rest.split('`')[0] ?? '').matchAll(/--[a-z-]+/g)) assert.ok(usage.includes(option), `${command} ${option}`);
  }
  assert.ok(n >= 12, `${n} commands`);
});

await test('every file that is named exists', async () => {
  for (const page of ['SECURITY.md', 'docs/operations.md']) {
    const names = [...text(page).matchAll(/[`\s(](?:\.\.\/)?((?:tests|src|docs|edge|script|tools)\/[A-Za-z0-9_./-]*\w)[`\s).]/g)].map((m) => m[1]);
    assert.ok(names.length > 2, page);
    for (const name of names) assert.ok(existsSync(join(root, name)), `${page}: ${name}`);
  }
});

await test('every defence says where it is tested, and the test is there', async () => {
  const rows = text('SECURITY.md').split('\n').filter((l) => /^\| [^-a]/.test(l));
  assert.ok(rows.length > 12, `${rows.length} rows`);
  for (const row of rows) {
    const tested = row.split('|').at(-2);
    const files = [...tested.matchAll(/`((?:tests|tools)\/[^`]+)`/g)].map((m) => m[1]);
    assert.ok(files.length > 0, `no test is named: ${row}`);
    for (const f of files) assert.ok(existsSync(join(root, f)), f);
  }
});

await test('settings are as the table says', async () => {
  const rows = [...operations.matchAll(/^\| `(rate\.\w+)` .*\| `([^`]+)` \|$/gm)];
  assert.equal(rows.length, 4);
  for (const [, key, value] of rows) assert.equal(d.command('setting', key).stdout.trim(), value, key);
});

await test('a newer database is refused, not changed', async () => {
  const newer = new District({ demo: false });
  newer.sql("INSERT INTO schema_patch SELECT 99999, '99999_future', sha256, applied_at FROM schema_patch LIMIT 1");
  const r = newer.command('check');
  assert.equal(r.status, 1);
  assert.match(r.stderr, /newer than this program/);
});

await test('a lost password: a code from the command line, good once', async () => {
  await d.serve();
  const code = d.command('code', 'admin').stdout.trim();
  assert.ok(code.length >= 20, code);
  assert.equal(d.command('code', 'nobody').status, 1);
  const activate = async (secret, b = new Browser(d)) => b.go('/activate', { method: 'POST', form: { csrf: await b.csrf('/activate'), login: 'admin', code, password: secret, again: secret } });
  const first = await activate('new-pass-phrase-2026');
  assert.equal(first.headers.get('location'), '/', first.text.match(/<p class="err.*?<\/p>/s)?.[0] ?? first.text.slice(0, 400));
  assert.equal((await new Browser(d).login('admin', 'new-pass-phrase-2026')).status, 303);
  const again = await activate('another-phrase-2026');
  assert.equal(again.headers.get('location'), '/activate', 'refused');
  assert.notEqual((await new Browser(d).login('admin', 'another-phrase-2026')).status, 303);
  await d.stop();
});

await test('the dashboard shows figures that exist, and all of them', async () => {
  await d.serve();
  await d.ok('admin', 'GET', '/notices');
  const figures = await (await fetch(`${d.url}/metrics`)).text();
  await d.stop();
  const there = new Set([...figures.matchAll(/^(huiqiao_\w+?)(?:\{[^}]*\})? [-+0-9.e]+$/gm)].map((m) => m[1]));
  assert.equal(figures.split('\n').filter((l) => l !== '' && !/^(# TYPE huiqiao_\w+ (counter|gauge|histogram)|huiqiao_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [-+0-9.e]+)$/.test(l)).join('\n'), '', 'not Prometheus text');
  const shown = new Set();
  for (const p of JSON.parse(text('deploy/grafana/huiqiao.json')).panels) {
    for (const t of p.targets) for (const [name] of t.expr.matchAll(/huiqiao_\w+/g)) shown.add(name);
  }
  for (const name of shown) assert.ok(there.has(name), `${name} is not among the figures`);
  for (const name of there) assert.ok(shown.has(name), `${name} is not shown`);
  const [, n] = /huiqiao_request_seconds_count\{class="read"\} (\d+)/.exec(figures);
  const [, last] = /huiqiao_request_seconds_bucket\{class="read",le="\+Inf"\} (\d+)/.exec(figures);
  assert.ok(Number(n) >= 1 && n === last, `${n} reads, ${last} in the last bucket`);
  assert.ok(Number(/huiqiao_disk_free_bytes (\d+)/.exec(figures)[1]) > 0);
});

await test('systemd takes the units, and finds them shut in', () => {
  const units = ['huiqiao.service', 'huiqiao@.service', 'huiqiao-backup.service', 'huiqiao-backup.timer'];
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) {
    console.log('units: skipped, there is no systemd-analyze');
    return;
  }
  const dir = mkdtempSync(join(tmpdir(), 'huiqiao-units-'));
  for (const u of units) writeFileSync(join(dir, u), text(`edge/${u}`).replaceAll('/usr/local/bin/huiqiao', resolve(program)));
  for (const u of units) {
    const verify = spawnSync('systemd-analyze', ['verify', '--man=no', join(dir, u)], { encoding: 'utf8', timeout: 30000 });
    assert.equal(verify.status, 0, `${u}: ${verify.stderr}`);
    assert.doesNotMatch(verify.stderr, /huiqiao/, u);
    if (u.endsWith('.timer')) continue;
    const security = spawnSync('systemd-analyze', ['security', '--offline=true', join(dir, u)], { encoding: 'utf8', timeout: 30000 });
    const level = Number(/Overall exposure level for \S+: ([0-9.]+)/.exec(security.stdout)?.[1]);
    assert.ok(level <= 1.5, `${u}: ${level} ${security.stderr}`);
  }
  rmSync(dir, { recursive: true });
});

// Of PostgreSQL's disk PostgreSQL says so (tests/store/postgres.c has what follows from errors).
if (!postgres) await test('a full disk: reading goes on, writing says so, room is enough to go on', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'huiqiao-full-'));
  const mount = (...options) => spawnSync('mount', [...options, dir]).status === 0;
  if (!mount('-t', 'tmpfs', '-o', 'size=12m', 'none')) {
    rmdirSync(dir);
    console.log('a full disk: skipped, there is no right to mount one');
    return;
  }
  const full = new District({ demo: false });
  full.data = join(dir, 'district');
  try {
    assert.equal(run(['init', '--data', full.data, '--demo']).status, 0);
    await full.serve();
    const sent = { title: '磁盘', body: '满'.repeat(3000), enterprise_id: 1 };
    const kept = [];
    let refused;
    for (let i = 0; i < 3000 && !refused; i++) {
      const r = await full.api('staff', 'POST', '/demands', sent);
      if (r.status === 201) kept.push(r.json.id);
      else refused = r;
    }
    assert.equal(refused?.status, 507, 'never full');
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    assert.equal((await full.api('staff', 'GET', `/demands/${kept.at(-1)}`)).status, 200);
    assert.match(full.log, /database or disk is full/);
    assert.ok(mount('-o', 'remount,size=64m'));
    await full.ok('staff', 'POST', '/demands', { ...sent, title: '又有地方' });
    for (const id of kept) await full.ok('staff', 'GET', `/demands/${id}`);
    await full.stop();
    assert.equal(full.command('check').status, 0);
  } finally {
    await full.stop('SIGKILL');
    spawnSync('umount', [dir]);
    rmdirSync(dir);
  }
});

finish();
