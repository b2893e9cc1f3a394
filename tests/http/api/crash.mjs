// SPDX-License-Identifier: Apache-2.0
// The machine stops in the middle of everything: what was acknowledged is there afterwards, what
// was not is there whole or not at all, and the district is sound. HUIQIAO_CRASHES=100 for a
// long run.
import { District, assert, finish, test } from './lib.mjs';

const d = new District();
const acknowledged = new Map(); // key → id
const sent = new Set();

async function load(worker, round, stop) {
  for (let i = 0; !stop.now && i < 5000; i++) {
    const key = `r${round}w${worker}n${i}`;
    sent.add(key);
    try {
      const r = await d.api('member', 'POST', '/demands', { title: `断电 ${key}`, body: '内容'.repeat(200) }, { 'idempotency-key': key });
      if (r.status === 201) acknowledged.set(key, r.json.id);
    } catch {
      return; // the server is gone
    }
  }
}

const ROUNDS = Number(process.env.HUIQIAO_CRASHES ?? 3);
for (let round = 1; round <= ROUNDS; round++) {
  await test(`killed under load, ${round}`, async () => {
    await d.serve();
    d.token('member');
    const before = acknowledged.size;
    const stop = { now: false };
    const workers = Array.from({ length: 8 }, (_, w) => load(w, round, stop));
    // At an arbitrary moment once enough is acknowledged, however slow the machine is.
    const enough = before + 60 + Math.floor(300 * Math.random());
    for (let i = 0; acknowledged.size < enough && i < 3000; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 20 * Math.random()));
    const end = await d.stop('SIGKILL');
    stop.now = true;
    await Promise.all(workers);
    assert.equal(end.signal, 'SIGKILL');
    assert.ok(acknowledged.size - before > 50, `only ${acknowledged.size - before} creations`);
    const check = d.command('check');
    assert.equal(check.status, 0, check.stdout + check.stderr);
  });
}

await test('every acknowledged demand is there, once', async () => {
  await d.serve();
  for (const [key, id] of acknowledged) {
    const r = await d.ok('member', 'GET', `/demands/${id}`);
    assert.equal(r.title, `断电 ${key}`);
  }
  const seen = new Map();
  let after = '';
  do {
    const page = await d.ok('member', 'GET', `/demands?limit=200${after && `&after=${encodeURIComponent(after)}`}`);
    for (const row of page.items) {
      const key = /^断电 (.*)$/.exec(row.title)?.[1];
      if (!key) continue;
      assert.ok(sent.has(key), `${key} was never sent`);
      assert.ok(!seen.has(key), `${key} is there twice`);
      seen.set(key, row.id);
    }
    after = page.next;
  } while (after);
  for (const key of acknowledged.keys()) assert.ok(seen.has(key), `${key} is lost from the list`);
});

await test('asked to stop, it finishes what it has begun', async () => {
  const stop = { now: false };
  const before = acknowledged.size;
  const workers = Array.from({ length: 4 }, (_, w) => load(w, 'term', stop));
  await new Promise((resolve) => setTimeout(resolve, 600));
  const end = await d.stop('SIGTERM');
  stop.now = true;
  await Promise.all(workers);
  assert.equal(end.code, 0, JSON.stringify(end));
  assert.ok(acknowledged.size > before);
  await d.serve();
  for (const [key, id] of [...acknowledged].slice(before)) {
    assert.equal((await d.ok('member', 'GET', `/demands/${id}`)).title, `断电 ${key}`);
  }
  await d.stop();
});

finish();
