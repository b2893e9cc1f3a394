// SPDX-License-Identifier: Apache-2.0
// Dues as people work with them: a standard passed by the assembly, bills of two years, what is
// paid, reversed and waived, statements as page, CSV and XLSX, and who may see what.
import { Browser, District, assert, finish, password, test } from './lib.mjs';

const d = await new District().serve();
const chamber = await d.unit('云溪镇商会');
const year = new Date().getFullYear();
const asked = (path, of = year) => `${path}?organization_id=${chamber}&year=${of}`;
let standard;

// A standard of the chamber with two tiers, as the federation writes it down.
async function draft(more = {}) {
  const s = await d.ok('staff', 'POST', '/dues-standards', { organization_id: chamber, effective_on: `${year - 1}-01-01`, meeting: '会员大会',
    held_on: `${year - 2}-12-10`, secret_ballot: true, eligible: 40, present: 31, approve: 16, oppose: 10, abstain: 5, ...more });
  for (const [code, fen] of [['director', 300000], ['member', 100001]]) await d.ok('staff', 'POST', '/dues-tiers', { standard_id: s.id, code, amount_fen: fen });
  return s;
}

await test('without a standard the assembly passed, nothing is collected', async () => {
  assert.equal((await d.api('staff', 'POST', '/dues-issue', { organization_id: chamber, year })).status, 409);
  const open = await draft({ secret_ballot: false, approve: 15 });
  const r = await d.api('staff', 'POST', `/dues-standards/${open.id}/approve`, {});
  assert.equal(r.status, 422);
  assert.deepEqual(r.json.errors.map((e) => e.code), ['secret_ballot', 'majority']);
  assert.equal((await d.api('staff', 'POST', '/dues-issue', { organization_id: chamber, year })).status, 409);
  const refused = await d.ok('staff', 'POST', `/dues-standards/${open.id}/refuse`, { reason: '票数不够' });
  assert.equal(refused.state, 'refused');
  const fifth = await draft();
  await d.ok('staff', 'POST', '/dues-tiers', { standard_id: fifth.id, code: 'president', amount_fen: 1 });
  await d.ok('staff', 'POST', '/dues-tiers', { standard_id: fifth.id, code: 'supervisor', amount_fen: 1 });
  assert.equal((await d.api('staff', 'POST', '/dues-tiers', { standard_id: fifth.id, code: 'vice_president', amount_fen: 1 })).status, 422);
  const committee = (await d.ok('staff', 'POST', '/organizations', { name: '青年委员会', kind: 'committee' })).id;
  const branch = await d.api('staff', 'POST', '/dues-standards', { organization_id: committee, effective_on: `${year}-01-01`, secret_ballot: true });
  assert.equal(branch.json.errors[0].code, 'branch');
});

await test('bills of two years: looked at first, made once', async () => {
  const s = await draft();
  standard = (await d.ok('staff', 'POST', `/dues-standards/${s.id}/approve`, {})).id;
  assert.equal((await d.api('staff', 'PATCH', `/dues-standards/${standard}`, { note: '改' })).status, 409);
  const members = (await d.ok('staff', 'GET', `/memberships?organization_id=${chamber}&limit=200`)).items;
  await d.ok('staff', 'PATCH', `/memberships/${members[0].id}`, { since: `${year - 1}-07-01` });
  await d.ok('staff', 'PATCH', `/memberships/${members[1].id}`, { since: `${year - 1}-07-02` });
  const before = await d.ok('staff', 'GET', asked('/dues-issue', year - 1));
  assert.equal(before.to_make, 2);
  assert.equal(before.sum_fen, 100001 + 50000, 'half of an odd fen is the member\'s');
  assert.equal((await d.api('staff', 'POST', '/dues-issue', { organization_id: chamber, year: year - 1, expected: 7 })).status, 409);
  const made = await d.ok('staff', 'POST', '/dues-issue', { organization_id: chamber, year: year - 1, due_on: `${year - 1}-12-31`, expected: 2 }, 200);
  assert.equal(made.made, 2);
  assert.equal((await d.ok('staff', 'POST', '/dues-issue', { organization_id: chamber, year: year - 1 }, 200)).made, 0);
  assert.ok((await d.ok('staff', 'POST', '/dues-issue', { organization_id: chamber, year }, 200)).made >= 2);
});

await test('payments, waivers, and a statement that adds up', async () => {
  const bills = (await d.ok('staff', 'GET', `${asked('/bills', year - 1)}&limit=200`)).items;
  const whole = bills.find((b) => b.basis === 'full');
  const half = bills.find((b) => b.basis === 'half');
  const pay = (bill, fen, more = {}) => d.api('staff', 'POST', '/payments', { bill_id: bill.id, amount_fen: fen, paid_on: `${year - 1}-11-20`, method: 'cash', ...more });
  assert.equal((await pay(whole, 100002)).status, 422);
  const wrong = (await pay(whole, 60000, { reference: 'A1' })).json;
  assert.equal((await pay(whole, 40001, { reference: 'A1' })).status, 422, 'the same reference twice');
  assert.equal((await d.ok('staff', 'POST', `/payments/${wrong.id}/reverse`, { reason: '记错了' })).state, 'reversed');
  assert.equal((await pay(whole, 100001, { reference: 'A1' })).status, 201);
  await d.ok('staff', 'POST', `/bills/${half.id}/waive`, { amount_fen: 20000, reason: '停产', decision: '会长办公会' });
  const s = await d.ok('staff', 'GET', asked('/dues-statement', year - 1));
  assert.deepEqual([s.bills, s.settled, s.amount_fen, s.paid_fen, s.waived_fen, s.owed_fen], [2, 1, 150001, 100001, 20000, 30000]);
  assert.equal(s.received_fen, 100001);
  assert.equal(s.payers.length, 2);
  const csv = await d.api('staff', 'GET', asked('/dues-statement.csv', year - 1));
  assert.match(csv.text, /1000\.01/);
  assert.equal(csv.text.trim().split('\n').length, 3);
  assert.equal((await d.api('staff', 'GET', asked('/dues-statement.xlsx', year - 1))).status, 200);
  assert.equal((await d.ok('staff', 'GET', `/bills/${whole.id}/events`)).items.map((e) => e.type).join(' '), 'create pay reverse pay');
  const owing = await d.ok('staff', 'GET', `/dues-arrears?organization_id=${chamber}`);
  assert.ok(owing.items.some((i) => i.owed_fen === 30000));
});

await test('everybody sees what is theirs', async () => {
  const leader = await d.ok('leader', 'GET', asked('/dues-statement', year - 1));
  assert.equal(leader.paid_fen, 100001);
  assert.equal(leader.payers, null, 'a leader reads sums');
  assert.ok(!(await d.api('leader', 'GET', asked('/dues-statement.csv', year - 1))).text.includes('荣光照明'));
  assert.equal((await d.api('leader', 'GET', '/bills')).status, 403);
  assert.equal((await d.api('secretary', 'GET', asked('/dues-statement'))).status, 404, 'another chamber\'s');
  assert.equal((await d.api('secretary', 'GET', `/dues-standards/${standard}`)).status, 404);
  const own = (await d.ok('member', 'GET', '/me')).enterprise_id;
  const mine = (await d.ok('member', 'GET', '/bills?limit=200')).items;
  assert.ok(mine.length > 0 && mine.every((b) => b.enterprise_id === own));
  assert.equal((await d.api('member', 'POST', `/bills/${mine[0].id}/waive`, { reason: '免了', decision: '自己' })).status, 403);
  assert.equal((await d.api('officer', 'GET', '/bills')).status, 403);
});

await test('lists offer nobody names that are not theirs', async () => {
  const b = new Browser(d);
  await b.login('secretary');
  const list = await b.go('/memberships');
  assert.equal(list.status, 200);
  assert.ok(!list.text.includes('荣光照明'), 'an enterprise of another chamber');
});

await test('a payment is recorded on a page without scripts', async () => {
  const b = new Browser(d);
  await b.login('secretary', password);
  const bill = (await d.ok('secretary', 'GET', '/bills?state=open&limit=1')).items[0];
  const form = await b.go(`/payments/new?bill_id=${bill.id}`);
  assert.ok(form.text.includes(`value="${(bill.owed_fen / 100).toFixed(2)}"`), 'it begins with what is owed');
  const csrf = await b.csrf(`/payments/new?bill_id=${bill.id}`);
  const sent = await b.go('/payments', { method: 'POST', form: { csrf, bill_id: `${bill.id}`, amount_fen: '10.5', paid_on: `${year - 1}-12-01`, method: 'scan' } });
  assert.equal(sent.status, 303);
  assert.equal((await d.ok('secretary', 'GET', `/bills/${bill.id}`)).paid_fen, 1050);
});

finish();
