// SPDX-License-Identifier: Apache-2.0
// Two servers of one district on PostgreSQL, alone and behind the shipped nginx rules: what one
// does holds at the other, what is done once is done once, a server that dies is replaced, and a
// rolling restart under load costs no request.
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { HEAD, csv, rows, uscc } from '../../../bench/sheets.mjs';
import { Browser, District, Server, assert, finish, password, postgres, test } from './lib.mjs';

if (!postgres) {
  console.error('skipped: a district in a file has one server');
  process.exit(77);
}
const LOAD_MS = Number(process.env.LOAD_MS ?? 60000), DRAIN = 3;
const root = new URL('../../../', import.meta.url).pathname;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const freePort = () => new Promise((done) => {
  const s = createServer().listen(0, '127.0.0.1', () => {
    const { port } = s.address();
    s.close(() => done(port));
  });
});

// ---- two servers, each with a folder of its own ----------------------------------------

const d = new District();
for (const [k, v] of [['rate.search', '20 1'], ['district', '临江区']]) assert.equal(d.command('setting', k, v).status, 0);
const ports = [await freePort(), await freePort()];
const folders = [d.data, join(d.dir, 'second')];
mkdirSync(folders[1]);
for (const f of ['secret', 'database']) copyFileSync(join(d.data, f), join(folders[1], f)); // and nothing else

const make = (i) => new Server(['serve', '--data', folders[i], '--listen', `127.0.0.1:${ports[i]}`, '--edge', '127.0.0.1', '--drain', String(DRAIN)]);
const servers = [make(0), make(1)];
const at = servers.map((server) => Object.create(d, { process: { value: server, writable: true } }));
const [a, b] = at;
const chambers = [];
// Several answered demands wait for their end; both servers begin in the same moment.
await servers[0].start();
for (let i = 0; i < 5; i++) {
  const id = await a.inHand();
  await a.step('officer', id, 'answer', { body: '答复', outcome: 'resolved' });
}
chambers.push(...(await a.ok('staff', 'GET', '/organizations?kind=industry')).items.map((o) => o.name));
await servers[0].stop();
d.sql('UPDATE demand SET confirm_due_at = 1 WHERE confirm_due_at IS NOT NULL');
const due = d.rows('SELECT id FROM demand WHERE confirm_due_at IS NOT NULL').length;
await Promise.all(servers.map((s) => s.start()));

// Locks of the district's servers: of one kind, by mode.
const locks = (what, mode) => Number(d.rows(`SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND granted AND mode = '${mode}'
  AND ((classid::bigint << 32) | objid::bigint) = hashtextextended('huiqiao.' || current_schema() || '.${what}', 0)`)[0].n);

async function until(what, fn, ms = 30000) {
  const began = Date.now();
  while (!(await fn())) {
    assert.ok(Date.now() - began < ms, `${what}: not within ${ms} ms`);
    await sleep(20);
  }
  return Date.now() - began;
}

await test('the work of a minute is one server\'s', async () => {
  await until('closing', () => d.rows('SELECT id FROM demand WHERE confirm_due_at IS NOT NULL').length === 0);
  assert.ok(due >= 5);
  const twice = d.rows("SELECT demand_id, count(*) AS n FROM demand_event WHERE type = 'closed' GROUP BY demand_id HAVING count(*) > 1");
  assert.deepEqual(twice, []);
  assert.equal(servers.filter((s) => /close demands nobody confirmed/.test(s.log)).length, 1);
  await until('both take part', () => locks('node', 'ShareLock') === 2);
  assert.equal(locks('minute', 'ExclusiveLock'), 1);
});

// ---- sessions --------------------------------------------------------------------------

// A browser whose requests go to either server.
const moved = (browser, district) => Object.assign(new Browser(district), { jar: browser.jar });

await test('logged in at one, known at the other; forms of one are posted to the other', async () => {
  const first = new Browser(a);
  assert.equal((await first.login('member')).status, 303);
  const second = moved(first, b);
  assert.equal((await second.go('/demands')).status, 200);
  const csrf = await first.csrf('/demands/new');
  const made = await second.go('/demands', { method: 'POST', form: { csrf, title: '两处办理的诉求', body: '情况说明' } });
  assert.equal(made.status, 303, made.text.slice(0, 400));
  assert.equal((await first.go(made.headers.get('location'))).status, 200);
  const page = new Browser(a);
  const token = await page.csrf('/login'); // a form of nobody's session, too
  const sent = await moved(page, b).go('/login', { method: 'POST', form: { csrf: token, login: 'officer', password } });
  assert.equal(sent.status, 303);
});

// How long a cookie is still good at the other server after its end was confirmed at one.
async function refusedAfter(cookie, end) {
  const there = moved(cookie, b);
  for (let i = 0; i < 3; i++) assert.equal((await there.go('/demands')).status, 200, 'known and remembered');
  await end();
  return until('refusal', async () => (await there.go('/demands')).status !== 200, 4000);
}

await test('logged out, shut out or with a new password at one: refused at the other', async () => {
  const times = [];
  for (let i = 0; i < 5; i++) {
    const one = new Browser(a);
    await one.login('leader');
    times.push(await refusedAfter(one, async () => {
      const csrf = await one.csrf('/me/password');
      assert.equal((await moved(one, a).go('/logout', { method: 'POST', form: { csrf } })).status, 303);
    }));
  }
  const [one, two] = [new Browser(a), new Browser(a)];
  await one.login('secretary');
  await two.login('secretary');
  times.push(await refusedAfter(two, async () => {
    const csrf = await one.csrf('/me/password');
    const form = { csrf, old: password, password: 'yong-yi-ge-xin-mi-ma', again: 'yong-yi-ge-xin-mi-ma' };
    const r = await one.go('/me/password', { method: 'POST', form });
    assert.equal(r.status, 303, r.text.slice(0, 400));
  }));
  const three = new Browser(a);
  await three.login('officer');
  const [{ id }] = d.rows("SELECT id FROM account WHERE login = 'officer'");
  const admin = new Browser(a);
  await admin.login('admin');
  const step = async (name) => {
    const csrf = await admin.csrf(`/accounts/${id}`);
    assert.equal((await admin.go(`/accounts/${id}/${name}`, { method: 'POST', form: { csrf } })).status, 303, name);
  };
  assert.equal((await b.api('officer', 'GET', '/demands')).status, 200);
  times.push(await refusedAfter(three, () => step('disable')));
  assert.equal((await b.api('officer', 'GET', '/demands')).status, 401, 'tokens, too');
  await step('enable');
  assert.ok(Math.max(...times) < 1000, `${times} ms`);
});

await test('what one has counted and kept is counted anew when the other writes', async () => {
  const there = new Browser(b);
  await there.login('staff');
  const count = async () => Number(/共 ([\d,]+) 条/.exec((await there.go('/enterprises')).text)[1].replace(',', ''));
  for (let i = 0; i < 5; i++) {
    const before = await count();
    await a.ok('staff', 'POST', '/enterprises', { name: `新来的第 ${i} 家企业有限公司`, uscc: uscc(700000 + i) }, 201);
    await until('count', async () => (await count()) === before + 1, 2000);
  }
});

await test('a file sent to one is read at the other', async () => {
  const form = new FormData();
  form.append('file', new Blob([Buffer.from('%PDF-1.4\n%%EOF\n')]), '附件.pdf');
  const up = await fetch(`${a.url}/api/v1/attachments`, { method: 'POST', headers: { authorization: `Bearer ${d.token('member')}` }, body: form });
  assert.equal(up.status, 201);
  const { id } = await up.json();
  const down = await fetch(`${b.url}/attachments/${id}`, { headers: { cookie: await (async () => {
    const m = new Browser(a);
    await m.login('member');
    return [...m.jar].map(([k, v]) => `${k}=${v}`).join('; ');
  })() } });
  assert.equal(down.status, 200);
  assert.match(await down.text(), /^%PDF/);
});

// ---- once ------------------------------------------------------------------------------

await test('one key sent to both at once is one record', async () => {
  const N = 30;
  for (let i = 0; i < N; i++) {
    const key = { 'idempotency-key': randomUUID() }, body = { title: `同一份 ${i}`, body: '情况说明' };
    const [x, y] = await Promise.all(at.map((n) => n.api('member', 'POST', '/demands', body, key)));
    assert.deepEqual([x.status, y.status], [201, 201], x.text + y.text);
    assert.deepEqual(x.json, y.json);
  }
  assert.equal(d.rows("SELECT id FROM demand WHERE title LIKE '同一份 %'").length, N);
});

async function upload(n, content) {
  const form = new FormData();
  form.set('kind', 'enterprises');
  form.set('file', new Blob([content]), 'sheet.csv');
  const r = await fetch(`${n.url}/api/v1/imports`, { method: 'POST', body: form, headers: { authorization: `Bearer ${d.token('staff')}` } });
  assert.equal(r.status, 201);
  const run = await r.json();
  await n.ok('staff', 'POST', `/imports/${run.id}/columns`, { columns: run.columns.map((c) => c.field ?? '-').join(' ') });
  return run.id;
}
const reached = (n, id, state) => until(`import ${state}`, async () => (await n.ok('staff', 'GET', `/imports/${id}`)).state === state, 90000);
const table = (n, first) => csv([HEAD, ...rows(n, chambers, first)]);
const IMPORT = 6000;

await test('imports begun at both at once do not get in each other\'s way', async () => {
  const ids = await Promise.all(at.map((n, i) => upload(n, table(2000, 200000 + i * 10000))));
  await Promise.all(ids.map((id, i) => reached(at[i], id, 'checked')));
  await Promise.all(ids.map((id, i) => at[i].ok('staff', 'POST', `/imports/${id}/start`)));
  await Promise.all(ids.map((id, i) => reached(at[1 - i], id, 'done')));
  for (const id of ids) {
    const run = await a.ok('staff', 'GET', `/imports/${id}`);
    assert.deepEqual(run.counts, { new: 2000, changed: 0, same: 0, wrong: 0 });
  }
  await until('letting go', () => locks('import', 'ExclusiveLock') === 0, 5000);
});

await test('an import whose server is killed is finished by the other', async () => {
  const id = await upload(a, table(IMPORT, 300000));
  await reached(a, id, 'checked');
  await a.ok('staff', 'POST', `/imports/${id}/start`);
  await until('its beginning', () => locks('import', 'ExclusiveLock') === 1 || Number(d.rows(`SELECT position AS n FROM import_run WHERE id = ${id}`)[0].n) > 0, 20000);
  await servers[0].stop('SIGKILL');
  const [{ state, position }] = d.rows(`SELECT state, position FROM import_run WHERE id = ${id}`);
  assert.equal(state, 'running', 'it was too fast to be killed');
  const took = await reached(b, id, 'done');
  assert.ok(took < 40000, `${took} ms`);
  const run = await b.ok('staff', 'GET', `/imports/${id}`);
  assert.deepEqual(run.counts, { new: IMPORT, changed: 0, same: 0, wrong: 0 }, `killed at ${position}`);
  assert.equal(Number(d.rows('SELECT count(*) AS n, count(DISTINCT uscc) AS m FROM enterprise WHERE uscc IS NOT NULL').map((r) => r.n - r.m)[0]), 0);
  await servers[0].start();
});

// ---- behind nginx ----------------------------------------------------------------------

async function startEdge() {
  const dir = join(d.dir, 'edge'), port = await freePort();
  mkdirSync(dir);
  const edge = join(root, 'edge');
  // The shipped files; but one client makes all the load here, and nobody speaks TLS.
  const limits = readFileSync(join(edge, 'limits.conf'), 'utf8').replace(/rate=\d+r\/s/g, 'rate=100000r/s');
  const nodes = readFileSync(join(edge, 'nodes.conf'), 'utf8').replace('10.0.0.11:8080', `127.0.0.1:${ports[0]}`).replace('10.0.0.12:8080', `127.0.0.1:${ports[1]}`);
  writeFileSync(join(dir, 'limits.conf'), limits);
  writeFileSync(join(dir, 'nodes.conf'), nodes);
  writeFileSync(join(dir, 'nginx.conf'), `worker_processes 1; daemon off; master_process off; pid ${dir}/pid; error_log ${dir}/error.log info;
events { worker_connections 1024; }
http { include ${dir}/limits.conf; include ${dir}/nodes.conf; access_log off;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((t) => `${t}_temp_path ${dir}/${t};`).join(' ')}
server { listen 127.0.0.1:${port} default_server; include ${edge}/proxy.conf; } }\n`);
  const nginx = spawn('/usr/sbin/nginx', ['-p', dir, '-c', join(dir, 'nginx.conf')], { stdio: 'ignore' });
  await until('nginx', () => fetch(`http://127.0.0.1:${port}/healthz`).then((r) => r.status === 200, () => false), 5000);
  return { nginx, port, log: () => readFileSync(join(dir, 'error.log'), 'utf8') };
}

function ask(port, method, path, { headers = {}, body, agent }) {
  return new Promise((resolve) => {
    const r = request({ hostname: '127.0.0.1', port, method, path, agent, headers: { host: 'localhost', ...headers } }, (answer) => {
      let text = '';
      answer.on('data', (x) => (text += x)).on('end', () => resolve({ status: answer.statusCode, text }));
    });
    r.on('error', (e) => resolve({ status: 0, text: String(e.code ?? e) }));
    r.setTimeout(20000, () => r.destroy(new Error('no answer in 20 s')));
    r.end(body);
  });
}

const ready = (i) => fetch(`${servers[i].url}/readyz`).then((r) => r.status === 200, () => false);

async function client(edge, c, over, kept, failures) {
  const agent = new Agent({ keepAlive: true });
  const bearer = { authorization: `Bearer ${d.token(c % 2 ? 'staff' : 'member')}` };
  const json = { ...bearer, 'content-type': 'application/json' };
  let asked = 0;
  for (; !over(); asked++) {
    const kind = asked % 4, title = `滚动 ${c}-${asked}`;
    const key = kind === 1 ? { 'idempotency-key': randomUUID() } : {};
    const writes = kind < 2 && c % 2 === 0;
    const r = writes
      ? await ask(edge.port, 'POST', '/api/v1/demands', { agent, headers: { ...json, ...key }, body: JSON.stringify({ title, body: '情况说明' }) })
      : await ask(edge.port, 'GET', kind === 2 ? '/login' : '/api/v1/demands?limit=5', { agent, headers: kind === 2 ? {} : bearer });
    if (r.status !== (writes ? 201 : 200)) failures.push(`${writes ? 'POST' : 'GET'} ${r.status} ${r.text.slice(0, 150)}`);
    else if (writes) kept.set(title, JSON.parse(r.text).id);
  }
  agent.destroy();
  return asked;
}

await test('a rolling restart of both under load: no request fails, no write is lost', async () => {
  if (spawnSync('/usr/sbin/nginx', ['-v']).error) {
    console.error('no nginx: script/bootstrap installs it');
    assert.fail('nginx is missing');
  }
  const edge = await startEdge(), kept = new Map(), failures = [];
  const end = Date.now() + LOAD_MS;
  d.token('staff');
  d.token('member');
  const clients = Array.from({ length: 8 }, (_, c) => client(edge, c, () => Date.now() > end, kept, failures));
  let restarts = 0;
  for (; Date.now() < end - 8000; restarts++) {
    const i = restarts % 2;
    await sleep(2500); // nginx has forgotten that the other was away
    assert.equal((await servers[i].stop()).code, 0, servers[i].log.slice(-500));
    await servers[i].start();
    await until('ready again', () => ready(i), 10000);
  }
  const asked = (await Promise.all(clients)).reduce((x, y) => x + y, 0);
  edge.nginx.kill('SIGTERM');
  console.log(`${restarts} restarts, ${asked} requests, ${kept.size} writes, ${failures.length} failed`);
  assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${asked}\n${edge.log().slice(-1500)}`);
  assert.ok(LOAD_MS < 60000 || (restarts >= 4 && asked > 1000), `${restarts} restarts, ${asked} requests`);
  const found = new Map(d.rows("SELECT id, title FROM demand WHERE title LIKE '滚动 %'").map((r) => [r.title, r.id]));
  assert.equal(found.size, kept.size, 'each acknowledged one, and no other');
  for (const [title, id] of kept) assert.equal(found.get(title), id, title);
});

// ---- afterwards ------------------------------------------------------------------------

await test('a limit is that of all servers together', async () => {
  await until('two again', () => locks('node', 'ShareLock') === 2, 5000);
  for (const s of servers) { // each has begun while the other was there, and knows it
    await s.stop('SIGINT');
    await s.start();
    await sleep(1500);
  }
  let good = 0;
  const headers = { authorization: `Bearer ${d.token('staff')}`, 'x-forwarded-for': '203.0.113.9' };
  for (let i = 0; i < 60; i++) {
    const r = await fetch(`${at[i % 2].url}/api/v1/search?q=${encodeURIComponent(`企业${i}`)}`, { headers });
    await r.arrayBuffer();
    assert.ok(r.status === 200 || r.status === 429, `${r.status}`);
    good += r.status === 200 ? 1 : 0;
  }
  assert.ok(good >= 20 && good <= 22, `${good} of 60`);
});

await test('the server that ends leaves its work to the other', async () => {
  assert.equal(locks('minute', 'ExclusiveLock'), 1);
  await servers[0].stop('SIGINT');
  await until('one', () => locks('node', 'ShareLock') === 1, 5000);
  await until('its minute', () => locks('minute', 'ExclusiveLock') === 1, 70000);
  await servers[1].stop('SIGINT');
  const check = d.command('check');
  assert.equal(check.status, 0, check.stdout + check.stderr);
});

for (const s of servers) await s.stop('SIGKILL');
finish();
