// SPDX-License-Identifier: Apache-2.0
// A district moves from its file to PostgreSQL and back while a server of many serves it: nothing is
// lost, who was logged in still is, the others notice nothing, and what fails changes nothing.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, assert, finish, program, run, test } from './lib.mjs';

const postgres = process.env.HUIQIAO_TEST_POSTGRES;
if (!postgres) {
  console.error('skipped: HUIQIAO_TEST_POSTGRES names no server');
  process.exit(77);
}
const dir = join(mkdtempSync(join(tmpdir(), 'huiqiao-moves-')), 'all');
mkdirSync(dir);
const schema = `move${process.pid}`;
const url = `${postgres}${postgres.includes('?') ? '&' : '?'}schema=${schema}`;
const district = (verb, ...args) => run(['district', verb, '--districts', dir, ...args]);
for (const name of ['linjiang', 'dongshan']) assert.equal(district('add', name, '--demo').status, 0);
const token = Object.fromEntries(['linjiang', 'dongshan'].map((n) => [n, run(['token', '--data', join(dir, n), 'staff']).stdout.trim()]));
const server = await new Server(['serve', '--districts', dir, '--listen', '127.0.0.1:0']).start();

const ask = (name, path, body) => fetch(`${server.url}/d/${name}/api/v1${path}`, {
  method: body ? 'POST' : 'GET', headers: { authorization: `Bearer ${token[name]}`, 'content-type': 'application/json' }, body: body && JSON.stringify(body),
});
const tally = async () => (await (await ask('linjiang', '/enterprises?limit=200')).json()).items.map((e) => e.name).sort();
const write = async (name) => {
  const r = await ask('linjiang', '/enterprises', { name, uscc: '91440300708461136T', state: 'active' });
  assert.equal(r.status, 201, await r.text());
};
// The others go on being asked while one moves.
async function moving(...args) {
  let on = true;
  const seen = [];
  const others = (async () => {
    while (on) {
      seen.push((await ask('dongshan', '/demands?limit=5')).status);
      await new Promise((r) => setTimeout(r, 50));
    }
  })();

  const child = spawn(program, ['district', 'move', '--districts', dir, 'linjiang', ...args]);
  let said = '';
  child.stdout.on('data', (d) => (said += d));
  child.stderr.on('data', (d) => (said += d));
  const status = await new Promise((r) => child.once('exit', r));
  on = false;
  await others;
  assert.ok(seen.length > 0 && seen.every((s) => s === 200), `the others: ${seen}`);
  return { status, said };
}
async function back() {
  for (let i = 0; i < 50; i++) {
    if ((await ask('linjiang', '/demands?limit=1')).status === 200) return;
    await new Promise((r) => setTimeout(r, 100));
  }
  assert.fail(`it does not come back: ${server.log}`);
}

let names;
await test('into PostgreSQL', async () => {
  names = await tally();
  const r = await moving('--db', url);
  assert.equal(r.status, 0, r.said);
  assert.match(r.said, /are the same on both sides/);
  await back();
  assert.deepEqual(await tally(), names);
  assert.equal(readFileSync(join(dir, 'linjiang', 'database'), 'utf8').trim(), url);
  assert.ok(!existsSync(join(dir, 'linjiang', 'district.db')));
  assert.ok(readdirSync(join(dir, 'linjiang')).some((f) => f.startsWith('district.db.moved-')));
});

await test('there it is written, and comes back with it', async () => {
  await write('搬家检验有限公司');
  names = await tally();
  const r = await moving('--db', 'file');
  assert.equal(r.status, 0, r.said);
  await back();
  assert.deepEqual(await tally(), names);
  assert.ok(names.includes('搬家检验有限公司'));
  assert.ok(!existsSync(join(dir, 'linjiang', 'database')));
  assert.equal(run(['check', '--data', join(dir, 'linjiang')]).status, 0);
});

await test('what cannot be done leaves it where it was', async () => {
  for (const args of [['--db', 'file'], ['--db', 'postgresql://127.0.0.1:1/none?schema=x'], []]) {
    const r = await moving(...args);
    assert.notEqual(r.status, 0, args.join(' '));
    await back();
    assert.deepEqual(await tally(), names);
  }
  assert.notEqual(district('move', 'nobody', '--db', url).status, 0);
});

await test('a suspended district stays suspended', async () => {
  assert.equal(spawnSync('psql', ['-X', '-q', '-d', postgres, '-c', `SET client_min_messages TO error; DROP SCHEMA IF EXISTS ${schema} CASCADE`]).status, 0);
  assert.equal(district('suspend', 'linjiang').status, 0);
  const r = await moving('--db', url);
  assert.equal(r.status, 0, r.said);
  assert.equal((await ask('linjiang', '/demands?limit=1')).status, 503);
  assert.equal(district('resume', 'linjiang').status, 0);
  await back();
  assert.deepEqual(await tally(), names);
});

await server.stop();
spawnSync('psql', ['-X', '-q', '-d', postgres, '-c', `SET client_min_messages TO error; DROP SCHEMA IF EXISTS ${schema} CASCADE`]);
rmSync(dir, { recursive: true, force: true });
finish();
