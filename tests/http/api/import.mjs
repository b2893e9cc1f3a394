// SPDX-License-Identifier: Apache-2.0
// Importing tables: small invented ones always, and the real ones of $HUIQIAO_REAL_DATA, whose
// figures are then computed here a second time, from the files alone.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { District, assert, finish, test } from './lib.mjs';

const d = new District();
const mapFile = new URL('../../../examples/import/messages.json', import.meta.url).pathname;
let number = 0;

function table(text) {
  const file = join(d.dir, `table-${++number}.csv`);
  writeFileSync(file, text);
  return file;
}

function exported() {
  const r = d.command('export', 'demands', '--format', 'json');
  assert.equal(r.status, 0, r.stderr);
  return JSON.parse(r.stdout);
}

// An independent reader of CSV (RFC 4180): shares nothing with the program's.
function parseCsv(text) {
  const rows = [];
  let row = [], cell = '', quoted = false;
  text = text.replace(/^\ufeff/, '');
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') (cell += '"'), i++;
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',') row.push(cell), (cell = '');
    else if (c === '\n' || c === '\r') {
      if (c === '\r' && text[i + 1] === '\n') i++;
      row.push(cell);
      if (row.length > 1 || row[0] !== '') rows.push(row);
      row = [], (cell = '');
    } else cell += c;
  }
  if (cell !== '' || row.length) row.push(cell), rows.push(row);
  const head = rows.shift();
  return rows.map((r) => Object.fromEntries(head.map((h, i) => [h, r[i] ?? ''])));
}

await test('good rows come in, bad ones are named with line and column', async () => {
  const file = table([
    '来源编号,标题,内容,类别,提交时间',
    'a1,第一件,"两行\n内容",融资,2026/3/2 9:32:09',
    'a2,,没有标题,融资,2026/3/2',
    'a3,第三件,内容,没有的类别,2026/3/2',
    'a4,第四件,内容,land,2026/2/30',
    'a5,第五件,"<p>网页 &nbsp; 残留</p>",其他,46083.5',
    'a6,第六件,内容,other,2099/1/1',
  ].join('\r\n'));
  const before = exported().length;
  const r = d.command('import', 'demands', file);
  assert.equal(r.status, 1, r.stdout);
  assert.match(r.stdout, /6 rows: 2 imported, 0 known already, 4 refused/);
  const errors = parseCsv(readFileSync(`${file}.errors.csv`, 'utf8'));
  assert.deepEqual(errors.map((e) => e.line).sort(), ['4', '5', '6', '8']);
  assert.equal(errors.find((e) => e.line === '5').column, '类别');
  assert.equal(errors.find((e) => e.line === '6').column, '提交时间');
  const now = exported();
  assert.equal(now.length, before + 2);
  const first = now.find((x) => x.title === '第一件');
  assert.equal(first.submitted_at, '2026-03-02T09:32:09+08:00');
  assert.equal(first.category, 'finance');
  assert.equal(now.find((x) => x.title === '第五件').submitted_at, '2026-03-02T12:00:00+08:00');
  const again = d.command('import', 'demands', file);
  assert.match(again.stdout, /6 rows: 0 imported, 2 known already, 4 refused/);
  assert.equal(exported().length, before + 2);
});

await test('a rehearsal writes nothing', async () => {
  const file = table('external_id,title,body\nb1,甲,乙\n');
  const before = exported().length;
  const r = d.command('import', 'demands', file, '--dry-run');
  assert.equal(r.status, 0, r.stderr);
  assert.match(r.stdout, /1 would be imported/);
  assert.equal(exported().length, before);
  assert.match(d.command('import', 'demands', file).stdout, /1 rows: 1 imported/);
});

await test('old rows may be moved to today', async () => {
  const file = table('external_id,title,body,submitted_at\nc1,旧一,内容,2019/4/25 9:00:00\nc2,旧二,内容,2019/4/20 10:00:00\n');
  assert.equal(d.command('import', 'demands', file, '--shift-dates').status, 0);
  const rows = exported();
  const at = (t) => Date.parse(rows.find((x) => x.title === t).submitted_at);
  assert.equal(at('旧一') - at('旧二'), Date.parse('2019-04-25T09:00:00Z') - Date.parse('2019-04-20T10:00:00Z'));
  assert.ok(Date.now() - at('旧一') < 86400000 && at('旧一') <= Date.now());
});

await test('enterprises and organisations, each once', async () => {
  const orgs = table('名称,类型,承办类别\n区科技局,部门,technology\n青石镇商会,town,\n坏的,没有这种,\n');
  assert.match(d.command('import', 'organizations', orgs).stdout, /3 rows: 2 new, 0 changed, 0 unchanged, 1 refused/);
  assert.match(d.command('import', 'organizations', orgs).stdout, /3 rows: 0 new, 0 changed, 2 unchanged, 1 refused/);
  const file = table('name,uscc\n甲公司,91320902MA0TEK012E\n乙公司,91320902MA0TEK012X\n丙公司,\n');
  const r = d.command('import', 'enterprises', file, '--dry-run');
  assert.match(r.stdout, /3 rows: 0 new, 1 changed, 0 unchanged, 2 refused/, 'the code is another name\'s, wrong, missing');
  assert.match(r.stdout, /2: changed 企业名称|2: changed .*甲公司/);
  assert.deepEqual(parseCsv(readFileSync(`${file}.errors.csv`, 'utf8')).map((e) => e['行号']), ['3', '4']);
});

await test('a workbook that one district exports comes into another', async () => {
  await d.serve();
  const answer = await fetch(`${d.url}/api/v1/organizations.xlsx`, { headers: { authorization: `Bearer ${d.token('staff')}` } });
  assert.equal(answer.status, 200);
  const other = new District({ demo: false });
  const file = join(other.dir, 'organizations.xlsx');
  writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
  await d.stop();
  const map = join(other.dir, 'map.json');
  writeFileSync(map, '{"columns":{"上级组织":""}}');
  const r = other.command('import', 'organizations', file, '--map', map);
  assert.equal(r.status, 0, r.stdout + r.stderr);
  const names = (x) => JSON.parse(x.command('export', 'organizations', '--format', 'json').stdout).map((o) => o.name);
  for (const name of names(d)) assert.ok(names(other).includes(name), `${name} is missing`);
});

await test('what is no table, no map, no kind', async () => {
  const file = table('title,body\n"open');
  for (const args of [['demands', file], ['demands', '/nowhere.csv'], ['nothing', file], ['demands', table('')], ['demands', table('a,b\n1,2\n')],
    ['demands', file, '--map', file], ['demands', table(Buffer.from([0xff, 0x00, 0x41]))]]) {
    const r = d.command('import', ...args);
    assert.ok(r.status === 1 || r.status === 2, `${args}: ${r.status}`);
    assert.match(r.stderr, /^huiqiao: /m);
  }
});

const folder = process.env.HUIQIAO_REAL_DATA;
if (!folder || !existsSync(join(folder, 'answered.csv'))) {
  console.log('real tables: skipped, HUIQIAO_REAL_DATA names no folder that has them');
} else {
  const answered = parseCsv(readFileSync(join(folder, 'answered.csv'), 'utf8'));
  const open = parseCsv(readFileSync(join(folder, 'open.csv'), 'utf8'));
  const real = new District();
  const real2 = (name, ...more) => real.command('import', 'demands', join(folder, name), '--map', mapFile, ...more);
  const beijing = (text) => {
    if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 86400) * 1000 + Date.UTC(1899, 11, 30) - 8 * 3600000;
    const [, y, m, day, h, min, s] = /^(\d+)\/(\d+)\/(\d+)(?: (\d+):(\d+):(\d+))?$/.exec(text).map((x) => Number(x ?? 0));
    return Date.UTC(y, m - 1, day, h || 0, min || 0, s || 0) - 8 * 3600000;
  };
  const year = (ms) => new Date(ms + 8 * 3600000).getUTCFullYear();
  const count = (list) => Object.fromEntries([...list.reduce((m, k) => m.set(k, (m.get(k) ?? 0) + 1), new Map())].sort());
  const median = (list) => {
    const s = [...list].sort((a, b) => a - b);
    return (s[(s.length - 1) >> 1] + s[s.length >> 1]) / 2;
  };

  await test('both real tables come in completely', async () => {
    const before = exportedOf(real).length;
    const a = real2('answered.csv');
    assert.equal(a.status, 0, a.stderr);
    assert.match(a.stdout, new RegExp(`${answered.length} rows: ${answered.length} imported, 0 known already, 0 refused`));
    const o = real2('open.csv');
    assert.equal(o.status, 0, o.stderr);
    assert.match(o.stdout, new RegExp(`${open.length} rows: ${open.length} imported, 0 known already, 0 refused`));
    assert.equal(exportedOf(real).length, before + answered.length + open.length);
    assert.match(real2('open.csv').stdout, new RegExp(`0 imported, ${open.length} known already`));
  });

  await test('their figures are those of the files', async () => {
    const rows = exportedOf(real).filter((x) => x.source === 'import');
    const closed = rows.filter((x) => x.state === 'closed');
    const live = rows.filter((x) => x.state !== 'closed');
    assert.equal(closed.length, answered.length);
    assert.equal(live.length, open.length);
    assert.deepEqual(count(closed.map((x) => year(Date.parse(x.submitted_at)))), count(answered.map((r) => year(beijing(r.created_at)))));
    assert.deepEqual(count(live.map((x) => year(Date.parse(x.submitted_at)))), count(open.map((r) => year(beijing(r.created_at)))));
    const times = (list) => list.map((x) => x).sort((a, b) => a - b);
    assert.deepEqual(times(closed.map((x) => Date.parse(x.submitted_at))), times(answered.map((r) => beijing(r.created_at))));
    assert.deepEqual(times(live.map((x) => Date.parse(x.submitted_at))), times(open.map((r) => beijing(r.created_at))));
    await real.serve();
    const spent = [];
    for (const x of closed) {
      const full = await real.ok('staff', 'GET', `/demands/${x.id}`);
      assert.equal(full.answered_at, full.closed_at);
      spent.push(Date.parse(full.answered_at) - Date.parse(full.submitted_at));
    }
    const wanted = answered.map((r) => beijing(r.answered_at) - beijing(r.created_at));
    assert.equal(median(spent), median(wanted));
    assert.deepEqual(times(spent), times(wanted));
  });

  await test('their texts are kept, as texts', async () => {
    // Folding of spaces and line ends aside, nothing is lost.
    const bare = (s) => s.replace(/[\s\u3000\ufeff\u200b\u00a0]+/g, '');
    const rows = exportedOf(real).filter((x) => x.source === 'import');
    const titles = count(rows.map((x) => bare(x.title)));
    assert.deepEqual(titles, count([...answered, ...open].map((r) => bare(r.title))));
    const longest = [...open].sort((a, b) => b.body.length - a.body.length).slice(0, 5);
    for (const r of longest) {
      const found = rows.filter((x) => bare(x.title) === bare(r.title));
      const bodies = [];
      for (const f of found) bodies.push(bare((await real.ok('staff', 'GET', `/demands/${f.id}`)).body));
      assert.ok(bodies.includes(bare(r.body)), `${r.title}: ${r.body.length} characters`);
    }
  });

  await test('history has no cards and the cockpit counts it', async () => {
    const rows = exportedOf(real).filter((x) => x.state === 'closed' && x.source === 'import');
    for (const x of rows.slice(0, 40)) {
      const full = await real.ok('staff', 'GET', `/demands/${x.id}`);
      assert.deepEqual(full.cards ?? [], []);
      assert.equal(full.light, 'done');
    }
    const events = await real.ok('staff', 'GET', `/demands/${rows[0].id}/events`);
    const types = events.items.map((e) => e.type);
    assert.ok(types.includes('submitted') && types.includes('answered') && types.includes('closed'), `${types}`);
    assert.equal((await real.api('leader', 'GET', '/statistics')).status, 200);
    await real.stop();
    const check = real.command('check');
    assert.equal(check.status, 0, check.stdout + check.stderr);
  });
}

function exportedOf(district) {
  const r = district.command('export', 'demands', '--format', 'json');
  assert.equal(r.status, 0, r.stderr);
  return JSON.parse(r.stdout);
}

finish();
