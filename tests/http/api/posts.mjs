// SPDX-License-Identifier: Apache-2.0
// Posts and terms through the API and the command line: who reads a leadership chart and what of
// it, what a nomination is refused for, exceptions, lists of those elected out of a sheet,
// organisations whose term ends soon.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Browser, District, assert, finish, password, program, test } from './lib.mjs';

const d = await new District().serve();
const organizations = (await d.ok('staff', 'GET', '/organizations?limit=100')).items;
const of = (name) => organizations.find((o) => o.name === name).id;
const port = of('港口镇商会');
const cold = of('冷链物流商会');
const creek = of('云溪镇商会');
const day = (months, days = 0) => {
  const t = new Date(Date.now() + 8 * 3600e3 + days * 864e5);
  t.setUTCMonth(t.getUTCMonth() + months);
  return t.toISOString().slice(0, 10);
};
const person = async (name) => (await d.ok('staff', 'GET', `/people?q=${encodeURIComponent(name)}`)).items.find((p) => p.name === name).id;
const today = day(0);

await test('a chart for those who lead, and names only for its members', async () => {
  const whole = await d.ok('staff', 'GET', `/organizations/${port}/leadership`);
  assert.equal(whole.posts[0].post, 'president');
  assert.equal(whole.posts[0].holders[0].person, '陈立');
  assert.ok(whole.posts[0].holders[0].person_id > 0);
  assert.equal(whole.counts.directors, 15);
  assert.deepEqual(whole.findings, [], 'a board as it should be');
  assert.ok(whole.terms.length >= 2);
  for (const who of ['leader', 'secretary']) {
    assert.equal((await d.ok(who, 'GET', `/organizations/${port}/leadership`)).posts.length, whole.posts.length);
  }
  const names = await d.ok('member', 'GET', `/organizations/${port}/leadership`);
  assert.equal(names.posts.length, whole.posts.length);
  assert.equal(names.posts[0].holders[0].person_id, null);
  assert.ok(!/grade|birth|mobile/.test(JSON.stringify(whole)), 'nothing personal');
  for (const [who, id, status] of [['secretary', cold, 404], ['member', cold, 404], ['officer', port, 403], ['staff', of('区财政局'), 404], ['staff', 999999, 404]]) {
    assert.equal((await d.api(who, 'GET', `/organizations/${id}/leadership`)).status, status, `${who} ${id}`);
  }
  const wrong = await d.ok('staff', 'GET', `/organizations/${cold}/leadership`);
  const rules = wrong.findings.map((f) => f.rule);
  for (const r of ['directors_odd', 'directors_share', 'officers_share', 'supervisors_number', 'evaluation']) assert.ok(rules.includes(r), r);
  assert.ok(wrong.findings.some((f) => f.message === '理事 6 人，应为单数'));
});

await test('organisations whose term ends within half a year', async () => {
  const soon = (await d.ok('staff', 'GET', `/organizations?closes_on_from=${today}&closes_on_to=${day(6)}`)).items;
  assert.deepEqual(soon.map((o) => o.name), ['装备制造业商会']);
  assert.equal(soon[0].closes_on, day(5, -1));
  assert.equal((await d.ok('staff', 'GET', `/organizations?closes_on_to=${day(0, -1)}`)).items[0].name, '滨江街道商会');
  // a member is told of no dates
  assert.equal((await d.ok('member', 'GET', `/organizations/${port}`)).closes_on, null);
});

await test('a nomination, refused beside its field; an exception by the office alone', async () => {
  const term = await d.ok('staff', 'POST', '/terms', { organization_id: creek, number: 1, starts_on: today, ends_on: day(59) });
  assert.equal(term.name, '第一届');
  const post = { organization_id: creek, person_id: await person('田禾'), post: 'president', act: 'elected', since: today };
  const none = await d.api('staff', 'POST', '/posts', post);
  assert.equal(none.status, 422);
  assert.deepEqual(none.json.errors.map((e) => [e.field, e.code]), [['grade', 'evaluation']]);
  assert.match(none.json.errors[0].message, /没有综合评价/);
  const made = await d.ok('staff', 'POST', '/posts', { ...post, override_reason: '区委组织部同意，正在补评' }, 201);
  assert.equal(made.overridden, 'evaluation');
  assert.equal(made.term_id, term.id);
  const events = (await d.ok('staff', 'GET', `/posts/${made.id}/events`)).items;
  assert.ok(JSON.stringify(events).includes('区委组织部同意'));
  assert.equal((await d.api('secretary', 'POST', '/posts', { ...post, organization_id: port })).status, 422);
  assert.equal((await d.api('secretary', 'POST', '/posts', post)).status, 403, 'another chamber');
  assert.equal((await d.api('leader', 'POST', '/posts', post)).status, 403);
  assert.equal((await d.api('member', 'GET', '/terms')).status, 403);
});

await test('the history tells a member no more than the record does', async () => {
  const [mine] = (await d.ok('member', 'GET', '/posts')).items;
  assert.equal(mine.grade, null);
  const told = (await d.ok('member', 'GET', `/posts/${mine.id}/events`)).items[0].data;
  assert.ok('since' in told && !('grade' in told) && !('graded_on' in told), JSON.stringify(told));
  assert.ok('grade' in (await d.ok('leader', 'GET', `/posts/${mine.id}/events`)).items[0].data);
});

await test('what a member is in the chamber follows from the post', async () => {
  const me = await d.ok('member', 'GET', '/me');
  const mine = (await d.ok('staff', 'GET', `/memberships?enterprise_id=${me.enterprise_id}`)).items.find((m) => m.organization_id === port);
  assert.equal(mine.post, 'president');
  assert.equal(mine.seat, null);
  const r = await d.api('staff', 'PATCH', `/memberships/${mine.id}`, { seat: 'director' });
  assert.equal(r.status, 422);
  assert.equal(r.json.errors[0].field, 'seat');
});

await test('those elected out of a sheet, the rules included', async () => {
  const file = join(d.dir, 'posts.csv');
  writeFileSync(file, `云溪镇商会任职名单,,,,,\n商会名称,姓名,担任职务,任职时间,综合评价等次,综合评价日期\n云溪镇商会,邓荣,副会长,${today},B,${day(-4)}\n云溪镇商会,彭鼎,副会长,${today},C,${day(-4)}\n云溪镇商会,周大同,主席,${today},,\n`);
  const r = d.command('import', 'posts', file);
  assert.match(r.stdout, /3 rows: 1 new, 0 changed, 0 unchanged, 2 refused/);
  const chart = await d.ok('staff', 'GET', `/organizations/${creek}/leadership`);
  assert.deepEqual(chart.posts.map((p) => [p.post, p.holders.map((h) => h.person)]), [['president', ['田禾']], ['vice_president', ['邓荣']]]);
});

await test('the rules as such', () => {
  const rule = (name, input) => {
    const r = spawnSync(program, ['rule', name], { input: JSON.stringify(input), encoding: 'utf8' });
    return { status: r.status, json: JSON.parse(r.stdout || r.stderr) };
  };
  const fine = { organization_kind: 'town', post: 'president', on: '2026-11-23', term_ends: '2031-11-22', birth: '1975-03', grade: 'A', graded_on: '2025-01-01' };
  assert.deepEqual(rule('post-check', fine), { status: 0, json: { ok: true, reasons: [] } });
  const old = rule('post-check', { ...fine, birth: '1960-03', terms_before: 2 });
  assert.deepEqual(old.json.reasons.map((x) => x.rule), ['term_cap', 'age']);
  const board = rule('board-check', { members: 60, directors: 24, officers: 9, supervisors: 2 });
  assert.equal(board.json.findings[0].message, '理事 24 人，应为单数');
  assert.equal(rule('post-check', { ...fine, post: 'chair' }).status, 2, 'a rung of another body');
  assert.equal(rule('board-check', { directors: -1 }).status, 2);
});

await test('pages: the form offers the rungs of the organisation only, the chart prints names', async () => {
  const b = new Browser(d);
  await b.login('secretary', password);
  const form = (await b.go(`/posts/new?organization_id=${port}`)).text;
  assert.ok(form.includes('value="president"') && !form.includes('value="chair"'), 'rungs');
  const sent = await b.go(`/posts?organization_id=${port}`, { method: 'POST', form: { csrf: await b.csrf('/notices'), organization_id: port, person_id: await person('彭鼎'), post: 'vice_president', act: 'elected', since: today } });
  assert.equal(sent.status, 422);
  assert.ok(sent.text.includes('没有综合评价，不能任执行职务'), 'the reason stands in the form');
  const chart = await b.go(`/organizations/${port}/leadership`);
  assert.ok(chart.text.includes('data-print') && chart.text.includes('陈立'));
  assert.ok((await b.go('/')).status === 200);
});

await test('everything kept twice still agrees', () => {
  const check = d.command('check');
  assert.equal(check.status, 0, check.stdout);
});

finish();
