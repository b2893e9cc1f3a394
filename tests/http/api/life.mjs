// SPDX-License-Identifier: Apache-2.0
// Lives of demands through the API: the straight way, every side way, and what is refused.
import { writeFileSync } from 'node:fs';
import { District, assert, finish, test } from './lib.mjs';

const d = await new District().serve();
const finance = await d.unit('区财政局');
const power = await d.unit('区供电公司');

async function state(id) {
  return (await d.ok('staff', 'GET', `/demands/${id}`)).state;
}

const soon = (days) => new Date(Date.now() + days * 864e5).toISOString().slice(0, 10);

await test('from submission to a satisfied close', async () => {
  const made = await d.api('member', 'POST', '/demands', {
    title: '设备贴息到账时间', body: '公示两个月了。', hope: '请告知时间', category: 'policy_delivery',
    contact_name: '陈立', contact_mobile: '13800000001', visibility: 'chamber',
  });
  assert.equal(made.status, 201);
  assert.equal(made.headers.get('location'), `/api/v1/demands/${made.json.id}`);
  assert.equal(made.json.state, 'submitted');
  assert.match(made.json.receipt_no, /^SQ\d{4}-\d{6}$/);
  const { id } = made.json;
  await d.step('staff', id, 'accept', { level: 'L2' });
  assert.equal(await state(id), 'accepted');
  await d.step('staff', id, 'dispatch', { lead_unit_id: finance, assist_unit_ids: [power] });
  let r = await d.ok('staff', 'GET', `/demands/${id}`);
  assert.equal(r.state, 'dispatched');
  assert.equal(r.lead_unit_id, finance);
  assert.deepEqual(r.legs.map((l) => [l.unit_id, l.role]).sort(), [[finance, 'lead'], [power, 'assist']].sort());
  assert.ok(Date.parse(r.due_at) > Date.now());
  await d.step('officer', id, 'sign');
  assert.equal(await state(id), 'signed');
  await d.step('officer', id, 'contact', { body: '已电话联系' });
  await d.step('officer', id, 'note', { body: '内部记录', internal: true });
  assert.equal(await state(id), 'handling');
  await d.step('officer', id, 'answer', { body: '月底到账', outcome: 'resolved' });
  assert.equal(await state(id), 'answered');
  await d.step('member', id, 'confirm', { satisfaction: 5, comment: '好' });
  r = await d.ok('member', 'GET', `/demands/${id}`);
  assert.equal(r.state, 'closed');
  assert.equal(r.closed_by, 'enterprise');
  assert.equal(r.satisfaction, 5);
  assert.equal(r.outcome, 'resolved');
  assert.equal(r.light, 'done');
  await d.step('staff', id, 'archive');
  assert.equal(await state(id), 'archived');
});

await test('the log is complete, and internal entries stay inside', async () => {
  const id = await d.inHand();
  await d.step('officer', id, 'note', { body: '给企业看的' });
  await d.step('officer', id, 'note', { body: '只给自己看', internal: true });
  const inside = await d.ok('staff', 'GET', `/demands/${id}/events`);
  const outside = await d.ok('member', 'GET', `/demands/${id}/events`);
  const types = inside.items.map((e) => e.type);
  for (const t of ['submitted', 'accepted', 'dispatched', 'signed', 'noted']) {
    assert.ok(types.includes(t), `${t} is missing`);
  }
  assert.ok(JSON.stringify(inside).includes('只给自己看'));
  assert.ok(!JSON.stringify(outside).includes('只给自己看'));
  assert.ok(JSON.stringify(outside).includes('给企业看的'));
  for (const e of inside.items) assert.ok(!Number.isNaN(Date.parse(e.at)));
});

await test('a draft waits for its submission', async () => {
  const r = await d.demand({ draft: true });
  assert.equal(r.state, 'draft');
  await d.ok('staff', 'GET', `/demands/${r.id}`, undefined, 404);
  await d.step('member', r.id, 'submit');
  assert.equal(await state(r.id), 'submitted');
});

await test('who registers for an enterprise says where it came from', async () => {
  const { enterprise_id } = await d.demand();
  for (const source of ['visit', 'phone', 'symposium']) {
    for (const user of ['staff', 'secretary']) {
      const r = await d.demand({ enterprise_id, source }, user);
      assert.equal(r.source, source, `${user} ${source}`);
    }
  }
  assert.equal((await d.demand({ enterprise_id }, 'staff')).source, 'staff');
  assert.equal((await d.demand({ enterprise_id }, 'secretary')).source, 'secretary');
  assert.equal((await d.demand()).source, 'enterprise');
  for (const [user, source] of [['member', 'visit'], ['staff', 'import'], ['staff', 'enterprise']]) {
    const r = await d.api(user, 'POST', '/demands', { title: '来源不对', body: '说明', enterprise_id, source });
    assert.equal(r.status, 422, `${user} ${source}`);
    assert.equal(r.json.errors[0].field, 'source');
  }
  const draft = await d.demand({ enterprise_id, draft: true }, 'staff');
  assert.equal((await d.ok('staff', 'PATCH', `/demands/${draft.id}`, { source: 'phone' })).source, 'phone');
  const mine = await d.demand({ draft: true });
  assert.equal((await d.api('member', 'PATCH', `/demands/${mine.id}`, { source: 'phone' })).status, 422);
});

await test('rejected with a reason', async () => {
  const r = await d.demand();
  await d.step('staff', r.id, 'reject', {}, 422);
  await d.step('staff', r.id, 'reject', { reason: '不属于诉求' });
  assert.equal(await state(r.id), 'rejected');
  await d.step('staff', r.id, 'accept', { level: 'L1' }, 409);
});

await test('an objection goes back for another department', async () => {
  const r = await d.demand();
  await d.step('staff', r.id, 'accept', { level: 'L2' });
  await d.step('staff', r.id, 'dispatch', { lead_unit_id: finance });
  await d.step('officer', r.id, 'object', { reason: '不是我们的职责' });
  assert.equal(await state(r.id), 'objected');
  await d.step('staff', r.id, 'dispatch', { lead_unit_id: power });
  const now = await d.ok('staff', 'GET', `/demands/${r.id}`);
  assert.equal(now.state, 'dispatched');
  assert.equal(now.lead_unit_id, power);
  await d.step('officer', r.id, 'sign', {}, 403);
  await d.step('officer-gd', r.id, 'sign');
});

await test('an extension is asked for once, and granted at most the original time', async () => {
  const id = await d.inHand('L2');
  const before = (await d.ok('staff', 'GET', `/demands/${id}`)).due_at;
  await d.step('staff', id, 'grant_extension', { days: 2 }, 409);
  await d.step('officer', id, 'extend', { days: 3, reason: '要核对' });
  await d.step('staff', id, 'grant_extension', { days: 6 }, 422);
  await d.step('staff', id, 'grant_extension', { days: 3 });
  const after = await d.ok('staff', 'GET', `/demands/${id}`);
  assert.equal(after.extension, 'granted');
  const leg = after.legs.find((l) => l.role === 'lead');
  assert.ok(Date.parse(leg.due_at) > Date.parse(before));
  await d.step('officer', id, 'extend', { days: 1, reason: '再延' }, 409);
});

await test('an extension refused leaves the due', async () => {
  const id = await d.inHand('L2');
  const due = async () => (await d.ok('staff', 'GET', `/demands/${id}`)).legs[0].due_at;
  const before = await due();
  await d.step('officer', id, 'extend', { days: 3, reason: '要核对' });
  await d.step('staff', id, 'refuse_extension', { reason: '抓紧' });
  assert.equal(await due(), before);
  assert.equal((await d.ok('staff', 'GET', `/demands/${id}`)).extension, 'refused');
});

await test('what waits for the federation is its to-do: new ones and extensions asked for', async () => {
  const todo = async () => (await d.ok('staff', 'GET', '/demands?view=mine&limit=200')).items.map((x) => x.id);
  const fresh = (await d.demand()).id;
  const id = await d.inHand('L2');
  assert.ok((await todo()).includes(fresh));
  assert.ok(!(await todo()).includes(id));
  await d.step('officer', id, 'extend', { days: 2, reason: '要核对' });
  assert.ok((await todo()).includes(id));
  const { items } = await d.ok('staff', 'GET', `/demands?view=mine&lead_unit_id=${finance}`);
  assert.ok(items.some((x) => x.id === id) && items.every((x) => x.extension === 'requested' || x.state === 'objected' || x.callback_due_at));
  await d.step('staff', id, 'grant_extension', { days: 2 });
  assert.ok(!(await todo()).includes(id));
  const unassigned = (await d.ok('staff', 'GET', '/demands?view=unassigned&limit=200')).items;
  assert.ok(unassigned.every((x) => ['submitted', 'accepted', 'objected'].includes(x.state)));
  const gone = await d.inHand('L2');
  await d.step('officer', gone, 'extend', { days: 2, reason: '要核对' });
  await d.step('member', gone, 'withdraw', { reason: '不办了' });
  assert.ok(!(await todo()).includes(gone));
});

await test('suspended and resumed', async () => {
  const id = await d.inHand();
  await d.step('officer', id, 'suspend', { reason: '等材料' });
  const r = await d.ok('staff', 'GET', `/demands/${id}`);
  assert.equal(r.state, 'suspended');
  assert.equal(r.light, 'paused');
  await d.step('officer', id, 'resume');
  assert.notEqual(await state(id), 'suspended');
  await d.step('officer', id, 'resume', {}, 409);
});

await test('the enterprise adds to its own while it is open; papers that were asked for come', async () => {
  const id = await d.inHand();
  const told = async (user) => JSON.stringify(await d.ok(user, 'GET', '/notices'));
  await d.step('member', id, 'supplement', {}, 422);
  await d.step('officer', id, 'supplement', { body: '不是企业' }, 403);
  await d.step('staff', id, 'supplement', { body: '不是企业' }, 403);
  await d.step('jinhe', id, 'supplement', { body: '别的企业' }, 404);
  await d.step('officer', id, 'suspend', { reason: '请补充合同' });
  const due = (await d.ok('staff', 'GET', `/demands/${id}`)).clock.due;
  await d.step('member', id, 'supplement', { body: '合同在这里' });
  const after = await d.ok('officer', 'GET', `/demands/${id}`);
  assert.equal(after.state, 'suspended', 'the department lets the clock run again');
  assert.deepEqual(after.clock.due.map((x) => x.at), due.map((x) => x.at));
  const { items } = await d.ok('officer', 'GET', `/demands/${id}/events`);
  const added = items.find((e) => e.type === 'noted');
  assert.equal(added.data.body, '合同在这里');
  assert.equal(added.data.from, 'enterprise');
  assert.ok(!added.internal);
  const receipt = (await d.ok('staff', 'GET', `/demands/${id}`)).receipt_no;
  assert.ok((await told('officer')).includes(receipt));
  assert.ok((await told('officer')).includes('企业已补充材料'));
  await d.step('officer', id, 'resume');
  assert.equal(await state(id), 'signed');
  await d.step('officer', id, 'answer', { body: '答复', outcome: 'resolved' });
  await d.step('member', id, 'supplement', { body: '还有一点' });
  await d.step('member', id, 'confirm', { satisfaction: 5 });
  await d.step('member', id, 'supplement', { body: '晚了' }, 409);
  const draft = await d.demand({ draft: true });
  await d.step('member', draft.id, 'supplement', { body: '草稿直接改' }, 409);
});

await test('several demands go to one department together, or not at all', async () => {
  const accepted = async () => {
    const r = await d.demand();
    await d.step('staff', r.id, 'accept', { level: 'L2' });
    return r.id;
  };
  const ids = [await accepted(), await accepted(), await accepted()];
  const fresh = (await d.demand()).id;
  const no = await d.api('staff', 'POST', '/demands/dispatch', { ids: [...ids, fresh], lead_unit_id: finance });
  assert.equal(no.status, 409, no.text);
  assert.ok(no.json.detail.includes((await d.ok('staff', 'GET', `/demands/${fresh}`)).receipt_no), no.text);
  for (const id of ids) assert.equal(await state(id), 'accepted');
  assert.equal((await d.api('staff', 'POST', '/demands/dispatch', { ids: [ids[0], 99999999], lead_unit_id: finance })).status, 409);
  for (const body of [{ ids: [], lead_unit_id: finance }, { ids }, { ids, lead_unit_id: 99999999 },
    { ids, lead_unit_id: finance, assist_unit_ids: [finance] }, { ids: ['x'], lead_unit_id: finance }]) {
    assert.equal((await d.api('staff', 'POST', '/demands/dispatch', body)).status, 422, JSON.stringify(body));
  }
  for (const user of ['member', 'officer', 'secretary', 'leader']) {
    assert.equal((await d.api(user, 'POST', '/demands/dispatch', { ids, lead_unit_id: finance })).status, 403);
  }
  const body = { ids: [...ids, ids[0]], lead_unit_id: finance, assist_unit_ids: [power] };
  const key = { 'idempotency-key': 'bulk-1' };
  const done = await d.api('staff', 'POST', '/demands/dispatch', body, key);
  assert.equal(done.status, 200, done.text);
  assert.deepEqual(done.json.items.map((x) => [x.id, x.state]), ids.map((id) => [id, 'dispatched']));
  const again = await d.api('staff', 'POST', '/demands/dispatch', body, key);
  assert.equal(again.status, 200);
  assert.deepEqual(again.json, done.json);
  for (const id of ids) {
    const r = await d.ok('staff', 'GET', `/demands/${id}`);
    assert.deepEqual(r.legs.map((l) => [l.unit_id, l.role]).sort(), [[finance, 'lead'], [power, 'assist']].sort());
    const log = await d.ok('staff', 'GET', `/demands/${id}/events`);
    assert.equal(log.items.filter((e) => e.type === 'dispatched').length, 2);
  }
});

await test('what came without an enterprise goes through to its close by the office', async () => {
  const csv = `${d.dir}/open.csv`;
  writeFileSync(csv, 'title,body,submitted_at\n路灯不亮,晚上看不见,2026-11-20T09:00:00+08:00\n路面破损,有坑,2026-11-20T09:00:00+08:00\n');
  const made = d.command('import', 'demands', csv);
  assert.equal(made.status, 0, made.stdout + made.stderr);
  const list = await d.ok('staff', 'GET', '/demands?source=import&state=submitted');
  assert.equal(list.items.length, 2);
  const [first, second] = list.items.map((x) => x.id);
  for (const id of [first, second]) {
    await d.step('staff', id, 'accept', { level: 'L2' });
    await d.step('staff', id, 'dispatch', { lead_unit_id: finance });
    await d.step('officer', id, 'sign');
    await d.step('member', id, 'supplement', { body: '不是我的' }, 404);
    await d.step('staff', id, 'supplement', { body: '来电补充' });
    await d.step('officer', id, 'answer', { body: '已修', outcome: 'resolved' });
  }
  await d.step('staff', first, 'callback', { result: '满意', satisfaction: 5 });
  await d.step('staff', first, 'close');
  const one = await d.ok('staff', 'GET', `/demands/${first}`);
  assert.deepEqual([one.state, one.closed_by, one.satisfaction, one.light], ['closed', 'staff', 5, 'done']);
  await d.step('staff', second, 'callback', { result: '还没修好' });
  await d.step('staff', second, 'reopen', { reason: '回访不满意' });
  assert.equal(await state(second), 'reopened');
  await d.step('officer', second, 'answer', { body: '真的修了', outcome: 'resolved' });
  await d.step('staff', second, 'confirm', { satisfaction: 4 });
  const two = await d.ok('staff', 'GET', `/demands/${second}`);
  assert.deepEqual([two.state, two.closed_by, two.satisfaction], ['closed', 'staff', 4]);
  await d.step('staff', second, 'archive');
  // For an enterprise's own the office still cannot speak.
  const theirs = await d.inHand();
  await d.step('officer', theirs, 'answer', { body: '答复', outcome: 'resolved' });
  for (const [step, body] of [['confirm', { satisfaction: 5 }], ['reopen', { reason: '无' }], ['withdraw', { reason: '无' }]]) {
    await d.step('staff', theirs, step, body, 403);
  }
});

await test('a call-back that is owed is to do until it is recorded', async () => {
  const todo = async () => (await d.ok('staff', 'GET', '/demands?view=mine&limit=200')).items.map((x) => x.id);
  const id = await d.inHand('L3');
  await d.step('officer', id, 'answer', { body: '答复', outcome: 'resolved' });
  assert.ok((await todo()).includes(id));
  await d.step('member', id, 'confirm', { satisfaction: 5 });
  assert.equal(await state(id), 'closed');
  assert.ok((await todo()).includes(id), 'it outlives the case');
  await d.step('staff', id, 'callback', { result: '企业满意' });
  assert.ok(!(await todo()).includes(id));
});

await test('dissatisfied reopens twice, the third time closes', async () => {
  const id = await d.inHand();
  for (const turn of [1, 2]) {
    await d.step('officer', id, 'answer', { body: `答复 ${turn}`, outcome: 'explained' });
    await d.step('member', id, 'confirm', { satisfaction: turn, comment: '没办好' });
    assert.equal(await state(id), 'reopened');
  }
  await d.step('officer', id, 'answer', { body: '答复 3', outcome: 'explained' });
  await d.step('member', id, 'confirm', { satisfaction: 1, comment: '还是没办好' });
  const r = await d.ok('staff', 'GET', `/demands/${id}`);
  assert.equal(r.state, 'closed');
  assert.equal(r.reopenings, 2);
  assert.ok(r.clock.due.some((x) => x.what === 'callback'));
  await d.step('member', id, 'reopen', { reason: '再来' }, 409);
  await d.step('staff', id, 'callback', { result: '已解释', satisfaction: 3 });
});

await test('pending conditions and back', async () => {
  const id = await d.inHand();
  const late = await d.api('staff', 'POST', `/demands/${id}/pend`, { review_on: '2099-06-30' });
  assert.equal(late.status, 422);
  assert.equal(late.json.errors[0].field, 'review_on');
  await d.step('staff', id, 'pend', { review_on: soon(90) });
  assert.equal(await state(id), 'pending_conditions');
  await d.step('staff', id, 'revive');
  assert.notEqual(await state(id), 'pending_conditions');
});

await test('merged into another', async () => {
  const a = await d.demand();
  const b = await d.demand();
  await d.step('staff', b.id, 'merge', { into_id: b.id }, 422);
  await d.step('staff', b.id, 'merge', { into_id: 99999999 }, 422);
  await d.step('staff', b.id, 'merge', { into_id: a.id });
  assert.equal(await state(b.id), 'merged');
});

await test('supervised, urged, withdrawn', async () => {
  const id = await d.inHand();
  await d.step('staff', id, 'supervise');
  await d.step('staff', id, 'supervise', {}, 409);
  await d.step('staff', id, 'urge');
  assert.ok((await d.ok('staff', 'GET', `/demands/${id}`)).supervised_at);
  await d.step('member', id, 'withdraw', { reason: '自己解决了' });
  assert.equal(await state(id), 'withdrawn');
});

await test('a step that is not possible names those that are', async () => {
  const r = await d.demand();
  const no = await d.api('staff', 'POST', `/demands/${r.id}/dispatch`, { lead_unit_id: finance });
  assert.equal(no.status, 409);
  assert.match(no.headers.get('content-type'), /^application\/problem\+json/);
  assert.equal(no.json.status, 409);
  assert.ok(no.json.allowed.includes('accept'));
  assert.ok(no.json.allowed.includes('reject'));
  assert.ok(!no.json.allowed.includes('dispatch'));
});

await test('every pair of state and step answers with a rule, never with an error of ours', async () => {
  const steps = ['submit', 'accept', 'reject', 'dispatch', 'sign', 'object', 'contact', 'note', 'suspend',
    'resume', 'extend', 'grant_extension', 'refuse_extension', 'answer', 'confirm', 'reopen', 'withdraw',
    'pend', 'revive', 'merge', 'supervise', 'urge', 'callback', 'close', 'archive'];
  const list = await d.ok('staff', 'GET', '/demands?limit=200');
  const seen = new Map(list.items.map((x) => [x.state, x.id]));
  assert.ok(seen.size >= 7, `only ${[...seen.keys()]}`);
  for (const [from, id] of seen) {
    for (const user of ['leader', 'secretary']) {
      for (const s of steps) {
        const r = await d.api(user, 'POST', `/demands/${id}/${s}`, {});
        assert.ok([403, 404, 409, 422].includes(r.status), `${user} ${s} from ${from}: ${r.status} ${r.text}`);
      }
    }
  }
});

await test('a lost update answers 412', async () => {
  const id = await d.inHand();
  const { version } = await d.ok('officer', 'GET', `/demands/${id}`);
  const first = await d.api('officer', 'POST', `/demands/${id}/note`, { body: '一' }, { 'if-match': `"${version}"` });
  assert.equal(first.status, 200, first.text);
  const second = await d.api('officer', 'POST', `/demands/${id}/note`, { body: '二' }, { 'if-match': `"${version}"` });
  assert.equal(second.status, 412, second.text);
  assert.equal((await d.api('officer', 'POST', `/demands/${id}/note`, { body: '三' }, { 'if-match': '"x"' })).status, 412);
});

await test('twenty at once: one wins, the others hear why', async () => {
  const r = await d.demand();
  const all = await Promise.all(Array.from({ length: 20 }, () =>
    d.api('staff', 'POST', `/demands/${r.id}/accept`, { level: 'L1' })));
  assert.equal(all.filter((x) => x.status === 200).length, 1);
  assert.equal(all.filter((x) => x.status === 409).length, 19);
});

await test('an idempotency key answers once', async () => {
  const body = { title: '只要一件', body: '重复提交' };
  const key = { 'idempotency-key': 'k-1' };
  const a = await d.api('member', 'POST', '/demands', body, key);
  const b = await d.api('member', 'POST', '/demands', body, key);
  assert.equal(a.status, 201);
  assert.equal(b.status, 201);
  assert.equal(b.json.id, a.json.id);
  assert.equal((await d.api('member', 'POST', '/demands', { ...body, title: '另一件' }, key)).status, 409);
  const other = await d.api('jinhe', 'POST', '/demands', body, key);
  assert.equal(other.status, 201);
  assert.notEqual(other.json.id, a.json.id);
  const many = await Promise.all(Array.from({ length: 10 }, () =>
    d.api('member', 'POST', '/demands', { title: '十次', body: '同时' }, { 'idempotency-key': 'k-2' })));
  assert.equal(new Set(many.map((x) => x.json.id)).size, 1);
});

await test('lists page by key, filter and count', async () => {
  const seen = [];
  let after = '';
  do {
    const page = await d.ok('staff', 'GET', `/demands?limit=7${after && `&after=${encodeURIComponent(after)}`}`);
    assert.ok(page.items.length <= 7);
    seen.push(...page.items.map((x) => x.id));
    after = page.next;
  } while (after && seen.length < 2000);
  assert.equal(new Set(seen).size, seen.length, 'a row came twice');
  const all = await d.ok('staff', 'GET', '/demands?limit=200');
  assert.deepEqual(seen.slice(0, 200), all.items.map((x) => x.id).slice(0, 200));
  const closed = await d.ok('staff', 'GET', '/demands?state=closed&limit=200');
  assert.ok(closed.items.length > 5);
  assert.ok(closed.items.every((x) => x.state === 'closed'));
  assert.equal((await d.api('staff', 'GET', '/demands?state=nonsense')).status, 422);
  assert.equal((await d.api('staff', 'GET', '/demands?limit=0')).status, 422);
  assert.equal((await d.api('staff', 'GET', '/demands?limit=201')).status, 422);
  assert.equal((await d.api('staff', 'GET', '/demands?after=rubbish')).status, 422);
  const found = await d.ok('staff', 'GET', `/demands?q=${encodeURIComponent('电压')}`);
  assert.ok(found.items.length >= 1);
  assert.ok(found.items.every((x) => typeof x.title === 'string'));
});

await test('the numbers of the clocks are settings', async () => {
  const due = async (id, what) => (await d.ok('staff', 'GET', `/demands/${id}`)).clock.due.find((x) => x.what === what);
  const rules = await d.ok('staff', 'GET', '/sla-rules');
  assert.equal(rules.version, 0);
  assert.deepEqual(rules.settings, rules.default);
  assert.equal(rules.settings.answer_l2, 5);
  assert.equal(rules.settings.office_close, '17:30');
  for (const user of ['secretary', 'officer', 'leader', 'member']) {
    await d.ok(user, 'GET', '/sla-rules', undefined, 403);
    await d.ok(user, 'POST', '/sla-rules', rules.settings, 403);
  }
  for (const [name, value] of [['accept', 0], ['answer_l2', 251], ['office_close', '24:00'], ['office_close', '09:30'],
    ['callback_percent', 101], ['sign', null], ['nonsense', 1]]) {
    const r = await d.api('staff', 'POST', '/sla-rules', { ...rules.settings, [name]: value });
    assert.equal(r.status, 422, `${name} ${value}: ${r.text}`);
    assert.equal(r.json.errors[0].field, name);
  }
  const before = await d.inHand('L2');
  const old = await due(before, 'answer');
  const wanted = { ...rules.settings, answer_l2: 7, sign: 2, office_open: '08:30', office_close: '17:00', max_reopenings: 0,
    extension_percent: 50 };
  const saved = await d.ok('admin', 'POST', '/sla-rules', wanted, 200);
  assert.deepEqual(saved.settings, wanted);
  assert.equal(saved.items.length, 1);
  // What runs goes on as it began; what starts now has the new numbers.
  assert.deepEqual(await due(before, 'answer'), old);
  const id = await d.inHand('L2');
  const answer = await due(id, 'answer');
  const { items: events } = await d.ok('staff', 'GET', `/demands/${id}/events`);
  const rule = await d.ok('staff', 'POST', '/rules/clock', { level: 'L2', now: events.at(-1).at,
    events: events.map((e) => ({ ...e, unit: e.unit_id })),
    settings: { answer: { L2: 7 }, sign: 2, office_open: '08:30', office_close: '17:00' } }, 200);
  assert.equal(answer.at, rule.due.find((x) => x.what === 'answer').at);
  assert.notEqual(answer.at.slice(11), old.at.slice(11));
  assert.equal(answer.start, events.find((e) => e.type === 'dispatched').at);
  await d.step('officer', id, 'extend', { days: 4, reason: '多' }, 422);
  await d.step('officer', id, 'extend', { days: 3, reason: '一半' });
  await d.step('officer', id, 'answer', { body: '答复', outcome: 'explained' });
  await d.step('member', id, 'confirm', { satisfaction: 1 });
  assert.equal(await state(id), 'closed', 'nothing reopens when no reopening is left');
  // A second editor who saw the former numbers loses nothing of the first.
  assert.equal((await d.api('staff', 'POST', '/sla-rules', wanted, { 'if-match': '"0"' })).status, 412);
  assert.equal((await d.ok('staff', 'POST', '/sla-rules', wanted, 200)).items.length, 1, 'no change, no version');
  const log = await d.ok('admin', 'GET', '/audit?action=demand_rules.change');
  assert.deepEqual(log.items[0].data.answer_l2, [5, 7]);
  await d.ok('staff', 'POST', '/sla-rules', rules.settings, 200);
});

await test('the district is sound afterwards', async () => {
  await d.stop();
  const r = d.command('check');
  assert.equal(r.status, 0, r.stdout + r.stderr);
});

finish();
