// SPDX-License-Identifier: Apache-2.0
// The search box: what it finds, how much of a name or code is enough, and that nobody finds
// what is not theirs.
import { District, assert, finish, test } from './lib.mjs';

const d = await new District().serve();

const groups = async (who, q) => (await d.ok(who, 'GET', `/search?q=${encodeURIComponent(q)}`)).groups;
const found = async (who, kind, q) => {
  const g = (await groups(who, q)).find((x) => x.kind === kind);
  return g === undefined ? [] : g.items.map((i) => i.title);
};
const all = (await d.ok('staff', 'GET', '/enterprises?limit=100')).items;
const one = all.find((e) => e.name.includes('精密')) ?? all[0];
const name = one.name.replace(/^临江/, '');

await test('enterprises are found by name, part, character, code, initials and one slip', async () => {
  const part = one.name.slice(2, 6);
  for (const q of [one.name, part, part.slice(0, 1), part.slice(1, 2), one.uscc, one.uscc.toLowerCase(), ` ${part} `]) {
    assert.ok((await found('staff', 'enterprise', q)).includes(one.name), q);
  }
  for (const q of [one.uscc.slice(0, 17), one.uscc.slice(0, 12)]) {
    const titles = await found('staff', 'enterprise', q);
    const want = all.filter((e) => e.uscc.startsWith(q)).map((e) => e.name);
    assert.equal(titles.length, Math.min(5, want.length), q);
    assert.ok(titles.every((n) => want.includes(n)), q);
  }
  const wrong = `${part.slice(0, 2)}鼎${part.slice(3)}`;
  const near = (await groups('staff', wrong)).find((g) => g.kind === 'enterprise');
  assert.ok(near?.near && near.items.some((i) => i.title === one.name), wrong);
  assert.deepEqual(await groups('staff', '鼎鼐鼒'), []);
  assert.deepEqual(await groups('staff', ''), []);
});

await test('a list forgives a slip as the box does, and only then', async () => {
  const part = one.name.slice(2, 6);
  const list = async (q) => (await d.ok('staff', 'GET', `/enterprises?q=${encodeURIComponent(q)}`)).items.map((e) => e.name);
  assert.ok((await list(`${part.slice(0, 2)}鼎${part.slice(3)}`)).includes(one.name));
  assert.ok((await list(part)).every((n) => n.includes(part)), 'what is found needs no forgiving');
  assert.deepEqual(await list('鼎鼐鼒'), []);
});

await test('pinyin and its initials', async () => {
  for (const q of ['jnjm', 'jiangnan', 'jiangnanjingmi']) {
    assert.ok((await found('staff', 'enterprise', q)).some((n) => n.includes('江南精密')), q);
  }
  // another character of the same sound
  assert.ok((await found('staff', 'enterprise', '江南精蜜')).some((n) => n.includes('江南精密')));
});

await test('demands are found by number, words and one character of the title', async () => {
  const { items } = await d.ok('staff', 'GET', '/demands?view=all&limit=50');
  const power = items.filter((i) => i.title.includes('电'));
  assert.ok(power.length > 0);
  const titles = await found('staff', 'demand', '电');
  assert.equal(titles.length, Math.min(5, power.length));
  assert.ok((await found('staff', 'demand', items[0].receipt_no)).includes(items[0].title));
  assert.ok((await found('staff', 'demand', items[0].title.slice(1, 5))).includes(items[0].title));
});

await test('demands are found by the beginning of their number, in the box and in the list', async () => {
  const { items } = await d.ok('staff', 'GET', '/demands?view=all&limit=200');
  const no = items[0].receipt_no;
  const want = (q) => items.filter((i) => i.receipt_no.replace('-', '').startsWith(q)).map((i) => i.id).sort();
  for (const n of [12, 11, 10]) {
    const q = no.replace('-', '').slice(0, n);
    for (const text of [q, q.toLowerCase(), q.slice(2), `${q.slice(0, 6)}-${q.slice(6)}`]) {
      const list = (await d.ok('staff', 'GET', `/demands?view=all&limit=200&q=${text}`)).items.map((i) => i.id).sort();
      assert.deepEqual(list, want(q), text);
      assert.ok((await groups('staff', text)).some((g) => g.kind === 'demand'), text);
    }
  }
  const mine = (await d.ok('member', 'GET', '/demands?view=all&limit=200')).items.map((i) => i.id);
  const seen = (await d.ok('member', 'GET', `/demands?view=all&limit=200&q=${no.slice(0, 11)}`)).items.map((i) => i.id);
  assert.ok(seen.every((id) => mine.includes(id)));
  assert.deepEqual((await d.ok('staff', 'GET', `/demands?view=all&q=${no.slice(0, 9)}`)).items, [], 'too short to say anything');
});

await test('organisations are a group of their own', async () => {
  assert.ok((await found('officer', 'organization', '财政局')).length > 0);
});

await test('a reader finds, and counts, only what is theirs', async () => {
  const mine = await d.ok('member', 'GET', '/enterprises');
  assert.equal(mine.items.length, 1);
  const g = (await groups('member', '有限公司')).find((x) => x.kind === 'enterprise');
  assert.deepEqual(g?.items.map((i) => i.title) ?? [mine.items[0].name], [mine.items[0].name]);
  assert.ok(g === undefined || g.count === '1');
  const other = all.find((e) => e.id !== mine.items[0].id);
  for (const q of [other.name, other.uscc, other.uscc.slice(0, 17), other.name.slice(2, 4)]) {
    assert.ok(!(await found('member', 'enterprise', q)).includes(other.name), q);
  }
  const ours = (await d.ok('secretary', 'GET', '/enterprises?limit=100')).items.map((e) => e.name);
  const seen = await found('secretary', 'enterprise', '公');
  assert.ok(seen.length > 0 && seen.every((n) => ours.includes(n)));
  const count = (await groups('secretary', '公')).find((x) => x.kind === 'enterprise').count;
  assert.equal(Number(count), ours.filter((n) => n.includes('公')).length);
  const theirs = (await d.ok('member', 'GET', '/demands?view=all&limit=100')).items.map((i) => i.title);
  for (const title of await found('member', 'demand', '贷款')) {
    assert.ok(theirs.includes(title), title);
  }
});

await test('a list finds what the box finds, for every role', async () => {
  const phone = '13812346627';
  const made = await d.ok('staff', 'PATCH', `/enterprises/${one.id}`, { contact_mobile: phone });
  assert.equal(made.contact_mobile, '138****6627');
  const stays = (await d.ok('staff', 'GET', '/memberships?limit=100')).items;
  const number = `HY${String(stays[0].id).padStart(6, '0')}`;
  const texts = ['有限公司', '公', '6627', one.uscc, one.uscc.slice(0, 12), one.uscc.slice(0, 8), 'jnjm', name.slice(0, 3), number, number.slice(0, 6), '鼎鼐鼒'];
  const lists = { enterprise: 'enterprises', person: 'people', organization: 'organizations', membership: 'memberships' };
  for (const who of ['staff', 'leader', 'secretary', 'officer', 'member']) {
    for (const q of texts) {
      const box = await groups(who, q);
      for (const [kind, list] of Object.entries(lists)) {
        const group = box.find((g) => g.kind === kind);
        const r = await d.api(who, 'GET', `/${list}?limit=100&q=${encodeURIComponent(q)}`);
        if (group === undefined && r.status !== 200) continue; // no such list for them, or no number
        assert.equal(r.status, 200, `${who} ${list} ${q}`);
        const ids = r.json.items.map((i) => i.id);
        assert.deepEqual(group?.items.map((i) => i.id) ?? [], ids.slice(0, 5), `${who} ${list} ${q}`);
        if (group) assert.equal(group.count, String(ids.length), `${who} ${list} ${q}`);
        if (group) assert.equal(group.url, `/${list}?q=${encodeURIComponent(q)}`);
      }
    }
  }
  assert.ok((await found('staff', 'enterprise', '6627')).includes(one.name));
  assert.equal((await groups('staff', number)).find((g) => g.kind === 'membership').items[0].id, stays[0].id);
});

await test('pages of codes follow one another, both ways', async () => {
  const q = one.uscc.slice(0, 4);
  const want = all.filter((e) => e.uscc.startsWith(q)).map((e) => e.uscc).sort();
  assert.ok(want.length > 3);
  const seen = [];
  let after = '';
  for (let i = 0; i < 100; i++) {
    const page = await d.ok('staff', 'GET', `/enterprises?limit=2&q=${q}${after}`);
    seen.push(...page.items.map((e) => e.uscc));
    if (!page.next) break;
    after = `&after=${encodeURIComponent(page.next)}`;
  }
  assert.deepEqual(seen, want);
  const { text } = await d.api('staff', 'GET', `/enterprises.csv?q=${q}&columns=uscc`);
  assert.deepEqual(text.trim().split(/\r?\n/).slice(1), want);
});

await test('what is typed is never an expression', async () => {
  for (const q of ['"', 'a" OR "b', '*', 'NEAR(', '江*', "' --", '%', '\u0001', 'x'.repeat(100), '字'.repeat(100)]) {
    const r = await d.api('staff', 'GET', `/search?q=${encodeURIComponent(q)}`);
    assert.equal(r.status, 200, q);
  }
  assert.equal((await d.api('staff', 'GET', `/search?q=${'x'.repeat(101)}`)).status, 422);
  assert.equal((await d.api(null, 'GET', '/search?q=a')).status, 401);
});

await d.stop();
finish();
