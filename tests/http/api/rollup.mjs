// SPDX-License-Identifier: Apache-2.0
// A city takes what its districts sign: counts that are right, from a key it knows, unaltered,
// newest first; and nothing in them names anybody.
import { assert, Browser, District, finish, run, test } from './lib.mjs';

const city = await new District().serve();
const district = await new District().serve();
const admin = 'admin';
const month = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 7);
const summary = (...args) => district.command('rollup', 'summary', ...args);
const line = () => JSON.parse(summary('--month', month).stdout);
const send = (body) => city.api(null, 'POST', '/rollup', body);
const [key, name] = district.command('rollup', 'key').stdout.trim().split('\t');

await test('the key is the same every time, and another district has another', () => {
  assert.match(key, /^[0-9a-f]{64}$/);
  assert.equal(district.command('rollup', 'key').stdout.split('\t')[0], key);
  assert.notEqual(city.command('rollup', 'key').stdout.split('\t')[0], key);
});

await test('a summary holds counts and no name of anybody', async () => {
  const l = line();
  const s = JSON.parse(l.summary);
  assert.equal(s.district, name);
  assert.equal(s.month, month);
  for (const [k, v] of Object.entries(s.figures)) assert.ok(Number.isInteger(v) && v >= 0, k);
  const members = district.rows("SELECT count(*) AS n FROM enterprise WHERE state = 'active'")[0].n;
  assert.equal(s.figures.enterprises, Number(members));
  assert.ok(s.figures.submitted > 0 && s.figures.members > 0 && s.figures.open > 0);
  const names = district.rows('SELECT name FROM enterprise').concat(district.rows('SELECT name FROM person'));
  for (const n of names) assert.ok(!l.summary.includes(n.name), n.name);
});

await test('from an unknown key nothing is taken', async () => {
  const r = await send(line());
  assert.equal(r.status, 422);
  assert.equal(r.json.errors[0].field, 'key');
});

let source;
await test('once the key is registered it is, and again without harm', async () => {
  const wrong = await city.api(admin, 'POST', '/rollup-sources', { name, public_key: key.slice(1), state: 'active' });
  assert.equal(wrong.status, 422);
  source = await city.ok(admin, 'POST', '/rollup-sources', { name, public_key: key, state: 'active' });
  const l = line();
  for (let i = 0; i < 2; i++) {
    const r = await send(l);
    assert.equal(r.status, 200, r.text);
  }
  const page = await city.ok(admin, 'GET', `/rollup?month=${month}`);
  assert.deepEqual(page.items[0].figures.submitted, JSON.parse(l.summary).figures.submitted);
  assert.equal(page.total.enterprises, JSON.parse(l.summary).figures.enterprises);
  assert.equal(city.rows('SELECT count(*) AS n FROM rollup_summary')[0].n == 1, true);
});

await test('what was altered, is of another key or not of now is refused', async () => {
  const l = line();
  const more = { ...l, summary: l.summary.replace(/"submitted":\d+/, '"submitted":999999') };
  assert.notEqual(more.summary, l.summary);
  assert.equal((await send(more)).json.errors[0].field, 'signature');
  assert.equal((await send({ ...l, signature: l.signature.replace(/^./, (c) => (c === '0' ? '1' : '0')) })).status, 422);
  const foreign = JSON.parse(run(['rollup', 'summary', '--data', city.data, '--month', month]).stdout);
  assert.equal((await send(foreign)).json.errors[0].field, 'key');
  assert.equal((await send({ ...foreign, key })).json.errors[0].field, 'signature');
  const later = JSON.parse(summary('--month', '2999-01').stdout);
  assert.equal((await send(later)).json.errors[0].field, 'summary');
  assert.equal((await send({ ...l, signature: 'zz' })).status, 422);
});

await test('an older summary does not replace a newer one, a newer one does', async () => {
  const old = line();
  await new Promise((r) => setTimeout(r, 20));
  await district.demand();
  const draft = (await district.ok('member', 'GET', '/demands?limit=1')).items[0];
  if (draft.state === 'draft') await district.step('member', draft.id, 'submit');
  const now = line();
  assert.equal((await send(now)).status, 200);
  assert.equal((await send(old)).status, 409);
  const page = await city.ok(admin, 'GET', '/rollup');
  assert.equal(page.items[0].figures.submitted, JSON.parse(now.summary).figures.submitted);
  assert.ok(JSON.parse(now.summary).figures.submitted > JSON.parse(old.summary).figures.submitted);
});

await test('a paused district is not taken', async () => {
  await city.ok(admin, 'PATCH', `/rollup-sources/${source.id}`, { state: 'paused' }, 200, { 'if-match': `"${source.version}"` });
  assert.equal((await send(line())).json.errors[0].field, 'key');
  const now = await city.ok(admin, 'GET', `/rollup-sources/${source.id}`);
  await city.ok(admin, 'PATCH', `/rollup-sources/${source.id}`, { state: 'active' }, 200, { 'if-match': `"${now.version}"` });
});

await test('files do as well as the network', async () => {
  const lines = summary().stdout;
  assert.equal(lines.trim().split('\n').length, 2);
  const taken = run(['rollup', 'take', '--data', city.data], { input: lines });
  assert.equal(taken.status, 0, taken.stderr);
  assert.match(taken.stdout, /^2 taken, 0 refused/);
  const spoilt = run(['rollup', 'take', '--data', city.data], { input: `nonsense\n${lines}` });
  assert.equal(spoilt.status, 1);
  assert.match(spoilt.stdout, /^2 taken, 1 refused/);
});

await test('the menu shows it only where it is switched on', async () => {
  const page = async (d) => {
    const b = new Browser(d);
    await b.login('leader');
    return (await b.go('/demands')).text;
  };
  assert.match(await page(city), /href="\/membership-report"/);
  assert.ok(!(await page(city)).includes('href="/rollup"'));
  assert.equal(city.command('setting', 'rollup', 'on').status, 0);
  await new Promise((r) => setTimeout(r, 1300));
  assert.ok((await page(city)).includes('href="/rollup"'));
  assert.ok(!(await page(district)).includes('href="/rollup"'));
});

finish();
