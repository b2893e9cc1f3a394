// SPDX-License-Identifier: Apache-2.0
// Bad input against every route that writes, from the program's own tables: whatever is wrong
// is refused with a fault of its field, and nothing is left behind by what was refused.
import { Browser, District, assert, finish, password, run, test } from './lib.mjs';

const d = await new District().serve();
const doc = await (await fetch(`${d.url}/api/openapi.json`)).json();

// What people can see or an auditor asks about. Sessions, tokens and the counters of guessing
// change by being asked; the job of the minute looks for duplicates.
const LIVELY = /^(session|token|throttle|replay|sqlite_.*|search_index.*|duplicate_.*)$/;
const fingerprint = () => d.fingerprint((table) => !LIVELY.test(table));

async function untouched(what, fn) {
  const before = fingerprint();
  await fn();
  assert.equal(fingerprint(), before, `${what}: a refused request left something behind`);
}

const writable = run(['routes']).stdout.trim().split('\n')
  .map((l) => /^(\S+)\s+(\S+)\s+(\S+)\s+(\S+)/.exec(l)).map(([, method, where, path, roles]) => ({ method, where, path, roles: roles.split(',') }))
  .filter((r) => r.method !== 'GET');
const USERS = ['member', 'officer', 'secretary', 'staff', 'admin', 'leader'];
const userOf = (r) => (r.roles[0] === 'anyone' ? 'member' : USERS.find((u) => r.roles.includes(u)));
const schemaOf = (r) => doc.paths[r.path]?.[r.method.toLowerCase()]?.requestBody?.content['application/json']?.schema;
const api = writable.filter((r) => r.where !== 'page' && schemaOf(r)?.additionalProperties === false);
const pathOf = (r, id = 1) => r.path.replace('{id}', id).replace('{name}', 'workday');

// The least that a schema takes.
function good(s) {
  const type = [s.type].flat()[0];
  if (s.enum) return s.enum[0];
  if (type === 'integer') return s.minimum ?? 1;
  if (type === 'boolean') return false;
  if (type === 'array') return [];
  if (s.format === 'date') return '2027-03-01';
  if (s.pattern?.startsWith('^1[3-9]')) return '13800000001';
  return '文'.repeat(Math.max(2, s.minLength ?? 1));
}
// Where a rule asks for more than the schema says.
const FITTING = { public_key: 'a'.repeat(64) };
function body(r) {
  const schema = schemaOf(r) ?? {};
  return Object.fromEntries((schema.required ?? []).map((k) => [k, FITTING[k] ?? good(schema.properties[k])]));
}

async function refused(r, sent, field, codes, status = 422) {
  const a = await d.api(userOf(r), r.method, pathOf(r), sent);
  const what = `${r.method} ${r.path} ${(typeof sent === 'string' ? sent : JSON.stringify(sent)).slice(0, 120)}`;
  assert.equal(a.status, status, `${what}: ${a.status} ${a.text.slice(0, 300)}`);
  assert.match(a.headers.get('content-type'), /problem\+json/, what);
  if (status !== 422) return;
  const fault = a.json.errors?.find((e) => e.field === field);
  assert.ok(fault, `${what}: no fault of ${field} in ${a.text.slice(0, 300)}`);
  assert.ok(fault.message.length > 1, what);
  if (codes) assert.ok(codes.includes(fault.code), `${what}: ${fault.code}, not ${codes}`);
}

// Whoever may touch every record of a kind.
const makerOf = (r) => (r.roles.includes('staff') ? 'staff' : 'admin');

// The demo has no record of some kinds; what follows asks about number 1 of each.
for (const r of api.filter((x) => x.method === 'PATCH' && x.path.split('/').length === 3)) {
  const make = api.find((x) => x.method === 'POST' && `${x.path}/{id}` === r.path);
  const user = makerOf(r);
  const there = await d.api(user, 'GET', pathOf(r));
  if (make && there.status === 404) await d.ok(user, 'POST', make.path, body(make));
}

await test('the tables know every route that writes', async () => {
  assert.ok(api.length > 25, `${api.length} routes of the API`);
  for (const r of writable.filter((x) => x.where !== 'page')) {
    const known = api.includes(r) || doc.paths[r.path].post?.requestBody || Object.keys(doc.paths[r.path].post.responses).includes('204');
    assert.ok(known, `${r.method} ${r.path} takes nothing that is described`);
  }
  for (const r of writable) assert.ok(userOf(r), r.path);
});

const KIND = doc.components.schemas.Organization.properties.kind.enum.at(-1);
const WRONG = { string: [7, -1.5, true, ['文'], { a: 1 }], integer: ['7', 1.5, true, [7], { a: 7 }, '1 anything'], boolean: ['maybe', 1, 'true', [], {}], array: ['7', 7, true, { 0: 7 }] };

for (const r of api) {
  const fields = Object.entries(schemaOf(r).properties);
  await test(`${r.method} ${r.path}: every field`, () => untouched(r.path, async () => {
    const fine = body(r);
    for (const k of schemaOf(r).required ?? []) {
      const { [k]: gone, ...less } = fine;
      await refused(r, less, k, ['missing']);
      await refused(r, { ...fine, [k]: null }, k, ['missing']);
    }
    for (const [k, s] of fields) {
      const type = [s.type].flat()[0];
      for (const v of WRONG[type]) await refused(r, { ...fine, [k]: v }, k, ['type', 'reference']);
      const raw = (v) => `{${Object.entries({ ...fine, [k]: 0 }).map(([n, x]) => `${JSON.stringify(n)}:${n === k ? v : JSON.stringify(x)}`).join(',')}}`;
      if (type !== 'array') await refused(r, raw('1e300'), k, ['type']);
      if (type !== 'array') await refused(r, raw('99999999999999999999'), k, ['type']);
      if (s.enum) await refused(r, { ...fine, [k]: 'none of these' }, k, ['choice']);
      if (s.format === 'date') for (const v of ['2026-02-30', '2026-2-3', 'morgen']) await refused(r, { ...fine, [k]: v }, k, ['date']);
      if (s.minimum !== undefined) await refused(r, { ...fine, [k]: s.minimum - 1 }, k, ['too_small', 'reference', 'money']);
      if (s.maximum !== undefined) await refused(r, { ...fine, [k]: s.maximum + 1 }, k, ['too_large']);
      if (type === 'array') for (const v of [[0], [-1], ['x'], [1.5], [null], [[1]]]) await refused(r, { ...fine, [k]: v }, k, ['reference']);
      if (s.pattern && s.maxLength === undefined) await refused(r, { ...fine, [k]: 'none of these' }, k, ['choice']);
      if (type !== 'string' || s.enum || s.format || s.maxLength === undefined) continue;
      await refused(r, { ...fine, [k]: '汉'.repeat(s.maxLength + 1) }, k, ['too_long']);
      for (const c of ['\u0007', '\u001b', '\u007f', '\u0085x\u009f', '\u202e', '\u2066']) await refused(r, { ...fine, [k]: `文${c}字` }, k, ['control']);
      // Below the level of fields: no text at all.
      await refused(r, raw('"a\\u0000b"'), k, null, 400);
      await refused(r, raw('"\\ud800"'), k, null, 400);
      await refused(r, Buffer.concat([Buffer.from('{"'), Buffer.from(k), Buffer.from('":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]), k, null, 400);
    }
    await refused(r, { ...fine, colour: 'red' }, 'colour', ['unknown']);
    await refused(r, { ...fine, id: 7 }, 'id', ['unknown']);
    await refused(r, { ...fine, version: 7 }, 'version', ['unknown']);
    await refused(r, `{"${fields[0]?.[0] ?? 'x'}":"a","${fields[0]?.[0] ?? 'x'}":"b"}`, null, null, 400);
    for (const v of ['[]', '"x"', 'null', '{', '{"a":}']) await refused(r, v, null, null, 400);
    const type = await d.api(userOf(r), r.method, pathOf(r), 'a=b', { 'content-type': 'application/x-www-form-urlencoded' });
    assert.equal(type.status, 415);
    const large = await d.api(userOf(r), r.method, pathOf(r), `{"x":"${'x'.repeat(300 * 1024)}"}`);
    assert.equal(large.status, 413);
  }));
}

await test('other people\'s records, and those that do not exist: 404, nobody learns more', () => untouched('404', async () => {
  for (const r of writable.filter((x) => x.where !== 'page' && x.path.includes('{id}'))) {
    const a = await d.api(userOf(r), r.method, pathOf(r, 99999999), body(r));
    assert.equal(a.status, 404, `${r.method} ${r.path}: ${a.status} ${a.text.slice(0, 200)}`);
  }
  const me = await d.ok('member', 'GET', '/me');
  const office = await d.ok('officer', 'GET', '/me');
  const all = (await d.ok('staff', 'GET', '/demands?view=all&limit=200')).items;
  const foreign = all.find((x) => x.enterprise_id !== me.enterprise_id && x.visibility !== 'federation').id;
  const elsewhere = all.find((x) => x.lead_unit_id && x.lead_unit_id !== office.organization_id).id;
  for (const r of api.filter((x) => x.path.startsWith('/demands/{id}'))) {
    const [user, id] = r.roles.includes('member') ? ['member', foreign] : r.roles.includes('officer') ? ['officer', elsewhere] : [];
    if (!user) continue;
    const a = await d.api(user, r.method, pathOf(r, id), body(r));
    assert.equal(a.status, 404, `${user} ${r.method} ${r.path}: ${a.status} ${a.text.slice(0, 200)}`);
  }
  const other = (await d.ok('staff', 'GET', '/enterprises?limit=200')).items.find((x) => x.id !== me.enterprise_id).id;
  const a = await d.api('member', 'PATCH', `/enterprises/${other}`, { address: '别处' });
  assert.ok([403, 404].includes(a.status), `${a.status}`);
}));

await test('a step that is not allowed from here: 409, and which are', () => untouched('409', async () => {
  const me = await d.ok('member', 'GET', '/me');
  const office = await d.ok('officer', 'GET', '/me');
  const all = (await d.ok('staff', 'GET', '/demands?view=all&limit=200')).items;
  const ended = (x) => ['archived', 'withdrawn', 'merged', 'rejected', 'closed'].includes(x.state);
  const mine = all.find((x) => x.enterprise_id === me.enterprise_id && ended(x));
  const ours = all.find((x) => x.lead_unit_id === office.organization_id && ended(x));
  const any = all.find((x) => x.state === 'submitted');
  let n = 0;
  for (const r of api.filter((x) => x.path.startsWith('/demands/{id}/'))) {
    const step = r.path.split('/').pop();
    if (['accept', 'reject', 'merge', 'callback', 'supervise', 'urge', 'dispatch', 'archive', 'close'].includes(step) && !any) continue;
    const [user, target] = r.roles.includes('staff') && !r.roles.includes('member') ? ['staff', ['accept', 'reject', 'merge', 'supervise', 'urge', 'dispatch'].includes(step) ? all.find(ended) : any] : r.roles.includes('member') ? ['member', mine] : ['officer', ours];
    if (!target) continue;
    const sent = body(r);
    if ('into_id' in sent) sent.into_id = all.find((x) => x.id !== target.id).id;
    if ('lead_unit_id' in sent) sent.lead_unit_id = await d.unit('区财政局');
    const a = await d.api(user, 'POST', pathOf(r, target.id), sent);
    assert.equal(a.status, 409, `${user} ${step} of ${target.state}: ${a.status} ${a.text.slice(0, 200)}`);
    assert.ok(Array.isArray(a.json.allowed), `${step}: no list of what is allowed`);
    assert.ok(!a.json.allowed.includes(step));
    n++;
  }
  assert.ok(n > 15, `${n} steps`);
}));

await test('a version that was overtaken: 412', () => untouched('412', async () => {
  for (const r of writable.filter((x) => x.method === 'PATCH')) {
    const kind = r.path.split('/')[1];
    let id = 1;
    if (kind === 'demands') id = (await d.ok('staff', 'GET', '/demands?view=all&limit=200')).items.find((x) => x.state === 'draft')?.id;
    if (!id) continue;
    for (const etag of ['"7777"', '7777', '"x"', 'W/"0"', '"-1"']) {
      const a = await d.api(makerOf(r), 'PATCH', pathOf(r, id), {}, { 'if-match': etag });
      assert.equal(a.status, 412, `${r.path} ${etag}: ${a.status} ${a.text.slice(0, 200)}`);
    }
  }
}));

// ---- what must be kept ------------------------------------------------------------------

const ODD = ['<script>alert(1)</script>', "'; DROP TABLE demand; --", '😀👩‍👩‍👧‍👦🇨🇳 𠮷é', '{{name}}{{{x}}}{{>y}}', '%s%n $(id) `id`', '=cmd|calc!A1', '..\\..//etc/passwd', '" \\u0041 \' &amp; &#60;', 'ＡＢＣ　全角', 'א ב ג العربية'];

async function roundTrip(r, id, extra) {
  for (const [k, s] of Object.entries(schemaOf(r).properties)) {
    if ([s.type].flat()[0] !== 'string' || s.enum || s.format || s.pattern) continue;
    for (const text of ODD) {
      const a = await d.api('staff', r.method, pathOf(r, id), { ...extra(), [k]: text });
      const own = a.status === 422 && a.json.errors.every((e) => e.field === k && ['invalid', 'taken'].includes(e.code)); // a field with a rule of its own
      assert.ok(own || a.status < 300, `${r.path} ${k}: ${a.status} ${a.text.slice(0, 200)}`);
      if (own) continue;
      const kept = (await d.ok('staff', 'GET', a.headers.get('location')?.replace('/api/v1', '') ?? pathOf(r, id)))[k];
      // In one line white space is one blank.
      assert.equal(kept, s.maxLength > 300 ? text : text.replace(/\u3000/g, ' '), `${r.path} ${k}`);
    }
  }
}

await test('what only looks dangerous is kept to the letter, in every text', async () => {
  let n = 0;
  const create = (path) => api.find((r) => r.method === 'POST' && r.path === path);
  const change = (path) => api.find((r) => r.method === 'PATCH' && r.path === path);
  await roundTrip(create('/demands'), null, () => ({ title: '标题', body: '正文', enterprise_id: 1 }));
  await roundTrip(change('/enterprises/{id}'), 1, () => ({}));
  await roundTrip(change('/organizations/{id}'), 3, () => ({}));
  await roundTrip(create('/organizations'), null, () => ({ name: `组织 ${n++}`, kind: KIND }));
  assert.equal((await d.api('staff', 'GET', '/demands?limit=1')).status, 200);
});

// ---- again, and again -------------------------------------------------------------------

await test('the same request again with its key: the same answer, once; another body: 409', async () => {
  const id = await d.inHand();
  const cases = [
    ['member', 'POST', '/demands', { title: '重复提交', body: '一次' }],
    ['staff', 'POST', '/organizations', { name: '重复商会', kind: KIND }],
    ['staff', 'PATCH', '/enterprises/1', { address: '重复路 1 号' }],
    ['officer', 'POST', `/demands/${id}/note`, { body: '重复记录' }],
    ['staff', 'POST', `/demands/${id}/urge`, {}],
  ];
  for (const [user, method, path, sent] of cases) {
    const key = { 'idempotency-key': `k-${path}-${method}` };
    const first = await d.api(user, method, path, sent, key);
    assert.ok(first.status < 300, `${path}: ${first.status} ${first.text.slice(0, 200)}`);
    const after = fingerprint();
    const again = await Promise.all([1, 2, 3].map(() => d.api(user, method, path, sent, key)));
    for (const a of again) {
      assert.equal(a.status, first.status, path);
      assert.deepEqual(a.json, first.json, path);
      assert.equal(a.headers.get('location'), first.headers.get('location'));
    }
    const other = await d.api(user, method, path, { ...sent, [Object.keys(sent)[0] ?? 'x']: '另一份内容' }, key);
    assert.equal(other.status, Object.keys(sent).length === 0 ? 422 : 409, path);
    assert.equal(fingerprint(), after, `${path}: done once`);
  }
  const long = await d.api('member', 'POST', '/demands', { title: '标题', body: 'x' }, { 'idempotency-key': 'k'.repeat(201) });
  assert.equal(long.status, 400);
  // A key belongs to whoever used it.
  const mine = await d.api('staff', 'POST', '/demands', { title: '别人的编号', body: 'x', enterprise_id: 1 }, { 'idempotency-key': 'k-/demands-POST' });
  assert.equal(mine.status, 201);
});

// ---- files ------------------------------------------------------------------------------

async function upload(name, bytes, field = 'file') {
  const form = new FormData();
  form.append(field, new Blob([bytes]), name);
  const r = await fetch(`${d.url}/api/v1/attachments`, { method: 'POST', headers: { authorization: `Bearer ${d.token('member')}` }, body: form });
  const text = await r.text();
  return { status: r.status, json: /json/.test(r.headers.get('content-type') ?? '') ? JSON.parse(text) : null, text };
}
const PDF = Buffer.from('%PDF-1.4\n%%EOF\n');
const TEN = 10 * 1024 * 1024;

await test('files: what is no file of its kind, and what is too large', async () => {
  await untouched('files', async () => {
    for (const [name, bytes] of [['a.pdf', Buffer.from('MZ\x90')], ['a.png', PDF], ['a.jpg', Buffer.from('<svg/>')], ['a.exe', Buffer.from('MZ')], ['a.svg', Buffer.from('<svg/>')],
      ['a.html', Buffer.from('<script>')], ['a', PDF], ['a.pdf.js', PDF], ['a.docx', Buffer.from('PK\x03\x04 nothing')], ['a.txt', Buffer.from([0, 1, 2])], ['a.pdf', Buffer.alloc(0)]]) {
      const r = await upload(name, bytes);
      assert.equal(r.status, 422, `${name}: ${r.status} ${r.text.slice(0, 200)}`);
      assert.equal(r.json.errors[0].field, 'file');
    }
    assert.equal((await upload('a.pdf', PDF, 'other')).status, 422, 'another field');
    const over = Buffer.concat([PDF, Buffer.alloc(TEN + 1 - PDF.length, 0x20)]);
    const r = await upload('a.pdf', over);
    assert.equal(r.status, 413, `10 MB and one byte: ${r.status} ${r.text.slice(0, 200)}`);
    assert.match(r.json.detail, /10 MB/);
    assert.equal((await upload('a.pdf', Buffer.concat([PDF, Buffer.alloc(TEN + (2 << 20), 0x20)]))).status, 413);
    const json = await d.api('member', 'POST', '/attachments', { file: 'x' });
    assert.equal(json.status, 422);
  });
  const exact = await upload('刚好.pdf', Buffer.concat([PDF, Buffer.alloc(TEN - PDF.length, 0x20)]));
  assert.equal(exact.status, 201, exact.text.slice(0, 200));
  assert.equal(exact.json.size, TEN);
});

// ---- forms ------------------------------------------------------------------------------

await test('forms: every route of pages refuses what is not text, twice, or without its token', async () => {
  const people = {};
  const forms = writable.filter((r) => r.where !== 'api');
  assert.ok(forms.length > 30);
  for (const who of USERS) {
    people[who] = new Browser(d);
    await people[who].login(who, password);
  }
  await untouched('forms', async () => {
    for (const r of forms) {
      const b = people[userOf(r)];
      const path = r.path.replace('{id}', '1').replace('{step}', 'code').replace('{name}', 'demand');
      const send = async (raw) => (await b.go(path, { method: 'POST', raw })).status;
      const csrf = await b.csrf('/notices');
      assert.equal(await send('x=1'), 403, `${path}: no token`);
      assert.equal(await send(`csrf=${csrf}&a=%FF%FE`), 400, `${path}: no UTF-8`);
      assert.equal(await send(`csrf=${csrf}&a=%00`), 400, `${path}: NUL`);
      assert.equal(await send(`csrf=${csrf}&${Array.from({ length: 600 }, (_, i) => `f${i}=1`).join('&')}`), 400, `${path}: 600 fields`);
      const large = await send(`csrf=${csrf}&a=${'x'.repeat(12 << 20)}`);
      // Where files come with the form there is room for them.
      assert.ok(large === 413 || ([404, 409, 422].includes(large) && /^\/(?:demands|imports)|\/attach$/.test(path)), `${path}: 12 MB: ${large}`);
    }
  });
  const twice = await people.member.go('/demands', { method: 'POST', raw: `csrf=${await people.member.csrf('/demands/new')}&title=a1&title=b2&body=c` });
  assert.equal(twice.status, 422);
  assert.ok(twice.text.includes('这一项填了不止一次'));
});

await test('the server is still well, and so is the log', async () => {
  assert.equal((await fetch(`${d.url}/healthz`)).status, 200);
  await d.stop();
  const check = d.command('check');
  assert.equal(check.status, 0, check.stdout);
});

finish();
