// SPDX-License-Identifier: Apache-2.0
// Both engines say the same: the same made-up district on each, every list in every order to its
// end and back, every filter with a few values, and searches of all sorts, compared hit by hit.
// Where HUIQIAO_TEST_POSTGRES names a server (script/with-postgres).
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { District, assert, finish, postgres, test } from './lib.mjs';

if (!process.env.HUIQIAO_TEST_POSTGRES) {
  console.error('skipped: HUIQIAO_TEST_POSTGRES names no server');
  process.exit(77);
}

const WORDS = ['公司', '江南', '精密', '有限', '江南 有限', '科技', 'jn', 'jnjm', 'kj', '商会', '企业 融资', '停电', '贷款',
  '9132', '913209', '王', '李', '王建', '13', '临江', '江南精蜜', '不存在的词', 'a', '税', '用工', '环保 手续', 'HF2025', 'HY0000'];
const LISTS = ['enterprises', 'organizations', 'people', 'memberships', 'demands', 'bills', 'payments', 'posts', 'terms', 'person-posts', 'enterprise-figures', 'enterprise-tags'];

const ORDERS = ['id', 'name', 'strokes', 'sort', 'year', 'since', 'starts_on', 'closes_on', 'due_on', 'due_at', 'paid_on', 'created_at', 'post'];

// Ids and moments may differ, what people see may not.
const shown = (kind, x) => [kind, x.receipt_no, x.uscc, x.code, x.name, x.title, x.organization_name, x.enterprise_name, x.person_name, x.year, x.post, x.since, x.state, x.tag, x.due_on, x.amount_fen].map((v) => v ?? '').join('|');

async function walk(d, user, kind, query, most = 40) {
  const out = [];
  let after = '';
  for (let page = 0; page < most; page++) {
    const r = await d.api(user, 'GET', `/${kind}?limit=50${query}${after}`);
    if (r.status !== 200) return [...out, `${r.status}`];
    out.push(...r.json.items.map((x) => shown(kind, x)));
    if (!r.json.next) return out;
    after = `&after=${encodeURIComponent(r.json.next)}`;
  }
  return out;
}

async function everything() {
  const d = new District();
  assert.equal(d.command('generate', '--enterprises', '700', '--demands', '500', '--seed', '5').status, 0);
  await d.serve();
  const doc = await (await fetch(`${d.url}/api/openapi.json`)).json();
  const said = {};
  for (const kind of LISTS) {
    const { parameters } = doc.paths[`/${kind}`].get;
    for (const order of ['', ...ORDERS.flatMap((o) => [o, `-${o}`])]) said[`${kind} sort=${order}`] = await walk(d, 'staff', kind, order ? `&sort=${order}` : '');
    for (const p of parameters) {
      for (const value of p.name === 'sort' ? [] : (p.schema?.enum ?? []).slice(0, 4)) said[`${kind} ${p.name}=${value}`] = await walk(d, 'staff', kind, `&${p.name}=${value}`, 3);
    }
    for (const user of ['staff', 'secretary', 'member', 'leader']) said[`${kind} ${user}`] = await walk(d, user, kind, '', 3);
    for (const q of WORDS) {
      for (const user of ['staff', 'secretary']) said[`${kind} ${user} q=${q}`] = await walk(d, user, kind, `&q=${encodeURIComponent(q)}`, 12);
    }
  }
  for (const q of WORDS) {
    const r = await d.api('staff', 'GET', `/search?q=${encodeURIComponent(q)}`);
    said[`search ${q}`] = r.status === 200 ? r.json.groups.map((g) => [g.kind, g.count, g.near, ...g.items.map((i) => i.title)].join('|')) : [`${r.status}`];
  }
  await d.stop();
  d.remove();
  return said;
}

const SAID = process.env.HUIQIAO_TEST_SAID; // where a child writes what its engine said
if (SAID) {
  writeFileSync(SAID, JSON.stringify(await everything()));
  process.exit(0);
}
assert.ok(!postgres, 'this asks both by itself');
const ask = (engine) => {
  const said = join(tmpdir(), `huiqiao-said-${process.pid}-${engine}`);
  const r = spawnSync(process.execPath, process.argv.slice(1), {
    encoding: 'utf8', maxBuffer: 1 << 28,
    env: { ...process.env, HUIQIAO_TEST_DB: engine, HUIQIAO_TEST_SAID: said },
  });
  assert.equal(r.status, 0, r.stderr + r.stdout.slice(0, 2000));
  const all = JSON.parse(readFileSync(said, 'utf8'));
  rmSync(said);
  return all;
};
const one = ask('sqlite');
const other = ask('postgres');

await test('there is something to compare', async () => {
  assert.deepEqual(Object.keys(one), Object.keys(other));
  const hits = (part) => Object.entries(one).filter(([k, v]) => k.includes(part) && v.length > 0 && !/^[0-9]{3}$/.test(v[0])).length;
  assert.ok(hits('sort=') > 60 && hits('q=') > 40 && hits('search ') > 10, `${hits('sort=')} ${hits('q=')} ${hits('search ')}`);
});
for (const kind of [...LISTS, 'search']) {
  await test(`${kind}: the same on both engines`, async () => {
    for (const [what, rows] of Object.entries(one).filter(([k]) => k.startsWith(`${kind} `))) {
      const at = rows.findIndex((r, i) => r !== other[what][i]);
      assert.ok(at < 0 && rows.length === other[what].length,
        `${what}: ${rows.length} and ${other[what].length} rows; at ${at}: ${rows[at]} and ${other[what][at]}`);
    }
  });
}
finish();
