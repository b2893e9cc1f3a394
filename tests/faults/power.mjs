// SPDX-License-Identifier: Apache-2.0
// Power cuts (security.md D2, D3): the disk forgets what was not synced, or keeps any part of it,
// and the program starts again on what is left. Everything acknowledged is there, once. The
// mutants, which tell SQLite to sync less, must lose. HUIQIAO_CUTS=500 for a long run,
// HUIQIAO_SEED to run one again.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { HEAD, csv, rows, uscc } from '../../bench/sheets.mjs';
import { Browser, District, assert, finish, password, run, test } from '../http/api/lib.mjs';
import { Disk, HOW, draws } from './disk.mjs';

const CUTS = Number(process.env.HUIQIAO_CUTS ?? 24);
const FIRST = Number(process.env.HUIQIAO_SEED ?? Date.now() % 1000000);
const MUTANT_CUTS = 6; // at most: one loss is enough
const ROWS = 120;

// What was said to be done, and what may be.
class Said {
  demands = new Map(); // key → id
  unknown = new Set(); // keys sent without an answer
  files = new Map(); // id → SHA-256
  sessions = [];
  imports = []; // { id, first, started }

  get count() {
    return this.demands.size + this.files.size + this.sessions.length + this.imports.length;
  }
}

const body = (key) => ({ title: `断电 ${key}`, body: '内容'.repeat(200) });

// One creation with its key; an answer that never came may be a yes.
async function create(d, said, key) {
  said.unknown.add(key);
  const r = await d.api('member', 'POST', '/demands', body(key), { 'idempotency-key': key });
  if (r.status !== 201) return;
  said.unknown.delete(key);
  said.demands.set(key, r.json.id);
}

async function form(d, who, path, fields, file, name) {
  const f = new FormData();
  for (const [k, v] of Object.entries(fields)) f.set(k, v);
  f.set('file', new Blob([file]), name);
  const r = await fetch(`${d.url}/api/v1${path}`, { method: 'POST', body: f, headers: { authorization: `Bearer ${d.token(who)}` } });
  return { status: r.status, json: await r.json() };
}

const writers = {
  async demands(d, said, tag, stop) {
    for (let i = 0; !stop.now; i++) await create(d, said, `${tag}n${i}`);
  },
  async files(d, said, tag, stop, draw) {
    while (!stop.now) {
      const bytes = Buffer.concat([Buffer.from('%PDF-1.4\n'), randomBytes(1000 + draw(150000))]);
      const r = await form(d, 'member', '/attachments', {}, bytes, 'a.pdf');
      if (r.status === 201) said.files.set(r.json.id, createHash('sha256').update(bytes).digest('hex'));
      await sleep(20);
    }
  },
  async sessions(d, said, tag, stop) {
    while (!stop.now) {
      const b = new Browser(d);
      const r = await b.login('staff', password);
      if (r.status === 303) said.sessions.push(b);
      await sleep(40);
    }
  },
  async imports(d, said, tag, stop, draw, state) {
    const first = (state.sheet += ROWS);
    const sheet = csv([HEAD, ...rows(ROWS, state.chambers, first)]);
    const up = await form(d, 'staff', '/imports', { kind: 'enterprises' }, sheet, 'sheet.csv');
    if (up.status !== 201) return;
    const one = { id: up.json.id, first, started: false };
    said.imports.push(one);
    await d.api('staff', 'POST', `/imports/${one.id}/columns`, { columns: up.json.columns.map((c) => c.field ?? '-').join(' ') });
    for (let i = 0; i < 200 && !stop.now; i++) {
      if ((await d.api('staff', 'GET', `/imports/${one.id}`)).json?.state === 'checked') {
        one.started = (await d.api('staff', 'POST', `/imports/${one.id}/start`)).status < 300;
        return;
      }
      await sleep(10);
    }
  },
};

// Under load until the power goes. In every third round that is within a checkpoint.
async function round(d, disk, said, seed, draw, state) {
  const tag = `s${seed}`;
  const stop = { now: false };
  const before = said.count;
  const kinds = ['demands', 'demands', 'demands', 'demands', 'demands', 'demands', 'files', 'sessions', 'imports'];
  const work = kinds.map((kind, w) => writers[kind](d, said, `${tag}w${w}`, stop, draw, state).catch(() => {}));
  const enough = before + 20 + draw(150);
  for (let i = 0; said.count < enough && i < 1000; i++) await sleep(5);
  const within = disk.get('database_writes') + 1 + draw(60);
  disk.set(seed % 3 === 0 ? { cut_db_at: within } : { cut_at: disk.get('operations') + 1 + draw(600) });
  const late = setTimeout(() => disk.set({ cut_at: 1 }), 4000);
  const end = await d.ended;
  clearTimeout(late);
  stop.now = true;
  await Promise.all(work);
  d.process.server = null;
  assert.equal(end.code, 137, `the program ended by itself: ${JSON.stringify(end)} ${d.log}`);
  assert.equal(disk.get('cut'), 1);
  const checkpoint = seed % 3 === 0 && disk.get('database_writes') >= within;
  return { checkpoint, acknowledged: said.count - before, lost: disk.get('sectors_lost'), kept: disk.get('sectors_kept') };
}

// What of all that was acknowledged is not there, or not once.
function missing(d, said) {
  const lost = [];
  const seen = new Map();
  for (const r of d.rows("SELECT id, title FROM demand WHERE title LIKE '断电 %'")) {
    const key = r.title.slice(3);
    if (seen.has(key)) lost.push(`${key} is there twice`);
    seen.set(key, r.id);
  }
  for (const [key, id] of said.demands) if (seen.get(key) !== id) lost.push(`demand ${key}`);
  for (const key of seen.keys()) if (!said.demands.has(key) && !said.unknown.has(key)) lost.push(`${key} was never sent`);
  const begun = new Map(d.rows("SELECT demand_id AS id, count(*) AS n FROM demand_event GROUP BY 1").map((r) => [r.id, r.n]));
  for (const id of seen.values()) if (begun.get(id) !== 1) lost.push(`demand ${id} has ${begun.get(id) ?? 0} events`);
  for (const [action, ids] of [['attachment.store', said.files.keys()], ['import.upload', said.imports.map((i) => i.id)]]) {
    const audited = new Map(d.rows(`SELECT record_id AS id, count(*) AS n FROM audit WHERE action = '${action}' GROUP BY 1`).map((r) => [r.id, r.n]));
    for (const id of ids) if (audited.get(id) !== 1) lost.push(`${action} ${id} is in the audit log ${audited.get(id) ?? 0} times`);
  }
  const files = new Map(d.rows('SELECT a.id, d.data FROM attachment a JOIN attachment_data d ON d.id = a.id').map((r) => [r.id, createHash('sha256').update(Buffer.from(r.data, 'hex')).digest('hex')]));
  for (const [id, sha] of said.files) if (files.get(id) !== sha) lost.push(`file ${id}`);
  const runs = new Set(d.rows('SELECT id FROM import_run').map((r) => r.id));
  for (const i of said.imports) if (!runs.has(i.id)) lost.push(`import ${i.id}`);
  return lost;
}

// Those that show by what the started server does: sessions, imports that go on.
async function goesOn(d, said) {
  const lost = [];
  for (const b of said.sessions) if ((await b.go('/me')).status !== 200) lost.push('session');
  for (const i of said.imports.filter((x) => x.started)) {
    for (let n = 0; n < 400 && !['done', 'cancelled'].includes((await d.ok('staff', 'GET', `/imports/${i.id}`)).state); n++) await sleep(20);
    const codes = Array.from({ length: ROWS }, (_, n) => uscc(i.first + n));
    const [{ n }] = d.rows(`SELECT count(*) AS n FROM enterprise WHERE uscc IN (${codes.map((c) => `'${c}'`).join(',')})`);
    if (n !== ROWS) lost.push(`import ${i.id}: ${n} of ${ROWS} rows`);
  }
  return lost;
}

async function prepared() {
  const d = new District();
  const disk = new Disk(d.dir);
  await d.serve();
  d.token('member');
  d.token('staff');
  const chambers = (await d.ok('staff', 'GET', '/organizations?kind=industry')).items.map((o) => o.name);
  await d.stop();
  return { d, disk, state: { chambers, sheet: 700000 } };
}

function start(d, disk, seed, how, synchronous) {
  disk.clear({ seed, how });
  d.env = disk.env(synchronous);
  return d.serve();
}

await test('power cuts: nothing acknowledged is lost', async () => {
  const { d, disk, state } = await prepared();
  const said = new Said();
  let lost = 0, kept = 0, checkpoints = 0;
  console.log(`seeds ${FIRST} to ${FIRST + CUTS - 1}`);
  for (let seed = FIRST; seed < FIRST + CUTS; seed++) {
    const draw = draws(seed);
    await start(d, disk, seed, HOW.seeded);
    // Without an answer: sent again, done once.
    for (const key of [...said.unknown]) await create(d, said, key);
    assert.deepEqual(await goesOn(d, said), [], `seed ${seed}`);
    said.sessions.splice(0, said.sessions.length - 2);
    said.imports = said.imports.filter((i) => !i.started).slice(-2);
    const r = await round(d, disk, said, seed, draw, state);
    lost += r.lost;
    kept += r.kept;
    checkpoints += r.checkpoint ? 1 : 0;
    assert.ok(r.acknowledged >= 20, `seed ${seed}: only ${r.acknowledged} acknowledged`);
    if (seed % 3 === 0 || seed === FIRST + CUTS - 1) {
      const check = d.command('check');
      assert.equal(check.status, 0, `seed ${seed}: ${check.stdout}${check.stderr}`);
    }
    assert.deepEqual(missing(d, said), [], `seed ${seed}`);
  }
  d.env = {};
  await d.serve();
  assert.deepEqual(await goesOn(d, said), []);
  await d.stop();
  assert.equal(d.command('check').status, 0);
  assert.ok(lost > 0 && kept > 0, 'the disk lost nothing: no test');
  console.log(`${CUTS} cuts, ${checkpoints} of them in checkpoints; ${said.count} acknowledged (${said.demands.size} demands, ${said.files.size} files), 0 lost; unsynced sectors: ${lost} lost, ${kept} kept`);
});

for (const synchronous of ['NORMAL', 'OFF']) {
  await test(`the mutant that syncs less loses: ${synchronous}`, async () => {
    const { d, disk, state } = await prepared();
    const said = new Said();
    for (let i = 0; i < MUTANT_CUTS; i++) {
      const seed = FIRST + 1000 + i;
      let lost;
      try {
        await start(d, disk, seed, HOW.all, synchronous);
        await round(d, disk, said, seed, draws(seed), state);
        lost = missing(d, said).filter((what) => /^(demand|file|import) \d*\w+$/.test(what));
      } catch (e) {
        // With OFF the whole database may be no more; anything else is a mistake of this test.
        if (e.code === 'ERR_ASSERTION' || d.command('check').status === 0) throw e;
        lost = [...said.demands.keys()];
      }
      if (lost.length > 0) {
        console.log(`synchronous = ${synchronous}: ${lost.length} of ${said.count} lost after ${i + 1} cuts`);
        return;
      }
    }
    assert.fail(`nothing lost in ${MUTANT_CUTS} cuts: this test cannot see what it looks for`);
  });
}

await test('a district that was founded is there after a cut', async () => {
  const d = new District({ demo: false });
  const disk = new Disk(d.dir);
  for (const how of [HOW.all, HOW.tail]) {
    const data = `${d.dir}/founded-${how}`;
    disk.clear({ seed: FIRST, how, cut_end: 1 });
    const made = run(['init', '--data', data], { env: { ...process.env, ...disk.env() } });
    assert.equal(made.status, 137, made.stderr);
    assert.ok(existsSync(`${data}/secret`), `the directory holds ${existsSync(data) ? readdirSync(data) : 'nothing: it is gone'}`);
    const check = run(['check', '--data', data]);
    assert.equal(check.status, 0, check.stdout + check.stderr);
  }
});

finish();
