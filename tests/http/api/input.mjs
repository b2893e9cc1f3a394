// SPDX-License-Identifier: Apache-2.0
// Whatever people, or programs, send: every field refused for the right reason or kept exactly.
import { District, assert, finish, test } from './lib.mjs';

const d = await new District().serve();
const good = { title: '标题够长', body: '正文' };

async function refused(body, field, user = 'member') {
  const r = await d.api(user, 'POST', '/demands', body);
  assert.equal(r.status, 422, `${JSON.stringify(body).slice(0, 200)}: ${r.status} ${r.text.slice(0, 200)}`);
  const fault = r.json.errors.find((e) => e.field === field);
  assert.ok(fault, `no fault on ${field}: ${JSON.stringify(r.json.errors)}`);
  assert.ok(fault.code && fault.message);
  return fault;
}

// Longest text of each, from the form's own table.
const texts = { title: 100, body: 10000, hope: 2000, contact_name: 30 };

await test('required fields', async () => {
  await refused({ body: 'x' }, 'title');
  await refused({ title: '标题' }, 'body');
  await refused({ ...good, title: '' }, 'title');
  await refused({ ...good, title: ' 　\n' }, 'title');
  await refused({ ...good, body: null }, 'body');
  const r = await d.api('member', 'POST', '/demands', {});
  assert.deepEqual(r.json.errors.map((e) => e.field).sort(), ['body', 'title']);
});

for (const [name, most] of Object.entries(texts)) {
  await test(`${name}: exactly ${most} characters, not one more`, async () => {
    const fits = '汉'.repeat(most);
    const r = await d.ok('member', 'POST', '/demands', { ...good, [name]: fits });
    assert.equal((await d.ok('member', 'GET', `/demands/${r.id}`))[name], fits);
    await refused({ ...good, [name]: '汉'.repeat(most + 1) }, name);
    // Characters, not bytes or UTF-16 units.
    await d.ok('member', 'POST', '/demands', { ...good, [name]: '😀'.repeat(most) });
  });
  await test(`${name}: wrong types`, async () => {
    for (const v of [7, 1.5, true, ['a'], { a: 1 }]) await refused({ ...good, [name]: v }, name);
  });
  await test(`${name}: characters that hide`, async () => {
    for (const v of ['a\u0000b', 'a\u0007b', 'a\u001bb', 'a\u007fb', 'a\u0080b', 'a\u009fb', 'a\u202eb', 'a\u2066b']) {
      const r = await d.api('member', 'POST', '/demands', { ...good, [name]: v });
      assert.ok([400, 422].includes(r.status), `${escape(v)}: ${r.status}`);
    }
  });
}

await test('choices, references, files, numbers', async () => {
  await refused({ ...good, category: 'money' }, 'category');
  await refused({ ...good, category: 3 }, 'category');
  await refused({ ...good, visibility: 'world' }, 'visibility');
  await refused({ ...good, contact_mobile: '12345' }, 'contact_mobile');
  await refused({ ...good, contact_mobile: '23800000001' }, 'contact_mobile');
  await refused({ ...good, attachment_ids: [99999999] }, 'attachment_ids');
  await refused({ ...good, attachment_ids: 'x' }, 'attachment_ids');
  await refused({ ...good, attachment_ids: ['1;drop'] }, 'attachment_ids');
  await refused({ ...good, draft: 'maybe' }, 'draft');
  await refused({ ...good, enterprise_id: 99999999 }, 'enterprise_id', 'staff');
  await refused({ ...good, enterprise_id: -1 }, 'enterprise_id', 'staff');
  await refused({ ...good, enterprise_id: 'x OR 1=1' }, 'enterprise_id', 'staff');
  await refused({ ...good, enterprise_id: '1;1' }, 'enterprise_id', 'staff');
  await refused({ ...good, enterprise_id: 1e300 }, 'enterprise_id', 'staff').catch(async () => {
    const r = await d.api('staff', 'POST', '/demands', '{"title":"标题够长","body":"x","enterprise_id":1e300}');
    assert.ok([400, 422].includes(r.status));
  });
  await refused(good, 'enterprise_id', 'staff');
});

await test('fields nobody declared', async () => {
  await refused({ ...good, state: 'closed' }, 'state');
  await refused({ ...good, id: 1 }, 'id');
  await refused({ ...good, '__proto__x': 1 }, '__proto__x');
  await refused({ ...good, 'a b"c': 1 }, 'a b"c');
});

await test('what only looks dangerous is kept to the letter', async () => {
  const texts2 = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE demand; --",
    "1' OR '1'='1",
    '{{title}} {{{body}}} {{>frame}}',
    '%s%n%x $(id) `id` ${7*7}',
    '=cmd|calc!A1',
    '../../etc/passwd',
    '😀👩‍👩‍👧‍👦🇨🇳 𠮷野家 é ﷽',
    'C:\\temp\\u0041 "quoted" \\n',
  ];
  for (const t of texts2) {
    const r = await d.ok('member', 'POST', '/demands', { title: t, body: `${t}\n第二行\t制表` });
    const back = await d.ok('member', 'GET', `/demands/${r.id}`);
    assert.equal(back.title, t);
    assert.equal(back.body, `${t}\n第二行\t制表`);
  }
  const list = await d.ok('staff', 'GET', '/demands?limit=200');
  assert.ok(list.items.length > 10);
});

await test('bodies that are not the JSON we accept', async () => {
  const bad = ['', '{', '[]', '"x"', 'null', '7', '{"title":"a","title":"b","body":"c"}', '{"title":"\\ud800","body":"b"}',
    '{"title":"a\\u0000","body":"b"}', `${'['.repeat(3000)}${']'.repeat(3000)}`, '{"title":NaN}', "{'title':'x'}",
    '{"title":"标题","body":"b",}', `{"title":"标题","body":"b"}x`, '\ufeff{"title":"标题","body":"b"}'];
  for (const b of bad) {
    const r = await d.api('member', 'POST', '/demands', b);
    assert.ok([400, 422].includes(r.status), `${b.slice(0, 40)}: ${r.status}`);
  }
  const latin = Buffer.concat([Buffer.from('{"title":"'), Buffer.from([0xff, 0xfe, 0xc3, 0x28]), Buffer.from('","body":"b"}')]);
  assert.equal((await d.api('member', 'POST', '/demands', latin)).status, 400);
  const overlong = Buffer.concat([Buffer.from('{"title":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('aa","body":"b"}')]);
  assert.equal((await d.api('member', 'POST', '/demands', overlong)).status, 400);
});

await test('media types and sizes', async () => {
  const form = await d.api('member', 'POST', '/demands', 'title=a&body=b', { 'content-type': 'application/x-www-form-urlencoded' });
  assert.equal(form.status, 415);
  const xml = await d.api('member', 'POST', '/demands', '<a/>', { 'content-type': 'text/xml' });
  assert.equal(xml.status, 415);
  const long = await d.api('member', 'POST', '/demands', { ...good, body: 'x'.repeat(2 << 20) });
  assert.ok([413, 422].includes(long.status), `${long.status}`);
  const big = await d.api('staff', 'POST', '/organizations', { name: 'x'.repeat(2 << 20), kind: 'town' });
  assert.equal(big.status, 413);
});

await test('every step refuses nonsense', async () => {
  const id = await d.inHand();
  const cases = [
    ['note', {}, 'body'], ['note', { body: 'x'.repeat(5001) }, 'body'], ['note', { body: 1 }, 'body'],
    ['note', { body: 'x', internal: 'yes please' }, 'internal'], ['note', { body: 'x', colour: 1 }, 'colour'],
    ['extend', { reason: 'x' }, 'days'], ['extend', { days: 0, reason: 'x' }, 'days'],
    ['extend', { days: -3, reason: 'x' }, 'days'], ['extend', { days: 1.5, reason: 'x' }, 'days'],
    ['extend', { days: 3 }, 'reason'], ['suspend', {}, 'reason'],
    ['answer', { outcome: 'resolved' }, 'body'], ['answer', { body: 'x', outcome: 'great' }, 'outcome'],
    ['answer', { body: 'x' }, 'outcome'],
  ];
  for (const [step, body, field] of cases) {
    const r = await d.api('officer', 'POST', `/demands/${id}/${step}`, body);
    assert.equal(r.status, 422, `${step} ${JSON.stringify(body).slice(0, 60)}: ${r.status} ${r.text.slice(0, 200)}`);
    assert.ok(r.json.errors.some((e) => e.field === field), `${step}: ${JSON.stringify(r.json.errors)}`);
  }
  await d.step('officer', id, 'answer', { body: '好', outcome: 'resolved' });
  for (const s of [0, 6, -1, 'x', null, 2.5]) {
    const r = await d.api('member', 'POST', `/demands/${id}/confirm`, { satisfaction: s });
    assert.equal(r.status, 422, `satisfaction ${s}: ${r.status}`);
  }
});

await test('paths that lead nowhere', async () => {
  for (const p of ['/demands/0', '/demands/-1', '/demands/x', '/demands/99999999', '/demands/1%00', '/demands/9223372036854775808',
    '/demands/1e3', '/nothing', '/demands/1/events/x']) {
    const r = await d.api('staff', 'GET', p);
    assert.ok([400, 404].includes(r.status), `${p}: ${r.status}`);
  }
  assert.equal((await d.api('staff', 'DELETE', '/demands')).status, 405);
  assert.equal((await d.api('staff', 'POST', '/demands/1/destroy', {})).status, 404);
});

await test('searches may hold anything', async () => {
  for (const q of ['"', '*', 'a"b', 'NEAR(', 'AND OR NOT', '-', '(', "'", '%', '_', '电'.repeat(500), '\\', '😀', '^a', 'x:y']) {
    const r = await d.api('staff', 'GET', `/demands?q=${encodeURIComponent(q)}`);
    assert.ok([200, 422].includes(r.status), `${q.slice(0, 20)}: ${r.status} ${r.text.slice(0, 200)}`);
  }
});

await test('the server is still well', async () => {
  assert.equal((await fetch(`${d.url}/healthz`)).status, 200);
  await d.stop();
  assert.equal(d.command('check').status, 0);
});

finish();
