// SPDX-License-Identifier: Apache-2.0
// Lists of names: by sound, and people by the strokes of their surname as candidates are listed;
// page by page, in every scope, also for what was there before the keys were.
import { District, assert, finish, test } from './lib.mjs';

const d = await new District().serve();
const STROKES = ['丁一', '邓小', '李平', '李建平', '杨光', '吴用', '邱明', '沈括', '张三', '张三丰', '陆游', '陈一', '郑和'];
const SOUND = ['陈一', '邓小', '丁一', '李建平', '李平', '陆游', '邱明', '沈括', '吴用', '杨光', '张三', '张三丰', '郑和'];
const chamber = await d.unit('港口镇商会');
for (const name of [...STROKES].sort()) await d.ok('staff', 'POST', '/people', { name, kind: 'staff', chamber_id: chamber });
const ours = new Set(STROKES);

async function names(who, path) {
  const list = [];
  for (let after = ''; ;) {
    const page = await d.ok(who, 'GET', `${path}${path.includes('?') ? '&' : '?'}limit=4${after && `&after=${encodeURIComponent(after)}`}`);
    list.push(...page.items);
    if (!page.next) return list;
    after = page.next;
  }
}
const mine = async (who, path) => (await names(who, path)).map((p) => p.name).filter((n) => ours.has(n));

await test('people by strokes and by sound, forwards and backwards, in every scope', async () => {
  for (const who of ['staff', 'secretary']) {
    for (const filter of ['', `&chamber_id=${chamber}`]) {
      assert.deepEqual(await mine(who, `/people?sort=strokes${filter}`), STROKES, who);
      assert.deepEqual(await mine(who, `/people?sort=-strokes${filter}`), [...STROKES].reverse());
      assert.deepEqual(await mine(who, `/people?sort=name${filter}`), SOUND);
    }
  }
  assert.equal((await d.api('staff', 'GET', '/organizations?sort=strokes')).status, 422);
});

await test('the keys themselves are nobody\'s to read', async () => {
  for (const path of ['/people?sort=strokes', '/enterprises?sort=name']) {
    for (const item of await names('staff', path)) assert.ok(!('name_strokes' in item) && !('name_pinyin' in item));
  }
});

await test('enterprises by sound; whoever is renamed moves', async () => {
  const before = (await names('staff', '/enterprises?sort=name')).map((e) => e.name);
  assert.ok(before.length > 10);
  const at = (list, part) => list.findIndex((n) => n.includes(part));
  assert.ok(at(before, '博远智能') < at(before, '澄川') && at(before, '澄川') < at(before, '海帆') && at(before, '海帆') < at(before, '江南精密'));
  const one = (await names('staff', '/enterprises')).find((e) => e.name.includes('博远智能'));
  await d.ok('staff', 'PATCH', `/enterprises/${one.id}`, { name: '振远智能科技有限公司' });
  const after = (await names('staff', '/enterprises?sort=name')).map((e) => e.name);
  assert.ok(at(after, '振远智能') > at(after, '江南精密'));
});

await test('exports keep the order', async () => {
  const r = await fetch(`${d.url}/api/v1/people.csv?sort=strokes&columns=name`, { headers: { authorization: `Bearer ${d.token('staff')}` } });
  assert.deepEqual((await r.text()).split('\r\n').filter((n) => ours.has(n)), STROKES);
});

await test('records from before the keys get theirs when the district is opened', async () => {
  await d.stop();
  d.sql("UPDATE person SET name_strokes = '', name_pinyin = ''; UPDATE enterprise SET name_pinyin = ''");
  await d.serve();
  assert.deepEqual(await mine('staff', '/people?sort=strokes'), STROKES);
  assert.deepEqual(await mine('staff', '/people?sort=name'), SOUND);
});

await d.stop();
finish();
