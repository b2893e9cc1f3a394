// SPDX-License-Identifier: Apache-2.0
// Who may see and do what: every role against every route with somebody else's records. What
// a reader may not know exists is not found; what he may see but not do is forbidden.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Browser, District, assert, finish, run, test } from './lib.mjs';

const d = await new District().serve();
const finance = await d.unit('区财政局');

// A record of another enterprise, of another chamber, with another department.
const foreign = await d.ok('rongguang', 'POST', '/demands', { title: '别人的诉求', body: '机密内容', visibility: 'chamber' });
await d.step('staff', foreign.id, 'accept', { level: 'L2' });
await d.step('staff', foreign.id, 'dispatch', { lead_unit_id: await d.unit('区供电公司') });
await d.step('officer-gd', foreign.id, 'sign');
// One of our member's chamber that only the federation may see.
const hidden = await d.ok('member', 'POST', '/demands', { title: '不给商会看', body: '机密内容', visibility: 'federation' });
const drafts = [];
await test('a draft can be kept', async () => {
  const r = await d.ok('member', 'POST', '/demands', { title: '我的草稿', body: '机密内容', draft: true });
  assert.equal(r.state, 'draft');
  drafts.push(r.id);
});

const people = ['admin', 'staff', 'secretary', 'officer', 'leader', 'member'];

await test('without a token nothing but the public is answered', async () => {
  const routes = run(['routes']).stdout.trim().split('\n').map((l) => l.split(/\s+/));
  assert.ok(routes.length > 40);
  for (const [method, where, pattern, roles] of routes) {
    if (where === 'page' || roles === 'anyone') continue;
    const path = pattern.replace(/\{[^}]*\}/g, '1');
    const r = await d.api(null, method, path, method === 'GET' ? undefined : {});
    assert.equal(r.status, 401, `${method} ${path}: ${r.status}`);
  }
});

await test('a wrong token is refused, however it is wrong', async () => {
  for (const t of ['Bearer x', 'Bearer ', `Bearer ${'0'.repeat(64)}`, 'Basic YTpi', `bearer${'a'.repeat(64)}`, `Bearer ${d.token('staff')}x`]) {
    const r = await d.api(null, 'GET', '/me', undefined, { authorization: t });
    assert.equal(r.status, 401, t);
  }
});

await test('the routes keep roles out that they do not name', async () => {
  const routes = run(['routes']).stdout.trim().split('\n').map((l) => l.split(/\s+/));
  let tried = 0;
  for (const [method, where, pattern, roles] of routes) {
    if (where === 'page' || roles === 'anyone') continue;
    const path = pattern.replace(/\{[^}]*\}/g, '1');
    for (const p of people.filter((x) => !roles.split(',').includes(x))) {
      const r = await d.api(p, method, path, method === 'GET' ? undefined : {});
      assert.equal(r.status, 403, `${p} ${method} ${path}: ${r.status} ${r.text.slice(0, 200)}`);
      tried++;
    }
  }
  assert.ok(tried > 10, `only ${tried}`);
});

await test('somebody else\'s demand is not found', async () => {
  const cannot = { member: [foreign.id], jinhe: [foreign.id, hidden.id, ...drafts], secretary: [foreign.id, hidden.id, ...drafts],
    officer: [foreign.id, hidden.id, ...drafts], staff: drafts, leader: drafts, admin: drafts };
  for (const [who, ids] of Object.entries(cannot)) {
    for (const id of ids) {
      for (const path of [`/demands/${id}`, `/demands/${id}/events`]) {
        const r = await d.api(who, 'GET', path);
        assert.equal(r.status, 404, `${who} GET ${path}: ${r.status}`);
        assert.ok(!r.text.includes('机密内容'));
      }
      const change = await d.api(who, 'PATCH', `/demands/${id}`, { title: '改掉了' });
      assert.ok([403, 404, 405].includes(change.status), `${who} PATCH ${id}: ${change.status}`);
    }
  }
});

await test('no step works on somebody else\'s demand', async () => {
  const steps = { accept: { level: 'L1' }, reject: { reason: '原因' }, dispatch: { lead_unit_id: finance }, sign: {},
    object: { reason: '原因' }, contact: { body: '内容' }, note: { body: '内容' }, suspend: { reason: '原因' }, resume: {},
    extend: { days: 1, reason: '原因' }, grant_extension: { days: 1 }, refuse_extension: { reason: '原因' },
    answer: { body: '内容', outcome: 'resolved' }, confirm: { satisfaction: 5 }, reopen: { reason: '原因' },
    withdraw: { reason: '原因' }, pend: { review_on: '2099-01-01' }, revive: {}, supervise: {}, urge: {}, close: {}, archive: {},
    callback: { result: '内容' }, submit: {} };
  for (const who of ['member', 'jinhe', 'officer', 'officer-zr', 'secretary']) {
    for (const [step, body] of Object.entries(steps)) {
      const r = await d.api(who, 'POST', `/demands/${foreign.id}/${step}`, body);
      assert.ok([403, 404].includes(r.status), `${who} ${step}: ${r.status} ${r.text.slice(0, 200)}`);
    }
  }
  for (const [step, body] of Object.entries(steps)) {
    const r = await d.api('leader', 'POST', `/demands/${foreign.id}/${step}`, body);
    assert.equal(r.status, 403, `leader ${step}: ${r.status}`);
  }
  const after = await d.ok('staff', 'GET', `/demands/${foreign.id}`);
  assert.equal(after.state, 'signed');
});

await test('lists hold only what their reader may open', async () => {
  for (const who of ['member', 'jinhe', 'secretary', 'officer', 'officer-gd', 'leader', 'staff']) {
    let after = '';
    let seen = 0;
    do {
      const page = await d.ok(who, 'GET', `/demands?limit=50${after && `&after=${encodeURIComponent(after)}`}`);
      for (const row of page.items) {
        const r = await d.api(who, 'GET', `/demands/${row.id}`);
        assert.equal(r.status, 200, `${who} sees ${row.id} in the list but gets ${r.status}`);
        seen++;
      }
      after = page.next;
    } while (after && seen < 500);
    assert.ok(seen > 0, `${who} sees nothing`);
  }
  const filters = ['', '&state=submitted', '&category=other', `&q=${encodeURIComponent('机密')}`, '&sort=due_at',
    '&view=all', '&view=open', '&view=mine', '&view=unassigned', `&enterprise_id=${foreign.enterprise_id}`];
  for (const f of filters) {
    for (const [who, ids] of [['member', [foreign.id]], ['secretary', [foreign.id, hidden.id, ...drafts]], ['jinhe', [foreign.id, hidden.id]]]) {
      const r = await d.api(who, 'GET', `/demands?limit=200${f}`);
      assert.ok([200, 403, 404, 422].includes(r.status), `${who} ${f}: ${r.status}`);
      const found = (r.json.items ?? []).map((x) => x.id);
      for (const id of ids) assert.ok(!found.includes(id), `${who} finds ${id} with ${f}`);
    }
  }
});

await test('nobody registers in another name', async () => {
  const other = (await d.ok('rongguang', 'GET', '/me')).enterprise_id;
  const r = await d.api('member', 'POST', '/demands', { title: '冒名', body: '内容', enterprise_id: other });
  assert.equal(r.status, 422);
  assert.equal((await d.api('secretary', 'POST', '/demands', { title: '冒名', body: '内容', enterprise_id: other })).status, 422);
  for (const who of ['officer', 'leader']) {
    assert.equal((await d.api(who, 'POST', '/demands', { title: '冒名', body: '内容' })).status, 403);
  }
});

await test('enterprises and organisations change only in the right hands', async () => {
  const mine = (await d.ok('member', 'GET', '/me')).enterprise_id;
  const other = (await d.ok('rongguang', 'GET', '/me')).enterprise_id;
  for (const [who, id] of [['member', other], ['jinhe', mine], ['secretary', other], ['officer', mine], ['leader', mine]]) {
    const r = await d.api(who, 'PATCH', `/enterprises/${id}`, { intro: '改' });
    assert.ok([403, 404].includes(r.status), `${who} PATCH enterprise ${id}: ${r.status}`);
  }
  for (const who of ['member', 'officer', 'leader', 'secretary']) {
    const r = await d.api(who, 'PATCH', `/organizations/${finance}`, { phone: '1' });
    assert.ok([403, 404].includes(r.status), `${who}: ${r.status}`);
    assert.equal((await d.api(who, 'POST', '/organizations', { name: '冒牌商会', kind: 'town' })).status, 403);
  }
});

await test('a mobile is read with a reason by whoever may, and is nowhere in the files as it is', async () => {
  const canary = (n) => `1390777${String(1000 + n)}`;
  const key = (name) => ({ 'idempotency-key': name });
  const made = [
    ['/people', { name: '保密人', kind: 'entrepreneur', mobile: canary(0) }, 'mobile'],
    ['/enterprises', { name: '保密测试有限公司', uscc: '91350100M000100Y43', contact_name: '保密人', contact_mobile: canary(1) }, 'contact_mobile'],
  ];
  const mine = (await d.ok('member', 'GET', '/me')).enterprise_id;
  made.push(['/enterprise-contacts', { enterprise_id: mine, name: '保密人', mobile: canary(2) }, 'mobile']);
  for (const [path, body, field] of made) {
    const plain = body[field];
    const record = await d.ok('staff', 'POST', path, body, 201, key(`made${path}`));
    assert.ok(!JSON.stringify(record).includes(plain), path);
    const ask = { field, reason: '核对入会材料' };
    for (let i = 0; i < 2; i++) {
      const seen = await d.ok('staff', 'POST', `${path}/${record.id}/reveal`, ask, 200, key(`reveal${path}`));
      assert.equal(seen.value, plain, path);
    }
    for (const who of ['officer', 'leader']) {
      const r = await d.api(who, 'POST', `${path}/${record.id}/reveal`, ask);
      assert.ok([403, 404].includes(r.status), `${who} ${path} ${r.status}`);
    }
  }
  // The enterprise's own contact goes with its demand, to those who handle it.
  await d.ok('staff', 'PATCH', `/enterprises/${mine}`, { contact_mobile: canary(3) });
  const demand = await d.ok('member', 'POST', '/demands', { title: '保密', body: '内容' }, 201, key('demand'));
  assert.equal(demand.contact_mobile, canary(3));
  const again = await d.ok('member', 'POST', '/demands', { title: '保密', body: '内容' }, 201, key('demand'));
  assert.deepEqual(again, demand);
  assert.equal((await d.ok('staff', 'GET', `/demands/${demand.id}`)).contact_mobile, canary(3));
  const draft = await d.ok('member', 'POST', '/demands', { title: '草稿', body: '内容', draft: true });
  await d.ok('member', 'PATCH', `/demands/${draft.id}`, { contact_mobile: canary(4) });
  assert.equal((await d.ok('member', 'GET', `/demands/${draft.id}`)).contact_mobile, canary(4));
  const b = new Browser(d);
  await b.login('member');
  const form = { csrf: await b.csrf('/demands/new'), token: 'x'.repeat(32), title: '没写完', contact_mobile: canary(5) };
  assert.ok((await b.go('/drafts/demand', { method: 'POST', form, headers: { 'hx-request': 'true' } })).status < 300);
  assert.ok((await b.go('/demands/new')).text.includes(canary(5)));
  for (const name of readdirSync(d.data, { recursive: true })) {
    const path = join(d.data, name);
    const file = statSync(path).isFile() ? readFileSync(path) : Buffer.alloc(0);
    for (let n = 0; n < 6; n++) assert.ok(!file.includes(canary(n)), `${name} holds number ${n}`);
  }
});

await test('the audit log is the administrator\'s', async () => {
  const r = await d.ok('admin', 'GET', '/audit');
  assert.ok(r.items.length > 0);
  for (const who of people.filter((p) => p !== 'admin')) assert.equal((await d.api(who, 'GET', '/audit')).status, 403);
});

await test('cookies open nothing in the API, tokens nothing on pages', async () => {
  const page = await fetch(`${d.url}/demands`, { headers: { authorization: `Bearer ${d.token('staff')}` }, redirect: 'manual' });
  assert.equal(page.status, 303);
  assert.match(page.headers.get('location'), /^\/login/);
});

finish();
