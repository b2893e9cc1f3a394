// SPDX-License-Identifier: Apache-2.0
// Imports over the API, whole: upload, columns, dry run, import, error sheet; a server killed in
// the middle goes on without anything twice; whose import it is; files that mean harm; and what
// LibreOffice saves (skipped where there is none).
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HEAD, csv, rows, uscc, xlsx, zip } from '../../../bench/sheets.mjs';
import { District, assert, finish, program, test } from './lib.mjs';

const d = await new District().serve();
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const chambers = (await d.ok('staff', 'GET', '/organizations?kind=industry')).items.map((o) => o.name);
const table = (n, first = 0) => [HEAD, ...rows(n, chambers, first)];

async function upload(who, kind, content, name = 'sheet.csv') {
  const form = new FormData();
  form.set('kind', kind);
  form.set('file', new Blob([content]), name);
  const answer = await fetch(`${d.url}/api/v1/imports`, { method: 'POST', body: form, headers: { authorization: `Bearer ${d.token(who)}` } });
  const text = await answer.text();
  return { status: answer.status, json: text ? JSON.parse(text) : null };
}

async function until(who, id, ...states) {
  for (let i = 0; i < 600; i++) {
    const run = await d.ok(who, 'GET', `/imports/${id}`);
    if (states.includes(run.state)) return run;
    await sleep(50);
  }
  throw new Error(`import ${id} does not get to ${states}`);
}

const fields = (run) => run.columns.map((c) => c.field ?? '-').join(' ');

async function through(who, kind, content, name) {
  const up = await upload(who, kind, content, name);
  assert.equal(up.status, 201, JSON.stringify(up.json));
  await d.ok(who, 'POST', `/imports/${up.json.id}/columns`, { columns: fields(up.json) });
  const checked = await until(who, up.json.id, 'checked', 'cancelled');
  assert.equal(checked.state, 'checked', checked.reason);
  await d.ok(who, 'POST', `/imports/${up.json.id}/start`);
  return { checked, done: await until(who, up.json.id, 'done', 'cancelled') };
}

const list = async (who, path) => {
  const all = [];
  for (let next = ''; next !== null;) {
    const page = await d.ok(who, 'GET', `${path}${path.includes('?') ? '&' : '?'}limit=200${next ? `&after=${encodeURIComponent(next)}` : ''}`);
    all.push(...page.items);
    next = page.next;
  }
  return all;
};

await test('a sheet as offices have it: titles, two rows of headings, sums, serials, mends', async () => {
  const first = uscc(900001), second = uscc(900002), third = uscc(900003);
  const sheet = xlsx([
    ['临江区会员企业登记表', '', '', '', '', '', ''],
    ['填报单位：工商联', '', '', '', '日期：2026年11月', '', ''],
    ['序号', '单位名称', '统一社会信用代码', '联系人', '', '所属商会', '入会日期'],
    ['', '', '', '姓名', '手机', '', ''],
    [1, '临江甲一有限公司', first.toLowerCase(), '王五', '１３８ 1234-6620', chambers[0], 44260],
    [2, '临江甲二有限公司', second, '李四', 13812346621, '', '2021年3月6日'],
    [3, '临江甲三有限公司', `${third.slice(0, 17)}${third[17] === '0' ? '1' : '0'}`, '', '', '', ''],
    [4, '临江甲四有限公司', '', '', '12', '没有这家商会', '明年'],
    [5, '', '', '', '', '', ''], // numbered in advance, never filled in
    ['合计', 4, '', '', '', '', ''],
  ], { merges: ['A1:G1', 'D3:E3', 'A3:A4', 'B3:B4', 'C3:C4', 'F3:F4', 'F5:F6', 'G3:G4'] });
  const up = await upload('staff', 'enterprises', sheet, '登记表.xlsx');
  assert.equal(up.status, 201, JSON.stringify(up.json));
  assert.equal(up.json.rows, 4);
  assert.equal(fields(up.json), '- name uscc contact_name contact_mobile chamber_id member_since');
  await d.ok('staff', 'POST', `/imports/${up.json.id}/columns`, { columns: fields(up.json) });
  const checked = await until('staff', up.json.id, 'checked');
  assert.deepEqual(checked.counts, { new: 2, changed: 0, same: 0, wrong: 2 });
  const wrong = (await d.ok('staff', 'GET', `/imports/${up.json.id}/rows?outcome=wrong`)).items;
  assert.deepEqual(wrong.map((r) => r.line), [7, 8]);
  assert.match(wrong[0].messages[0].message, /校验位/);
  assert.deepEqual(wrong[1].messages.map((m) => m.column), ['联系人手机', '所属商会', '入会日期']);
  assert.equal((await list('staff', `/enterprises?q=${first}`)).length, 0, 'a dry run writes nothing');
  await d.ok('staff', 'POST', `/imports/${up.json.id}/start`);
  const done = await until('staff', up.json.id, 'done');
  assert.deepEqual(done.counts, { new: 2, changed: 0, same: 0, wrong: 2 });
  const [made] = await list('staff', `/enterprises?q=${first}`);
  assert.equal(made.name, '临江甲一有限公司');
  assert.equal(made.contact_mobile.slice(-4), '6620');
  const [, merged] = [await list('staff', `/memberships?enterprise_id=${made.id}`), await list('staff', `/enterprises?q=${second}`)];
  assert.equal(merged[0].chamber_name ?? merged[0].chamber, made.chamber_name ?? made.chamber, 'merged cells go down');
  const [membership] = await list('staff', `/memberships?enterprise_id=${made.id}`);
  assert.equal(membership.since, '2021-03-05');
  const errors = await fetch(`${d.url}/api/v1/imports/${up.json.id}/errors.csv`, { headers: { authorization: `Bearer ${d.token('staff')}` } });
  const text = await errors.text();
  assert.match(text, /行号,序号,单位名称/);
  assert.match(text, /临江甲四有限公司/);
  // The mended error sheet, GBK as Excel here saves it: only what was wrong is new.
  const again = await through('staff', 'enterprises', csv([['行号', '单位名称', '统一社会信用代码', '错误'], ['7', '临江甲三有限公司', third, 'x'], ['5', '临江甲一有限公司', first, '']]));
  assert.deepEqual(again.done.counts, { new: 1, changed: 0, same: 1, wrong: 0 });
});

await test('an update says what changes, and a second run changes nothing', async () => {
  const code = uscc(900001);
  const change = csv([['企业名称', '信用代码', '注册地址', '所属商会'], ['临江甲一有限公司', code, '工业路 9 号', chambers[1]]]);
  const { checked } = await through('staff', 'enterprises', change);
  assert.deepEqual(checked.counts, { new: 0, changed: 1, same: 0, wrong: 0 });
  const [{ changes }] = (await d.ok('staff', 'GET', `/imports/${checked.id}/rows?outcome=changed`)).items;
  assert.deepEqual(changes.address, [null, '工业路 9 号']);
  assert.ok(changes.member_of, 'a member of a second chamber, too');
  const [e] = await list('staff', `/enterprises?q=${code}`);
  assert.equal((await list('staff', `/memberships?enterprise_id=${e.id}`)).length, 2);
  assert.deepEqual((await through('staff', 'enterprises', change)).done.counts, { new: 0, changed: 0, same: 1, wrong: 0 });
  const events = await d.ok('staff', 'GET', `/enterprises/${e.id}/events`);
  assert.equal(events.items.filter((x) => x.type === 'create' && x.data.name[1] === '临江甲一有限公司').length, 1);
  assert.deepEqual(events.items.filter((x) => x.type === 'update').map((x) => x.data), [{ address: [null, '工业路 9 号'] }]);
});

await test('people and memberships find what they belong to, sealed numbers stay sealed', async () => {
  const people = csv([['姓名', '手机', '身份证号码', '民族', '出生日期', '企业名称'],
    ['王小五', '13912340001', '320902197503120011', '汉', '1975年3月', '临江甲一有限公司'], ['赵小六', '13912340002', '32090219750312001X', '', '', '没有的公司']]);
  const first = await through('staff', 'people', people);
  const wrong = (await d.ok('staff', 'GET', `/imports/${first.done.id}/rows?outcome=wrong`)).items;
  assert.deepEqual(first.done.counts, { new: 1, changed: 0, same: 0, wrong: 1 }, JSON.stringify(wrong));
  assert.deepEqual((await through('staff', 'people', people)).done.counts, { new: 0, changed: 0, same: 1, wrong: 1 });
  const [person] = await list('staff', '/people?q=王小五');
  assert.ok(person.mobile.includes('*') && person.birth === '1975-03' && person.ethnicity === '汉族');
  const members = csv([['企业名称', '商会', '入会日期', '职务', '代表手机'], ['临江甲二有限公司', chambers[1], '2022.5.6', '副会长', '13912340001']]);
  assert.deepEqual((await through('staff', 'memberships', members)).done.counts, { new: 1, changed: 0, same: 0, wrong: 0 });
  assert.deepEqual((await through('staff', 'memberships', members)).done.counts, { new: 0, changed: 0, same: 1, wrong: 0 });
});

await test('columns told once are remembered', async () => {
  const odd = (n) => csv([['甲列', '乙列'], [`记住${n}有限公司`, uscc(910000 + n)]]);
  const up = await upload('staff', 'enterprises', odd(1));
  assert.equal(fields(up.json), '- -');
  const none = await d.api('staff', 'POST', `/imports/${up.json.id}/columns`, { columns: '- -' });
  assert.equal(none.status, 422);
  assert.equal((await d.api('staff', 'POST', `/imports/${up.json.id}/columns`, { columns: 'name name' })).status, 422);
  assert.equal((await d.api('staff', 'POST', `/imports/${up.json.id}/columns`, { columns: 'name secret' })).status, 422);
  assert.equal((await d.api('staff', 'POST', `/imports/${up.json.id}/start`)).status, 409, 'not before the dry run');
  await d.ok('staff', 'POST', `/imports/${up.json.id}/columns`, { columns: 'name uscc' });
  await until('staff', up.json.id, 'checked');
  await d.ok('staff', 'POST', `/imports/${up.json.id}/cancel`);
  assert.equal(fields((await upload('staff', 'enterprises', odd(2))).json), 'name uscc');
});

await test('a secretary imports for her own chamber, and sees only her own imports', async () => {
  const me = await d.ok('secretary', 'GET', '/me');
  const run = await through('secretary', 'enterprises', csv([['企业名称', '信用代码', '所属商会'],
    ['秘书一有限公司', uscc(920001), ''], ['秘书二有限公司', uscc(920002), chambers.find((x) => x) ?? ''], ['改别人的', uscc(900001), '']]));
  const [own] = await list('secretary', `/enterprises?q=${uscc(920001)}`);
  assert.equal(own.chamber_id, me.organization_id);
  const wrong = (await d.ok('secretary', 'GET', `/imports/${run.done.id}/rows?outcome=wrong`)).items;
  assert.ok(wrong.some((r) => r.cells[0] === '改别人的'), JSON.stringify(run.done.counts));
  assert.equal((await upload('secretary', 'organizations', csv([['名称', '类型'], ['x', '部门']]))).status, 422);
  const others = (await d.ok('staff', 'GET', '/imports')).items;
  assert.ok(others.some((r) => r.id === run.done.id), 'the office sees all');
  const foreign = others.find((r) => r.account !== run.done.account);
  assert.equal((await d.api('secretary', 'GET', `/imports/${foreign.id}`)).status, 404);
  assert.equal((await d.api('secretary', 'POST', `/imports/${foreign.id}/cancel`)).status, 404);
  assert.equal((await upload('member', 'enterprises', csv([['企业名称'], ['x']]))).status, 403);
});

await test('files that mean harm do none, and others go on', async () => {
  const zeros = Buffer.alloc(3 << 20, 0x20);
  const part = (name, text) => [name, text];
  const good = xlsx([['企业名称'], ['x']]);
  const bombs = {
    'no archive': Buffer.from('PK\x03\x04 nothing'),
    'half of one': good.subarray(0, good.length >> 1),
    'entities': zip([part('xl/workbook.xml', '<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>')]),
    'a path outside': zip([part('../../etc/passwd', 'x'), part('xl/workbook.xml', '<workbook/>')]),
    'much out of little': zip(Array.from({ length: 400 }, (_, i) => part(`xl/x${i}`, zeros))),
    'broken xml': zip([part('xl/workbook.xml', '<workbook><sheets>')]),
    'no text': Buffer.from([0xff, 0x00, 0x41, 0x0a]),
    'an open quote': Buffer.from('企业名称\n"x'),
    'nothing': Buffer.from('\n\n'),
    'dates of 1904': xlsx([['企业名称'], ['x']], { date1904: true }),
    'a column 600': Buffer.from(`${Array.from({ length: 600 }, (_, i) => `c${i}`).join(',')}\n`),
  };
  for (const [what, content] of Object.entries(bombs)) {
    const r = await upload('staff', 'enterprises', content);
    assert.equal(r.status, 422, `${what}: ${r.status}`);
    assert.equal(r.json.errors[0].field, 'file', what);
    assert.match(r.json.errors[0].message, /\p{Script=Han}/u, what);
  }
  const formula = await upload('staff', 'enterprises', csv([['企业名称', '信用代码'], ['=HYPERLINK("http://x")', 'y']]));
  await d.ok('staff', 'POST', `/imports/${formula.json.id}/columns`, { columns: 'name uscc' });
  await until('staff', formula.json.id, 'checked');
  const sheet = await (await fetch(`${d.url}/api/v1/imports/${formula.json.id}/errors.csv`, { headers: { authorization: `Bearer ${d.token('staff')}` } })).text();
  assert.match(sheet, /"'=HYPERLINK/, 'defused');
  assert.equal((await upload('staff', 'enterprises', csv(table(3, 930000)))).status, 201, 'the reader lives');
});

await test('a sheet of the largest size comes in, one byte more does not', async () => {
  const MOST = 32 << 20, ROOM = 4096; // for the parts of the form
  const lines = csv(table(2000, 940000)).toString().split('\r\n');
  const body = Buffer.alloc(MOST - ROOM, '\r\n');
  const head = Buffer.from(`${lines[0]}\r\n`), block = Buffer.from(`${lines.slice(1, -1).join('\r\n')}\r\n`);
  let at = head.copy(body), n = 0;
  for (; at + block.length <= body.length; n += 2000) at += block.copy(body, at);
  const up = await upload('staff', 'enterprises', body);
  assert.equal(up.status, 201, JSON.stringify(up.json));
  assert.equal(up.json.rows, n);
  await d.ok('staff', 'POST', `/imports/${up.json.id}/cancel`);
  const status = await upload('staff', 'enterprises', Buffer.alloc(MOST + 1, 'a')).then((r) => r.status, () => 413); // it may not wait for the rest
  assert.equal(status, 413);
  assert.equal((await upload('staff', 'enterprises', csv(table(3, 930000)))).status, 201, 'others go on');
});

await test('a server killed in the middle goes on where it was, nothing twice', async () => {
  const N = 6000;
  const before = (await d.command('export', 'enterprises', '--format', 'json').stdout.match(/"uscc"/g) ?? []).length;
  const up = await upload('staff', 'enterprises', csv(table(N, 100000)));
  await d.ok('staff', 'POST', `/imports/${up.json.id}/columns`, { columns: fields(up.json) });
  await until('staff', up.json.id, 'checked');
  await d.ok('staff', 'POST', `/imports/${up.json.id}/start`);
  const [one] = (await d.ok('staff', 'GET', '/enterprises?limit=1')).items;
  let kills = 0, saved = 0, begun = Date.now();
  for (;;) {
    const run = await d.ok('staff', 'GET', `/imports/${up.json.id}`);
    if (run.state !== 'running') break;
    // Also where all of it is one transaction.
    if ((run.position > kills * 3 || Date.now() - begun > 150) && kills < 3) {
      await d.stop('SIGKILL');
      kills++;
      await d.serve();
      begun = Date.now();
    }
    await d.ok('staff', 'PATCH', `/enterprises/${one.id}`, { address: `第 ${++saved} 次修改` }); // meanwhile others save
    await sleep(10);
  }
  const run = await until('staff', up.json.id, 'done');
  assert.ok(kills > 0, 'it was too fast to be killed');
  assert.deepEqual(run.counts, { new: N, changed: 0, same: 0, wrong: 0 });
  assert.equal((await d.ok('staff', 'GET', `/enterprises/${one.id}`)).address, `第 ${saved} 次修改`);
  const now = JSON.parse(d.command('export', 'enterprises', '--format', 'json').stdout);
  assert.equal(now.length, before + N);
  assert.equal(new Set(now.map((e) => e.uscc)).size, now.length);
  const check = d.command('check');
  assert.equal(check.status, 0, check.stdout + check.stderr);
});

await test('the command goes on after a kill, too', async () => {
  await d.stop();
  const N = 8000, file = join(d.dir, 'many.csv');
  writeFileSync(file, csv(table(N, 200000)));
  const killed = spawnSync('timeout', ['-s', 'KILL', '1', program, 'import', '--data', d.data, 'enterprises', file], { encoding: 'utf8' });
  const r = d.command('import', 'enterprises', file);
  assert.equal(r.status, 0, r.stderr);
  assert.match(r.stdout, new RegExp(`${N} rows: ${N} new, 0 changed, 0 unchanged, 0 refused`), `${killed.stdout}${r.stderr}`);
  assert.match(d.command('import', 'enterprises', file, '--dry-run').stdout, new RegExp(`${N} rows: 0 new, 0 changed, ${N} unchanged, 0 refused`));
  await d.serve();
});

const office = ['/usr/bin/soffice', '/usr/bin/libreoffice'].find(existsSync);
if (!office) {
  console.log('LibreOffice: skipped, it is not installed (libreoffice-calc-nogui)');
} else {
  await test('what we export, opened and saved by LibreOffice, comes back without loss', async () => {
    const answer = await fetch(`${d.url}/api/v1/enterprises.xlsx?q=${encodeURIComponent('临江甲')}`, { headers: { authorization: `Bearer ${d.token('staff')}` } });
    const dir = join(d.dir, 'office');
    writeFileSync(join(d.dir, 'ours.xlsx'), Buffer.from(await answer.arrayBuffer()));
    const convert = (to, from) => {
      const r = spawnSync(office, ['--headless', `-env:UserInstallation=file://${d.dir}/profile`, '--convert-to', to, '--outdir', dir, from], { encoding: 'utf8', timeout: 120000 });
      assert.equal(r.status, 0, r.stderr);
    };
    convert('ods', join(d.dir, 'ours.xlsx'));
    convert('xlsx:Calc MS Excel 2007 XML', join(dir, 'ours.ods'));
    const back = await through('staff', 'enterprises', readFileSync(join(dir, 'ours.xlsx')), 'ours.xlsx');
    const said = (await d.ok('staff', 'GET', `/imports/${back.done.id}/rows`)).items;
    assert.deepEqual(back.done.counts, { new: 0, changed: 0, same: 3, wrong: 0 }, JSON.stringify(said, null, 1));
    // A sheet of somebody else's, saved by LibreOffice, into an empty district: what is exported is what stood there.
    const other = new District({ demo: false });
    const orgs = join(other.dir, 'organizations.csv');
    writeFileSync(orgs, csv([['名称', '类型'], ...chambers.map((name) => [name, 'industry'])]));
    assert.equal(other.command('import', 'organizations', orgs).status, 0);
    writeFileSync(join(d.dir, 'theirs.xlsx'), xlsx(table(40, 300000)));
    convert('ods', join(d.dir, 'theirs.xlsx'));
    convert('xlsx:Calc MS Excel 2007 XML', join(dir, 'theirs.ods'));
    const r = other.command('import', 'enterprises', join(dir, 'theirs.xlsx'));
    assert.equal(r.status, 0, r.stdout + r.stderr);
    const out = JSON.parse(other.command('export', 'enterprises', '--format', 'json').stdout);
    const of = (e) => [e.name, e.uscc, e.industry_code, e.town, e.address, e.legal_representative, e.contact_name, e.registered_on];
    const theirs = table(40, 300000).slice(1).map((c) => [c[1], c[2], c[3], c[4], c[5], c[7], c[8], c[10]]);
    assert.deepEqual(out.map(of).sort(), theirs.sort());
  });
}

finish();
