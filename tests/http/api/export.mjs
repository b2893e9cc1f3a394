// SPDX-License-Identifier: Apache-2.0
// Exports are the whole list, whatever its length: the same rows as the list page by page, with
// its filters, order, columns, scope and masks, as CSV (streamed) and as a workbook.
import { readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { inflateRawSync } from 'node:zlib';
import { District, assert, finish, postgres, test } from './lib.mjs';

const d = new District();
const COUNT = 7000; // beyond what one answer could hold, and beyond the 5,000 of before
assert.equal(d.command('generate', '--enterprises', String(COUNT), '--demands', '6000').status, 0);
await d.serve();

const get = (user, path, headers = {}) =>
  fetch(d.url + path, { headers: { authorization: `Bearer ${d.token(user)}`, ...headers } });

// RFC 4180, as a spreadsheet reads it.
function table(text) {
  assert.equal(text.codePointAt(0), 0xfeff, 'begins with a BOM');
  const rows = [[]];
  let cell = '';
  for (let i = 1, quoted = false; i < text.length; i++) {
    const ch = text[i];
    if (quoted && ch === '"' && text[i + 1] === '"') cell += text[++i];
    else if (ch === '"') quoted = !quoted;
    else if (quoted) cell += ch;
    else if (ch === ',') { rows.at(-1).push(cell); cell = ''; }
    else if (ch === '\n') { rows.at(-1).push(cell); cell = ''; rows.push([]); }
    else if (ch !== '\r') cell += ch;
  }
  rows.pop();
  return { head: rows[0], rows: rows.slice(1) };
}

async function csv(user, path, headers) {
  const r = await get(user, path, headers);
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(await r.arrayBuffer());
  assert.equal(r.status, 200, text.slice(0, 300));
  return { ...table(text), headers: r.headers };
}

async function pages(user, path) {
  const items = [];
  for (let after = null; ;) {
    const r = await get(user, `${path}${path.includes('?') ? '&' : '?'}limit=200${after ? `&after=${encodeURIComponent(after)}` : ''}`);
    const page = await r.json();
    assert.equal(r.status, 200, JSON.stringify(page));
    items.push(...page.items);
    after = page.next;
    if (!after) return items;
  }
}

function unzipped(bytes, name) {
  const zip = Buffer.from(bytes);
  for (let at = zip.readUInt32LE(zip.length - 22 + 16); zip.readUInt32LE(at) === 0x02014b50;) {
    const [nameSize, extra, comment] = [28, 30, 32].map((o) => zip.readUInt16LE(at + o));
    if (zip.toString('utf8', at + 46, at + 46 + nameSize) === name) {
      const local = zip.readUInt32LE(at + 42);
      const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      return inflateRawSync(zip.subarray(from, from + zip.readUInt32LE(at + 20))).toString('utf8');
    }
    at += 46 + nameSize + extra + comment;
  }
  throw new Error(`no ${name}`);
}

async function sheet(user, path) {
  const r = await get(user, path);
  const bytes = await r.arrayBuffer();
  assert.equal(r.status, 200, Buffer.from(bytes).toString('utf8', 0, 300));
  assert.equal(Number(r.headers.get('content-length')), bytes.byteLength);
  return unzipped(bytes, 'xl/worksheets/sheet1.xml');
}

const all = await pages('staff', '/api/v1/enterprises');

await test('CSV: every row of the list, in its order, more than one answer holds', async () => {
  assert.ok(all.length > COUNT, `${all.length}`);
  const t = await csv('staff', '/api/v1/enterprises.csv');
  // On PostgreSQL the pieces are in a file before the first is sent.
  if (!postgres) assert.equal(t.headers.get('transfer-encoding'), 'chunked');
  assert.deepEqual(t.rows.map((r) => Number(r[0])), all.map((e) => e.id));
  const uscc = t.head.indexOf('统一社会信用代码');
  const mobile = t.head.indexOf('联系手机');
  assert.deepEqual(t.rows.map((r) => r[uscc]), all.map((e) => e.uscc));
  assert.deepEqual(t.rows.map((r) => r[mobile]), all.map((e) => e.contact_mobile ?? ''));
});

await test('CSV: filters, order and columns are those of the list', async () => {
  for (const order of ['name', '-name', 'updated_at', '-id', 'id']) {
    const list = await pages('staff', `/api/v1/enterprises?town=${encodeURIComponent('港口镇')}&sort=${order}`);
    const t = await csv('staff', `/api/v1/enterprises.csv?town=${encodeURIComponent('港口镇')}&sort=${order}&columns=name+uscc`);
    assert.deepEqual(t.head, ['企业名称', '统一社会信用代码']);
    assert.ok(list.length > 500, `${list.length}`);
    assert.deepEqual(t.rows, list.map((e) => [e.name, e.uscc]), order);
  }
  const found = await pages('staff', `/api/v1/enterprises?q=${encodeURIComponent('科技')}`);
  const t = await csv('staff', `/api/v1/enterprises.csv?q=${encodeURIComponent('科技')}&columns=name`);
  assert.ok(found.length > 200, `${found.length}`);
  assert.deepEqual(t.rows.map((r) => r[0]), found.map((e) => e.name));
});

await test('CSV: the scope and the masks of the reader', async () => {
  const own = await pages('secretary', '/api/v1/enterprises');
  const t = await csv('secretary', '/api/v1/enterprises.csv');
  assert.ok(own.length > 0 && own.length < all.length);
  assert.deepEqual(t.rows.map((r) => Number(r[0])), own.map((e) => e.id));
  for (const user of ['leader', 'officer']) {
    const list = await pages(user, '/api/v1/enterprises?town=' + encodeURIComponent('云溪镇'));
    const seen = await csv(user, '/api/v1/enterprises.csv?columns=uscc+contact_mobile&town=' + encodeURIComponent('云溪镇'));
    assert.deepEqual(seen.rows, list.map((e) => [e.uscc, e.contact_mobile ?? '']), user);
    assert.ok(seen.rows.every((r) => !/^1\d{10}$/.test(r[1])), `${user} reads no numbers`);
  }
  const people = await pages('staff', '/api/v1/people');
  const sealed = await csv('staff', '/api/v1/people.csv');
  const at = sealed.head.indexOf('手机');
  assert.deepEqual(sealed.rows.map((r) => r[at]), people.map((p) => p.mobile ?? ''));
});

await test('demands: the whole list too', async () => {
  const list = await pages('staff', '/api/v1/demands?view=all');
  const t = await csv('staff', '/api/v1/demands.csv?view=all');
  assert.ok(list.length > 6000);
  assert.deepEqual(t.rows.map((r) => r[0]), list.map((x) => x.receipt_no));
  for (const query of ['view=all&sort=due_at', 'view=all&state=closed&sort=created_at', `view=all&q=${encodeURIComponent('电压')}`]) {
    const some = await pages('staff', `/api/v1/demands?${query}`);
    const file = await csv('staff', `/api/v1/demands.csv?${query}`);
    assert.ok(some.length > 0, query);
    assert.deepEqual(file.rows.map((r) => r[0]), some.map((x) => x.receipt_no), query);
  }
});

await test('a short list has its length and is compressed', async () => {
  const r = await get('staff', '/api/v1/organizations.csv', { 'accept-encoding': 'gzip' });
  assert.equal(r.headers.get('content-encoding'), 'gzip');
  assert.ok(Number(r.headers.get('content-length')) > 0);
  assert.ok((await r.text()).includes('工商联'));
});

await test('XLSX: the same rows, nothing left behind, nothing that counts as a formula', async () => {
  const before = readdirSync(d.data).sort();
  const xml = await sheet('staff', '/api/v1/enterprises.xlsx?columns=name+uscc');
  assert.equal([...xml.matchAll(/<row /g)].length, all.length + 1);
  for (const e of [all[0], all[3000], all.at(-1)]) assert.ok(xml.includes(e.uscc), e.name);
  assert.ok(!xml.includes('<f>'));
  const demands = await sheet('staff', '/api/v1/demands.xlsx?view=all');
  assert.ok([...demands.matchAll(/<row /g)].length > 6000);
  assert.deepEqual(readdirSync(d.data).sort(), before);
});

await test('cells that begin like formulas are defused in the stream', async () => {
  const id = all[0].id;
  await d.ok('staff', 'PATCH', `/enterprises/${id}`, { name: '=HYPERLINK("http://a")有限公司', address: '@SUM(A1)' });
  const t = await csv('staff', '/api/v1/enterprises.csv?columns=name+address');
  assert.deepEqual(t.rows[0], ['\'=HYPERLINK("http://a")有限公司', '\'@SUM(A1)']);
});

await test('wrong columns and filters are said before anything is sent', async () => {
  for (const path of ['enterprises.csv?columns=secret', 'enterprises.xlsx?columns=secret', 'enterprises.csv?colour=red', 'demands.csv?state=none', 'demands.xlsx?state=none']) {
    const r = await get('staff', `/api/v1/${path}`);
    assert.equal(r.status, 422, path);
    assert.match(r.headers.get('content-type'), /problem\+json/);
  }
});

await test('readers who stop in the middle hold nothing: no snapshot, no memory', async () => {
  const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${d.server.pid}/status`, 'utf8'))[1]) / 1024;
  await (await get('staff', '/api/v1/enterprises.csv')).arrayBuffer();
  const before = resident();
  const stuck = await Promise.all(Array.from({ length: 40 }, () => new Promise((done, fail) => {
    const at = new URL(d.url);
    const s = connect(at.port, at.hostname, () => s.write(`GET /api/v1/enterprises.csv HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${d.token('staff')}\r\n\r\n`));
    s.once('error', fail);
    s.once('data', () => { s.pause(); done(s); }); // reads no further
  })));
  // More of them than there are snapshots, and still everybody is answered, and may write.
  for (let i = 0; i < 20; i++) assert.equal((await get('staff', '/api/v1/enterprises?limit=1')).status, 200);
  // A piece of at most 2 MB for each, whatever the list holds, and what the allocator keeps.
  const more = resident() - before;
  assert.ok(more < 96, `40 of them hold ${more.toFixed(0)} MB`);
  for (const s of stuck) s.destroy();
  assert.equal((await csv('staff', '/api/v1/enterprises.csv?columns=uscc')).rows.length >= all.length, true);
});

await test('HEAD', async () => {
  const r = await fetch(`${d.url}/api/v1/enterprises.csv`, { method: 'HEAD', headers: { authorization: `Bearer ${d.token('staff')}` } });
  assert.equal(r.status, 200);
  assert.match(r.headers.get('content-disposition'), /enterprises\.csv/);
});

await d.stop();
finish();
