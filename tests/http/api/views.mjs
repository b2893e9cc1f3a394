// SPDX-License-Identifier: Apache-2.0
// The working list of demands made one's own: a filter becomes a tab of this reader and of nobody
// else, is renamed and removed; the tabs that everybody has stay where they are.
import { Browser, District, assert, finish, test } from './lib.mjs';

const d = await new District().serve();
const staff = new Browser(d);
await staff.login('staff');
const leader = new Browser(d);
await leader.login('leader');

const text = (html) => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ').trim();
const tabs = (html) => [.../<nav class="views"[^>]*>(.*?)<\/nav>/s.exec(html)[1].matchAll(/<a href="([^"]*)"([^>]*)>(.*?)<\/a>/gs)]
  .map(([, url, rest, label]) => ({ url: url.replaceAll('&amp;', '&'), current: rest.includes('aria-current'), label: text(label) }));
const filter = '?view=all&category=energy_utility';

const keep = async (name, query) => {
  const csrf = await staff.csrf(`/demands/layout${query}`);
  return staff.go('/demands/views', { method: 'POST', form: { csrf, name, query } });
};

await test('a filter of demands becomes a tab of one reader', async () => {
  const before = tabs((await staff.go('/demands')).text);
  const list = await staff.go(`/demands${filter}`);
  assert.ok(list.text.includes(`href="/demands/layout${filter.replaceAll('&', '&amp;')}"`), 'its button leads there with the filter');
  const r = await keep('水电气', filter);
  assert.equal(r.status, 303, r.text.slice(0, 500));
  assert.equal(r.headers.get('location'), `/demands${filter}`);
  const after = tabs((await staff.go(`/demands${filter}`)).text);
  assert.deepEqual(after.map((t) => t.label.replace(/ \d.*/, '')), [...before.map((t) => t.label.replace(/ \d.*/, '')), '水电气']);
  assert.deepEqual(after.filter((t) => t.current).map((t) => t.label), ['水电气']);
  assert.equal(after.at(-1).url, `/demands${filter}`);
  const other = tabs((await staff.go('/demands?view=all')).text);
  assert.deepEqual(other.filter((t) => t.current).map((t) => t.label), [before.find((t) => t.url.includes('view=all')).label]);
  assert.ok(!tabs((await leader.go(`/demands${filter}`)).text).some((t) => t.label === '水电气'));
});

await test('a name is used once and a filter must be there', async () => {
  const again = await keep('水电气', filter);
  assert.equal(again.status, 422);
  assert.ok(text(again.text).includes('您已经有一个同名的视图'));
  const csrf = await staff.csrf('/demands/layout');
  assert.equal((await staff.go('/demands/views', { method: 'POST', form: { csrf, name: '空', query: '' } })).status, 422);
});

await test('a tab is renamed and removed by its owner only', async () => {
  const page = (await staff.go('/demands/layout')).text;
  const url = /action="(\/demands\/views\/\d+)"/.exec(page)[1];
  assert.ok(!page.includes('name="column"'), 'there are no columns to choose');
  const theirs = await leader.csrf('/demands/layout');
  assert.equal((await leader.go(url, { method: 'POST', form: { csrf: theirs, remove: '1' } })).status, 404);
  const csrf = await staff.csrf('/demands/layout');
  assert.equal((await staff.go(url, { method: 'POST', form: { csrf, name: '能源' } })).status, 303);
  assert.equal(tabs((await staff.go(`/demands${filter}`)).text).at(-1).label, '能源');
  assert.equal((await staff.go(url, { method: 'POST', form: { csrf, remove: '1' } })).status, 303);
  assert.ok(!tabs((await staff.go(`/demands${filter}`)).text).some((t) => t.label === '能源'));
});

await test('who has no working list keeps no views of it', async () => {
  const member = new Browser(d);
  await member.login('member');
  assert.equal((await member.go('/demands/layout')).status, 403);
  assert.ok(!(await member.go('/demands')).text.includes('/demands/layout'));
});

await d.stop();
finish();
