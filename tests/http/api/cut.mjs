// SPDX-License-Identifier: Apache-2.0
// Lines to PostgreSQL are cut again and again while people write: what was answered is there,
// once; what was not is sent again with its key and is there once, too (D1, D7).
import { randomUUID } from 'node:crypto';
import { District, assert, cut, finish, postgres, test } from './lib.mjs';

if (!postgres) {
  console.error('skipped: this is about PostgreSQL');
  process.exit(77);
}
const d = await new District().serve();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const CLIENTS = 6, EACH = 25;

await test('writes while lines are cut: none lost, none twice', async () => {
  let over = false, refused = 0, cuts = 0;
  const kept = new Map();
  const clients = Array.from({ length: CLIENTS }, async (_, c) => {
    for (let i = 0; i < EACH; i++) {
      const title = `断线 ${c}-${i}`, key = randomUUID();
      for (let tries = 0; ; tries++) {
        assert.ok(tries < 200, `${title} was never taken`);
        const r = await d.api('member', 'POST', '/demands', { title, body: '情况说明' }, { 'idempotency-key': key });
        if (r.status === 201) {
          kept.set(title, r.json.id);
          break;
        }
        assert.equal(r.status, 503, r.text.slice(0, 300));
        assert.ok(Number(r.headers.get('retry-after')) > 0);
        refused++;
        await sleep(20);
      }
      await sleep(10);
    }
  });
  const cutter = (async () => {
    while (!over) {
      await sleep(120);
      cuts += cut(d);
    }
  })();
  await Promise.all(clients);
  over = true;
  await cutter;
  assert.ok(cuts > 5, `${cuts} lines were cut`);
  const rows = d.rows("SELECT id, title FROM demand WHERE title LIKE '断线 %'");
  assert.equal(rows.length, CLIENTS * EACH, `${refused} were refused`);
  for (const row of rows) assert.equal(kept.get(row.title), row.id, row.title);
});

await test('afterwards all is as before', async () => {
  for (let i = 0; i < 20; i++) {
    await d.demand();
    await d.ok('staff', 'GET', '/demands');
  }
  await d.stop();
  const check = d.command('check');
  assert.equal(check.status, 0, check.stdout + check.stderr);
});

finish();
