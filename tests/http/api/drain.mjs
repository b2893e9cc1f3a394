// SPDX-License-Identifier: Apache-2.0
// The orderly end: SIGTERM first only says so at /readyz, for as long as --drain allows; what is
// asked until the door closes is answered, however it was connected.
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { District, assert, finish, test } from './lib.mjs';

const d = new District();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// One request by our own connection, which an agent keeps or not; errors are part of the answer.
function ask(url, { method = 'GET', path, headers = {}, body, agent = false, socketPath }) {
  const { hostname, port } = socketPath ? {} : new URL(url);
  return new Promise((resolve) => {
    const r = request({ hostname, port, socketPath, method, path, agent, headers: { host: 'localhost', ...headers } }, (answer) => {
      let text = '';
      answer.on('data', (x) => (text += x));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
      answer.on('error', (e) => resolve({ error: e.code ?? e.message }));
    });
    r.on('error', (e) => resolve({ error: e.code ?? e.message }));
    r.end(body);
  });
}
const get = (path, more) => ask(d.url, { path, ...more });
const demand = (title, more = {}) => ask(d.url, {
  method: 'POST', path: '/api/v1/demands', body: JSON.stringify({ title, body: '情况说明' }),
  headers: { authorization: `Bearer ${d.token('member')}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() }, ...more,
});

await test('SIGTERM: not ready, but answering, and every answer ends its connection', async () => {
  await d.serve('--drain', '2');
  const agent = new Agent({ keepAlive: true });
  assert.equal((await get('/readyz', { agent })).status, 200);
  const began = Date.now();
  d.server.kill('SIGTERM');
  while (!/draining/.test(d.log)) await sleep(20);
  const ready = await get('/readyz');
  assert.equal(ready.status, 503);
  assert.ok(Number(ready.headers['retry-after']) > 0);
  const healthy = await get('/healthz', { agent });
  assert.equal(healthy.status, 200);
  assert.equal(healthy.headers.connection, 'close');
  const made = await demand('收尾时提交的诉求');
  assert.equal(made.status, 201);
  await sleep(1200);
  assert.equal((await get('/healthz')).status, 200, 'healthy until the end');
  assert.equal((await d.ended).code, 0);
  const took = Date.now() - began;
  assert.ok(took >= 1900 && took < 8000, `${took} ms`);
  assert.equal((await get('/healthz')).error, 'ECONNREFUSED');
  assert.match(d.log, /draining/);
});

await test('a second signal ends the wait; Ctrl-C does not wait at all', async () => {
  for (const [first, second] of [['SIGTERM', 'SIGTERM'], ['SIGINT', null]]) {
    await d.serve('--drain', '60');
    const began = Date.now();
    d.server.kill(first);
    while (second && !/draining/.test(d.log)) await sleep(20);
    if (second) d.server.kill(second);
    assert.equal((await d.ended).code, 0);
    assert.ok(Date.now() - began < 5000, `${first}: ${Date.now() - began} ms`);
  }
  assert.equal(d.command('serve', '--drain', '-1').status, 2);
  assert.equal(d.command('serve', '--drain', '601').status, 2);
});

await test('a request that was begun is finished after the door is closed', async () => {
  await d.serve('--drain', '0');
  const { hostname, port } = new URL(d.url);
  const body = JSON.stringify({ title: '慢慢说完的诉求', body: '情况说明' });
  const s = connect(Number(port), hostname);
  let got = '';
  s.on('data', (x) => (got += x));
  const closed = new Promise((resolve) => s.on('close', resolve));
  s.write(`POST /api/v1/demands HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${d.token('member')}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`);
  await sleep(300);
  d.server.kill('SIGTERM');
  await sleep(500);
  assert.equal((await get('/healthz')).error, 'ECONNREFUSED', 'nobody else comes in');
  s.write(body);
  await closed;
  assert.match(got, /^HTTP\/1\.1 201 /);
  assert.match(got, /\r\nConnection: close\r\n/i);
  assert.equal((await d.ended).code, 0);
});

// Every connection that was made is answered; one that could not be made may safely be tried
// elsewhere. So a client that tries again on a refused connection, and on nothing else, never
// fails: that is what a proxy does with what must not be sent twice.
async function loaded(name, socketPath, keep) {
  const listen = socketPath ? ['--listen', `unix:${socketPath}`] : ['--listen', `127.0.0.1:${name}`];
  const none = new Set(['ECONNREFUSED', 'ENOENT']);
  const agents = Array.from({ length: 8 }, () => (keep ? new Agent({ keepAlive: true, timeout: 500 }) : false));
  const failures = [], kept = [];
  let over = false, refused = 0;
  await d.serve(...listen, '--drain', '1');
  const url = d.url;
  const clients = agents.map(async (agent, c) => {
    for (let i = 0; !over; i++) {
      const title = `重启 ${name} ${c}-${i}`;
      const r = await demand(title, { agent, socketPath });
      if (none.has(r.error)) {
        refused++;
        await sleep(5);
      } else if (r.status === 201) {
        kept.push([title, JSON.parse(r.text).id]);
      } else {
        failures.push(`${r.error ?? r.status} ${r.text ?? ''}`.slice(0, 200));
      }
    }
  });
  for (let i = 0; i < 3; i++) {
    await sleep(700);
    assert.equal((await d.stop()).code, 0);
    await d.serve(...listen, '--drain', '1');
    assert.equal(d.url, url);
  }
  over = true;
  await Promise.all(clients);
  await d.stop();
  assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${kept.length} failed`);
  assert.ok(refused > 0 && kept.length > 100, `${refused} refused, ${kept.length} kept`);
  const rows = new Map(d.rows(`SELECT id, title FROM demand WHERE title LIKE '重启 ${name} %'`).map((r) => [r.title, r.id]));
  assert.equal(rows.size, kept.length);
  for (const [title, id] of kept) assert.equal(rows.get(title), id, title);
}

await test('under load nothing but refused connections, by TCP', () => loaded('18943', null, false));
await test('the same on kept connections that their owner lets go in time', () => loaded('18944', null, true));
await test('the same on a unix socket', () => loaded('socket', join(d.dir, 's'), true));

finish();
