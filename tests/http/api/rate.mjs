// SPDX-License-Identifier: Apache-2.0
// Rate classes: whoever asks too often for what is expensive waits, and is told how long; others,
// and what is cheap, are not concerned. As behind the edge: a socket, and who the client is.
import { request } from 'node:http';
import { join } from 'node:path';
import { District, assert, finish, run, test } from './lib.mjs';

const d = new District();
const socket = join(d.dir, 'http.sock');

await test('settings are shown, checked and kept', async () => {
  const all = d.command('setting');
  assert.equal(all.status, 0, all.stderr);
  for (const k of ['district', 'federation', 'rate.login', 'rate.export', 'rate.search', 'rate.write']) assert.ok(all.stdout.includes(`${k} `), k);
  assert.equal(d.command('setting', 'rate.export').stdout, '30 20\n');
  assert.equal(d.command('setting', 'rate.export', '3 6').status, 0);
  assert.equal(d.command('setting', 'rate.export').stdout, '3 6\n');
  for (const [k, v] of [['rate.search', '4 60'], ['rate.write', '5 60'], ['rate.login', '6 60']]) assert.equal(d.command('setting', k, v).status, 0);
  for (const [k, v] of [['rate.export', '3'], ['rate.export', 'x 5'], ['rate.export', '0 5'], ['district', ''], ['district', 'a\u001b'], ['colour', 'red']]) {
    assert.equal(d.command('setting', k, v).status, 1, `${k} ${v}`);
  }
  assert.equal(d.command('setting', 'rate.export').stdout, '3 6\n', 'what was refused changed nothing');
  assert.equal(run(['setting']).status, 1);
});

await d.serve('--listen', `unix:${socket}`).catch((e) => assert.fail(e));

function ask(user, method, path, { from = '203.0.113.9', body } = {}) {
  const headers = { host: 'a', 'x-forwarded-for': from, 'x-forwarded-proto': 'https' };
  if (user) headers.authorization = `Bearer ${d.token(user)}`;
  if (body) headers['content-type'] = typeof body === 'string' ? 'application/x-www-form-urlencoded' : 'application/json';
  const sent = typeof body === 'object' ? JSON.stringify(body) : body;
  if (sent) headers['content-length'] = Buffer.byteLength(sent);
  return new Promise((resolve, reject) => {
    const r = request({ socketPath: socket, method, path, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (t) => (text += t)).on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    });
    r.on('error', reject).end(sent);
  });
}

async function until429(fn) {
  for (let n = 0; n < 300; n++) {
    const r = await fn();
    if (r.status === 429) {
      const wait = Number(r.headers['retry-after']);
      assert.ok(wait >= 1 && wait <= 60, `Retry-After: ${r.headers['retry-after']}`);
      return { n, wait, ...r };
    }
    assert.ok(r.status < 500, `${r.status} ${r.text.slice(0, 200)}`);
  }
  assert.fail('never limited');
}

await test('exports: three, then one in ten seconds, each reader for themselves', async () => {
  const r = await until429(() => ask('staff', 'GET', '/api/v1/demands.csv'));
  assert.equal(r.n, 3);
  assert.ok(r.wait >= 8 && r.wait <= 10, `${r.wait}`);
  const problem = JSON.parse(r.text);
  assert.equal(problem.status, 429);
  assert.match(problem.detail, /\d+/);
  assert.equal((await ask('staff', 'GET', '/api/v1/enterprises.xlsx', { from: '198.51.100.1' })).status, 429, 'from anywhere');
  assert.equal((await ask('leader', 'GET', '/api/v1/demands.csv')).status, 200, 'another reader');
  assert.equal((await ask('staff', 'GET', '/api/v1/demands')).status, 200, 'what is cheap');
});

await test('searches', async () => {
  assert.equal((await until429(() => ask('staff', 'GET', `/api/v1/demands?q=${encodeURIComponent('电')}`))).n, 4);
  assert.equal((await ask('staff', 'GET', '/api/v1/demands?q=')).status, 200, 'nothing is searched');
});

await test('writes of enterprises are limited, programs of the office are not', async () => {
  assert.equal((await until429(() => ask('member', 'POST', '/api/v1/demands', { body: { title: '很多诉求', body: 'x' } }))).n, 5);
  for (let i = 0; i < 30; i++) {
    assert.equal((await ask('staff', 'POST', '/api/v1/demands', { body: { title: '批量登记', body: 'x', enterprise_id: 1 } })).status, 201);
  }
});

await test('log-ins are limited by network, IPv6 by its first half', async () => {
  const login = (from) => ask(null, 'POST', '/login', { from, body: 'login=x&password=y' });
  assert.equal((await until429(() => login('203.0.113.10'))).n, 6);
  assert.notEqual((await login('203.0.113.11')).status, 429);
  let n = 0;
  await until429(() => login(`2001:db8:1:2::${(++n).toString(16)}`));
  assert.equal(n, 7);
  assert.notEqual((await login('2001:db8:1:3::1')).status, 429);
});

await test('a wait that is over is over', async () => {
  await new Promise((resolve) => setTimeout(resolve, 1100));
  assert.equal((await ask('member', 'POST', '/api/v1/demands', { body: { title: '又一条', body: 'x' } })).status, 201);
});

await test('the machine itself is not limited', async () => {
  await d.stop();
  await d.serve();
  for (let i = 0; i < 20; i++) {
    assert.equal((await d.api('staff', 'GET', '/demands.csv')).status, 200);
    assert.equal((await d.api('member', 'POST', '/demands', { title: '本机', body: 'x' })).status, 201);
  }
});

finish();
