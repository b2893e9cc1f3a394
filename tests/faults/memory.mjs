// SPDX-License-Identifier: Apache-2.0
// Memory that runs out (security.md D5): the N-th allocation of a request fails, for every N it
// makes, of ours and of every library. The server does not end, says 503 or hangs up, has
// written what it says it has, and goes on; then memory is out for a while under load.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { HEAD, csv, rows } from '../../bench/sheets.mjs';
import { Browser, District, assert, finish, password, test } from '../http/api/lib.mjs';
import { Disk } from './disk.mjs';

const MOST = Number(process.env.HUIQIAO_ALLOCATIONS ?? 120); // of one request, one after the other
const FAR = 40; // and so many further ones, spread over the rest

const d = new District();
const disk = new Disk(d.dir);
await d.serve();
for (const who of ['member', 'staff', 'admin']) d.token(who);
const chambers = (await d.ok('staff', 'GET', '/organizations?kind=industry')).items.map((o) => o.name);
await d.stop();
d.env = disk.env();
disk.clear();
// ICU makes its rules once, at the start, and does not look at every allocation.
const served = async () => {
  await d.serve();
  await sleep(700);
};
await served();

const b = new Browser(d);
assert.equal((await b.login('staff')).status, 303);
const csrf = await b.csrf('/demands/new');
const pdf = Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(300000, 0x41)]);
let serial = 0;

function form(path, who, fields, bytes, name) {
  const f = new FormData();
  for (const [k, v] of Object.entries(fields)) f.set(k, v);
  f.set('file', new Blob([bytes]), name);
  return fetch(`${d.url}/api/v1${path}`, { method: 'POST', body: f, headers: { authorization: `Bearer ${d.token(who)}`, connection: 'close' } })
    .then(async (r) => ({ status: r.status, text: await r.text() }));
}
const close = { connection: 'close' };
const api = (who, method, path, body, headers) => () => d.api(who, method, path, body, { ...close, ...headers });

// What is asked, and how often what was said to be written is there.
const requests = {
  'a list': api('staff', 'GET', '/enterprises?limit=200'),
  'a search': api('staff', 'GET', `/search?q=${encodeURIComponent('精密')}`),
  'a page': () => b.go('/demands', { headers: close }),
  'a form': () => b.go('/demands/new', { headers: close }),
  'a table': () => b.go('/enterprises.csv', { headers: close }),
  'a workbook': () => b.go('/enterprises.xlsx', { headers: close }),
  'nobody': () => new Browser(d).go('/demands', { headers: close }),
  'figures': () => b.go('/metrics', { headers: close }),
  async 'a creation'() {
    const title = `内存 ${++serial}`;
    const r = await d.api('member', 'POST', '/demands', { title, body: '内容'.repeat(3000) }, { ...close, 'idempotency-key': `m${serial}` });
    return { ...r, made: [`SELECT count(*) AS n FROM demand WHERE title = '${title}'`] };
  },
  async 'a creation on a page'() {
    const title = `页面 ${++serial}`;
    const r = await b.go('/demands', { method: 'POST', headers: close, form: { csrf, token: title, title, body: '内容', enterprise_id: '1' } });
    return { ...r, made: [`SELECT count(*) AS n FROM demand WHERE title = '${title}'`] };
  },
  async 'a change'() {
    const name = `改 ${++serial}`;
    const [{ version }] = d.rows('SELECT version FROM enterprise WHERE id = 1');
    const r = await d.api('staff', 'PATCH', '/enterprises/1', { contact_name: name }, { ...close, 'if-match': `"${version}"` });
    return { ...r, made: [`SELECT count(*) AS n FROM enterprise WHERE contact_name = '${name}'`] };
  },
  async 'a file'() {
    const r = await form('/attachments', 'member', {}, pdf, 'a.pdf');
    return { ...r, made: r.status === 201 ? [`SELECT count(*) AS n FROM attachment_data WHERE id = ${JSON.parse(r.text).id}`] : [] };
  },
  async 'an import'() {
    const r = await form('/imports', 'staff', { kind: 'enterprises' }, csv([HEAD, ...rows(30, chambers, 740000)]), 'a.csv');
    return { ...r, made: r.status === 201 ? [`SELECT count(*) AS n FROM import_run WHERE id = ${JSON.parse(r.text).id}`] : [] };
  },
  'a login': () => new Browser(d).login('leader', password).catch((e) => {
    if (/no token on \/login \(50[03]\)/.test(e.message)) return { status: 503, text: '' };
    throw e;
  }),
};

const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${d.server.pid}/status`, 'utf8'))[1]);
const sums = { tried: 0, failed: 0, refused: 0, clear: 0, dropped: 0 };

// One request whose N-th allocation fails. How it ended.
async function once(name, n, run) {
  disk.set({ allocations: 0, alloc_failed: 0, alloc_run: run, alloc_at: n });
  let r = null;
  try {
    r = await requests[name]();
  } catch (e) {
    if (e.code === 'ERR_ASSERTION') throw e;
  }
  const failed = disk.get('alloc_failed'), seen = disk.get('allocations');
  disk.set({ alloc_at: 0 });
  sums.tried++;
  sums.failed += failed > 0 ? 1 : 0;
  const where = `${name}, allocation ${n}`;
  const end = d.server.exitCode ?? d.server.signalCode;
  if (end !== null) {
    const log = d.log;
    await served();
    assert.fail(`${where}: the server ended, ${end}: ${log.slice(-1500)}`);
  }
  if (r === null) {
    sums.dropped++;
  } else if (r.status >= 400) {
    assert.ok(failed > 0, `${where}: ${r.status} without a failure: ${r.text.slice(0, 300)}`);
    // Nobody is told that they did something wrong. 500, 507: a library failed and did not say why.
    assert.ok([500, 503, 507].includes(r.status), `${where}: ${r.status} ${(/class="(?:err|fault|alert)[^>]*>([^<]*)/.exec(r.text) ?? [r.text.slice(0, 300)])[0]}`);
    sums.clear += r.status === 503 ? 1 : 0;
    sums.refused++;
  }
  for (const sql of r?.made ?? []) {
    const times = d.rows(sql)[0].n;
    // An answer that did not fit any more may be to a write that is done: its key says so.
    assert.ok(r.status < 400 ? times === 1 : times <= 1, `${where}: answered ${r.status}, there ${times} times`);
  }
  return { failed, seen };
}

const only = process.env.HUIQIAO_ONLY; // of these requests
for (const name of Object.keys(requests).filter((n) => !only || n === only)) {
  await test(`memory runs out: ${name}`, async () => {
    let seen = 0;
    for (let n = 1; n <= MOST; n++) {
      const r = await once(name, n, n % 3 === 0 ? 3 : 0);
      seen = Math.max(seen, r.seen);
      if (r.failed === 0) break;
    }
    for (let k = 1; k <= FAR && seen > MOST; k++) await once(name, MOST + Math.floor((k * (seen - MOST)) / FAR), 0);
    const r = await requests[name](); // and goes on
    assert.ok(r.status < 400, `${name} afterwards: ${r.status} ${r.text.slice(0, 300)}`);
  });
}

await test('memory is out for a while under load: refused, then all is as before', async () => {
  const before = resident();
  const names = ['a list', 'a page', 'a creation', 'a file', 'a change'];
  for (let i = 0; i < 6; i++) {
    disk.set({ allocations: 0, alloc_run: 1e9, alloc_at: 50 * i + 1 });
    const said = await Promise.all(Array.from({ length: 60 }, (_, k) => requests[names[k % names.length]]().catch(() => null)));
    disk.set({ alloc_at: 0 });
    await sleep(50);
    for (const r of said) {
      for (const sql of r?.made ?? []) if (r.status < 400 && !sql.includes('contact_name')) assert.equal(d.rows(sql)[0].n, 1, `${r.status}, not there`);
    }
    for (const name of names) assert.ok((await requests[name]()).status < 400, `${name} afterwards`);
  }
  const grown = resident() - before;
  assert.ok(grown < 60000, `${grown} KiB more than before`);
});

await test('the district is sound', async () => {
  const log = d.log;
  const end = await d.stop();
  assert.deepEqual(end, { code: 0, signal: null }, log.slice(-500));
  const check = d.command('check');
  assert.equal(check.status, 0, check.stdout + check.stderr);
  console.log(`${sums.tried} requests, an allocation of ${sums.failed} failed: ${sums.refused} refused (${sums.clear} with 503), ${sums.dropped} dropped`);
});

finish();
