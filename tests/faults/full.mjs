// SPDX-License-Identifier: Apache-2.0
// A disk without room, and one that breaks (security.md D4): what is written then is refused in
// words, reading goes on, nothing acknowledged is lost and nothing half done stays. With room
// again writing goes on by itself; after a sync that failed nothing is acknowledged before a new
// start, and what that start builds on is on the disk.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmdirSync, statfsSync, writeFileSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HEAD, csv, rows } from '../../bench/sheets.mjs';
import { Browser, District, assert, finish, password, run, test } from '../http/api/lib.mjs';
import { Disk, ERROR, FAIL, HOW, draws } from './disk.mjs';

const SEED = Number(process.env.HUIQIAO_SEED ?? Date.now() % 1000000);
console.log(`seed ${SEED}`);

async function prepared() {
  const d = new District();
  const disk = new Disk(d.dir);
  await d.serve();
  d.token('member');
  d.token('staff');
  d.chambers = (await d.ok('staff', 'GET', '/organizations?kind=industry')).items.map((o) => o.name);
  await d.stop();
  d.env = disk.env();
  d.kept = new Map();
  return { d, disk };
}

const demand = (title) => ({ title, body: '内容'.repeat(200) });

async function create(d, title, headers = {}) {
  const r = await d.api('member', 'POST', '/demands', demand(title), headers);
  if (r.status === 201) d.kept.set(r.json.id, title);
  return r;
}

async function file(d, who, path, fields, bytes, name) {
  const f = new FormData();
  for (const [k, v] of Object.entries(fields)) f.set(k, v);
  f.set('file', new Blob([bytes]), name);
  const r = await fetch(`${d.url}/api/v1${path}`, { method: 'POST', body: f, headers: { authorization: `Bearer ${d.token(who)}` } });
  return { status: r.status, json: await r.json() };
}

const pdf = Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(200000, 0x41)]);

async function reads(d) {
  const [id, title] = [...d.kept].at(-1);
  assert.equal((await d.ok('member', 'GET', `/demands/${id}`)).title, title);
  assert.equal((await d.api('staff', 'GET', '/enterprises?limit=50')).status, 200);
  assert.equal((await d.api('staff', 'GET', '/enterprises.csv')).status, 200);
}

async function allThere(d) {
  const there = new Map(d.rows('SELECT id, title FROM demand').map((r) => [r.id, r.title]));
  for (const [id, title] of d.kept) assert.equal(there.get(id), title, `${id} is lost`);
}

function nothingHalf(d, more = []) {
  const known = new Set(['secret', 'district.db', 'district.db-wal', 'district.db-shm', ...more]);
  assert.deepEqual(readdirSync(d.data).filter((f) => !known.has(f)), [], 'left behind');
}

function sound(d) {
  const check = d.command('check');
  assert.equal(check.status, 0, check.stdout + check.stderr);
}

await test('no room: refused in words, read on, and written again once there is room', async () => {
  const { d, disk } = await prepared();
  disk.clear();
  await d.serve();
  const draw = draws(SEED);
  const b = new Browser(d);
  assert.equal((await b.login('member')).status, 303);
  const csrf = await b.csrf('/demands/new');
  let refused = 0;
  for (let i = 0; i < 6; i++) {
    for (let n = 0; n < 10; n++) assert.equal((await create(d, `有地方 ${i}-${n}`)).status, 201);
    // At any write from now on, also within a checkpoint, and while others write.
    disk.set({ error: ERROR.ENOSPC, fails: FAIL.write | FAIL.make, spare: draw(80) });
    const answers = (await Promise.all(Array.from({ length: 40 }, (_, n) => create(d, `没地方 ${i}-${n}`)))).filter((r) => r.status !== 201);
    for (const r of answers) {
      assert.equal(r.status, 507, r.text);
      assert.match(r.json.detail, /服务器的磁盘满了/);
      assert.ok(Number(r.headers.get('retry-after')) > 0);
    }
    refused += answers.length;
    const english = await create(d, '换一种语言', { 'accept-language': 'en' });
    assert.equal(english.status, 507);
    assert.match(english.json.detail, /disk is full/);
    const page = await b.go('/demands', { method: 'POST', form: { csrf, title: '从页面来', body: '内容' } });
    assert.equal(page.status, 507, page.text.match(/class="err.*/g)?.join('\n'));
    assert.match(page.text, /服务器的磁盘满了/);
    const stored = await file(d, 'member', '/attachments', {}, pdf, 'a.pdf');
    assert.equal(stored.status, 507, JSON.stringify(stored.json));
    const taken = await file(d, 'staff', '/imports', { kind: 'enterprises' }, csv([HEAD, ...rows(50, d.chambers, 710000)]), 'a.csv');
    assert.equal(taken.status, 507, JSON.stringify(taken.json));
    assert.equal((await d.api('staff', 'GET', '/enterprises.xlsx')).status, 507, 'a table in a file');
    await reads(d);
    disk.set({ error: 0 });
    assert.equal((await create(d, `又有 ${i}`)).status, 201, d.log.split('\n').slice(-4).join('\n'));
  }
  assert.ok(refused > 100, `${refused} refused`);
  await allThere(d);
  assert.equal((await file(d, 'member', '/attachments', {}, pdf, 'a.pdf')).status, 201);
  assert.equal(d.rows("SELECT count(*) AS n FROM attachment").at(0).n, d.rows('SELECT count(*) AS n FROM attachment_data').at(0).n);
  assert.equal(d.rows("SELECT count(*) AS n FROM demand WHERE title LIKE '从页面来'").at(0).n, 0);
  await d.stop();
  nothingHalf(d);
  sound(d);
  console.log(`no room: ${d.kept.size} acknowledged, 0 lost; ${refused} refused with 507; ${disk.get('failed')} operations failed`);
});

await test('an import that runs out of room goes on by itself', async () => {
  const { d, disk } = await prepared();
  disk.clear();
  await d.serve();
  const up = await file(d, 'staff', '/imports', { kind: 'enterprises' }, csv([HEAD, ...rows(3000, d.chambers, 720000)]), 'a.csv');
  assert.equal(up.status, 201, JSON.stringify(up.json));
  const state = async (...wanted) => {
    for (let i = 0; i < 1500; i++) {
      const r = await d.ok('staff', 'GET', `/imports/${up.json.id}`);
      if (wanted.includes(r.state)) return r;
      await sleep(50);
    }
    throw new Error(`the import does not get to ${wanted}`);
  };
  await d.ok('staff', 'POST', `/imports/${up.json.id}/columns`, { columns: up.json.columns.map((c) => c.field ?? '-').join(' ') });
  await state('checked');
  // Full in the middle of it: soon after the write that starts it.
  for (let spare = 40, begun = 0; begun < 200 || begun >= 300; spare *= 2) {
    disk.set({ error: ERROR.ENOSPC, fails: FAIL.write | FAIL.make, spare });
    begun = (await d.api('staff', 'POST', `/imports/${up.json.id}/start`)).status;
    if (begun >= 300) disk.set({ error: 0, failed: 0 });
  }
  for (let i = 0; i < 200 && disk.get('failed') === 0; i++) await sleep(10);
  assert.ok(disk.get('failed') > 0, 'it was done before the disk was full');
  await sleep(300);
  assert.ok(!['done', 'cancelled'].includes((await d.ok('staff', 'GET', `/imports/${up.json.id}`)).state));
  disk.set({ error: 0 });
  const done = await state('done', 'cancelled');
  assert.equal(done.state, 'done', done.reason);
  assert.deepEqual(done.counts, { new: 3000, changed: 0, same: 0, wrong: 0 });
  await d.stop();
  sound(d);
});

// What was thrown away by the failed sync is in memory still, and counts as written: a power cut
// after the new start shows whether that start relied on it.
await test('a sync that fails: nothing is acknowledged until a new start', async () => {
  const { d, disk } = await prepared();
  let refused = 0;
  for (let i = 0; i < 6; i++) {
    disk.clear({ seed: SEED + i, how: i % 2 === 0 ? HOW.all : HOW.seeded });
    await d.serve();
    for (let n = 0; n < 30; n++) assert.equal((await create(d, `好的盘 ${i}-${n}`)).status, 201);
    disk.set({ error: ERROR.EIO, fails: FAIL.sync, spare: i });
    await Promise.all(Array.from({ length: 30 }, (_, n) => create(d, `坏的盘 ${i}-${n}`)));
    for (let n = 0; n < 20 && disk.get('failed') === 0; n++) await create(d, `快坏的盘 ${i}-${n}`);
    disk.set({ error: 0 }); // it seems well again
    for (let n = 0; n < 5; n++) {
      const r = await create(d, `还在试 ${i}-${n}`);
      assert.equal(r.status, 503, `acknowledged after a failed sync: ${r.text}`);
      assert.match(r.json.detail, /磁盘出了故障/);
      assert.equal(r.json.type, '/problems/read_only');
      refused++;
    }
    assert.equal((await fetch(`${d.url}/readyz`)).status, 503);
    await reads(d);
    await d.stop();
    await d.serve();
    await allThere(d);
    for (let n = 0; n < 10; n++) assert.equal((await create(d, `重启后 ${i}-${n}`)).status, 201);
    disk.set({ cut_at: 1 });
    await create(d, '断电').catch(() => {});
    assert.equal((await d.ended).code, 137);
    d.process.server = null;
    disk.clear();
    await d.serve();
    await allThere(d);
    await d.stop();
    sound(d);
  }
  nothingHalf(d);
  console.log(`a broken disk: ${d.kept.size} acknowledged, 0 lost; ${refused} refused with 503`);
});

await test('the mutant that overlooks a failed sync loses', async () => {
  const { d, disk } = await prepared();
  disk.clear({ seed: SEED, how: HOW.all });
  await d.serve();
  disk.set({ error: ERROR.EIO, fails: FAIL.sync | FAIL.hidden });
  for (let n = 0; n < 10; n++) await create(d, `瞒着 ${n}`);
  disk.set({ error: 0 });
  for (let n = 0; n < 10; n++) await create(d, `以后 ${n}`);
  disk.set({ cut_at: 1 });
  await create(d, '断电').catch(() => {});
  await d.ended;
  d.process.server = null;
  const there = new Set(d.rows('SELECT id FROM demand').map((r) => r.id));
  const lost = [...d.kept.keys()].filter((id) => !there.has(id)).length;
  assert.ok(lost > 0, 'nothing lost: this test cannot see what it looks for');
  console.log(`a failed sync overlooked: ${lost} of ${d.kept.size} lost`);
});

await test('writes that fail: nothing acknowledged is lost', async () => {
  const { d, disk } = await prepared();
  const draw = draws(SEED);
  for (let i = 0; i < 3; i++) {
    disk.clear({ seed: SEED + i });
    await d.serve();
    assert.equal((await create(d, `先写 ${i}`)).status, 201);
    disk.set({ error: ERROR.EIO, fails: FAIL.write, spare: 50 + draw(300) });
    for (let n = 0; n < 60; n++) {
      const r = await create(d, `写错 ${i}-${n}`);
      assert.ok([201, 503].includes(r.status), r.text);
    }
    await reads(d);
    await d.stop();
    disk.clear();
    await d.serve();
    await allThere(d);
    await d.stop();
    sound(d);
  }
});

await test('a workbook that does not fit is refused, not sent short', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'huiqiao-full-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'none', dir]).status !== 0) {
    rmdirSync(dir);
    console.log('a workbook that does not fit: skipped, there is no right to mount a disk');
    return;
  }
  const d = new District({ demo: false });
  d.data = join(dir, 'district');
  try {
    assert.equal(run(['init', '--data', d.data, '--demo']).status, 0);
    writeFileSync(join(dir, 'sheet.csv'), csv([HEAD, ...rows(8000, [], 730000).map((r) => r.with(6, ''))]));
    const taken = d.command('import', 'enterprises', join(dir, 'sheet.csv'));
    assert.equal(taken.status, 0, taken.stdout + taken.stderr);
    await d.serve();
    const whole = await (await fetch(`${d.url}/api/v1/enterprises.xlsx`, { headers: { authorization: `Bearer ${d.token('staff')}` } })).arrayBuffer();
    assert.ok(whole.byteLength > 100000, `${whole.byteLength} bytes with all the room`);
    const ballast = join(dir, 'ballast');
    writeFileSync(ballast, '');
    const free = () => { const s = statfsSync(dir); return s.bavail * s.bsize; };
    let refused = 0;
    for (let keep = 24e6; keep > 0; keep -= 1e6) {
      const left = free() - keep;
      if (left > 0) appendFileSync(ballast, Buffer.alloc(left));
      const r = await fetch(`${d.url}/api/v1/enterprises.xlsx`, { headers: { authorization: `Bearer ${d.token('staff')}` } });
      const body = await r.arrayBuffer();
      if (r.status === 507) refused++;
      else assert.ok(r.status === 200 && Math.abs(body.byteLength - whole.byteLength) < 2000, `${r.status}, ${body.byteLength} bytes of ${whole.byteLength}, ${keep} free`);
    }
    writeFileSync(ballast, '');
    const again = await (await fetch(`${d.url}/api/v1/enterprises.xlsx`, { headers: { authorization: `Bearer ${d.token('staff')}` } })).arrayBuffer();
    assert.ok(Math.abs(again.byteLength - whole.byteLength) < 2000, 'there is room, and it is not whole');
    assert.ok(refused > 0, 'it always fitted');
  } finally {
    await d.stop('SIGKILL');
    spawnSync('umount', [dir]);
    rmdirSync(dir);
  }
});

finish();
