// SPDX-License-Identifier: Apache-2.0
// Throughput as ratios in one run: pages and creations against bench/baseline.c, which answers
// the same SQL result with the same number of bytes; the same work on a small and on a large
// district; what it takes to start, to rest and to hold idle connections.
//
//   node bench/run.mjs BUILD [--demands 100000] [--small 10000] [--large 1000000] [--seconds 1]
//                      [--enterprises 1000000]
//                      [--only pages,creation,growth,rest,idle,exports,search,backup,failover]
//                      [--keep DIR]
//
// Districts are made in DIR (a temporary one otherwise) and used again when they are there.
import { existsSync, cpSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  ROUNDS, build, compare, creationScript, huiqiao, load, login, measure, middle, n0, newest, nextPort, option, percent, row, run, settle,
  sleep, start, statement, stop, token, work,
} from './lib.mjs';

const DEMANDS = Number(option('demands', 100000));
const SMALL = Number(option('small', 10000));
const LARGE = Number(option('large', 1000000));
const ENTERPRISES = Number(option('enterprises', 1000000));
const SETTLING = 8000; // a server begins with its minute's work, which writes
const baseline = join(build, 'bench', 'baseline');
const serve = (data, port = nextPort()) =>
  start(huiqiao, ['serve', '--drain', '0', '--data', data, '--listen', `127.0.0.1:${port}`], port, '/readyz');
const bare = (data, bytes, sql, tables = '', port = nextPort()) =>
  start(baseline, [join(data, 'district.db'), String(port), String(bytes), sql, tables], port, '/');

// A district of n demands; `copy` for one that is written to.
function district(n, copy = '') {
  const data = join(work, `d${n}`);
  if (!existsSync(join(data, 'district.db'))) {
    mkdirSync(work, { recursive: true });
    run('init', '--data', data, '--demo');
    run('generate', '--data', data, '--enterprises', String(Math.ceil(n / 10)), '--demands', String(n));
  }
  if (copy === '') return data;
  settle(() => {
    rmSync(join(work, `d${n}-${copy}`), { recursive: true, force: true });
    cpSync(data, join(work, `d${n}-${copy}`), { recursive: true });
  });
  return join(work, `d${n}-${copy}`);
}

// ---- what is measured ------------------------------------------------------------------

async function pages() {
  const data = district(DEMANDS);
  const server = await serve(data);
  const cookie = await login(server);
  const bearer = token(data, 'staff');
  const items = (await (await fetch(`${server.base}/api/v1/demands?view=all`, { headers: bearer })).json()).items;
  const id = items[5].id;
  const detail = ['demand.get', 'demand.legs', 'demand.log'].map((s) => statement(s, [id])).join('') +
    statement('demand.events', [id, 1, 200]) + statement('attachment.list', ['demand', id]);
  const cases = [
    ['HTML list of 20', '/demands?view=all', cookie, newest(), 0.5],
    ['JSON list of 20', '/api/v1/demands?view=all', bearer, newest(), 0.6],
    ['detail page', `/demands/${id}`, cookie, detail, 0.5],
  ];
  for (const [name, path, headers, sql, goal] of cases) {
    const url = server.base + path;
    const answer = await fetch(url, { headers: { ...headers, 'accept-encoding': 'identity' } });
    const bytes = Buffer.byteLength(await answer.text());
    const against = await bare(data, bytes, sql);
    const r = await compare(() => load(url, { headers }), () => load(`${against.base}/`));
    await stop(against);
    row(`${name}, ${n0(bytes)} bytes`, `${n0(r.a.rate)}/s, p99 ${r.a.p99.toFixed(1)} ms`, `${n0(r.b.rate)}/s`,
      percent(r.ratio), `≥ ${percent(goal)}`, r.ratio >= goal && r.a.refused === 0);
  }
  await stop(server);
}

async function creation() {
  const data = district(DEMANDS, 'written');
  const mine = creationScript(token(data, 'member'), join(work, 'create.lua'));
  const plain = creationScript({}, join(work, 'bare.lua'));
  const sides = [[], []];
  for (let i = 0; i < ROUNDS; i++) {
    const server = await serve(data);
    sides[0].push(load(`${server.base}/api/v1/demands`, { connections: 64, script: mine }));
    await stop(server);
    const against = await bare(data, 2300, 'SELECT 1;', 'demand,demand_event,audit,notice,search_doc,search_index');
    sides[1].push(load(`${against.base}/`, { connections: 64, script: plain }));
    await stop(against);
  }
  let turn = [0, 0];
  const r = await compare(() => sides[0][turn[0]++], () => sides[1][turn[1]++]);
  row('durable creation, 64 clients', `${n0(r.a.rate)}/s, p99 ${r.a.p99.toFixed(0)} ms`,
    `${n0(r.b.rate)}/s, p99 ${r.b.p99.toFixed(0)} ms`, percent(r.ratio), '≥ 50 % and ≥ 5,000/s',
    r.ratio >= 0.5 && r.a.rate >= 5000 && r.a.refused === 0);
  rmSync(data, { recursive: true, force: true });
}

async function growth() {
  const datas = [district(SMALL, 'written'), district(LARGE, 'written')];
  const servers = [await serve(datas[0]), await serve(datas[1])];
  const bearers = datas.map((d) => token(d, 'staff'));
  const cookies = [await login(servers[0]), await login(servers[1])];
  const scripts = datas.map((d, i) => creationScript(token(d, 'member'), join(work, `grow${i}.lua`)));
  const ids = [Math.floor(SMALL / 2), Math.floor(LARGE / 2)];
  const work_on = {
    'list': (i) => load(`${servers[i].base}/demands?view=all`, { headers: cookies[i] }),
    'detail': (i) => load(`${servers[i].base}/demands/${ids[i]}`, { headers: cookies[i] }),
    'search by time': (i) => load(`${servers[i].base}/api/v1/demands?view=all&q=${encodeURIComponent('电压')}`, { headers: bearers[i] }),
    'creation': (i) => load(`${servers[i].base}/api/v1/demands`, { connections: 64, script: scripts[i] }),
  };
  for (const [name, fn] of Object.entries(work_on)) {
    const r = await compare(() => fn(0), () => fn(1));
    row(`${name}: ${n0(SMALL)} → ${n0(LARGE)} demands`, `${n0(r.b.rate)}/s of the large`, `${n0(r.a.rate)}/s of the small`,
      `${r.ratio.toFixed(2)}×`, '≤ 1.3×', r.ratio <= 1.3 && r.a.refused + r.b.refused === 0);
  }
  for (const s of servers) await stop(s);
  for (const d of datas) rmSync(d, { recursive: true, force: true });
}

const resident = (server) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]) / 1024;

async function rest() {
  const data = district(DEMANDS);
  const starts = [];
  for (let i = 0; i < ROUNDS; i++) {
    const server = await serve(data);
    starts.push(server.ms);
    if (i === ROUNDS - 1) {
      await sleep(500);
      row('resident at rest', `${resident(server).toFixed(0)} MB`, '', '', '≤ 64 MB', resident(server) <= 64);
    }
    await stop(server);
  }
  row('start to first answer', `${middle(starts).toFixed(0)} ms`, '', '', '≤ 200 ms', middle(starts) <= 200);
}

// Opens a connection, asks once, and keeps it.
function idleConnection(server) {
  return new Promise((done, fail) => {
    const s = connect(server.port, '127.0.0.1');
    s.once('error', fail);
    s.once('data', () => done(s));
    s.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  });
}

async function idle() {
  const COUNT = 5000;
  const server = await serve(district(DEMANDS));
  await sleep(300);
  const before = resident(server);
  const sockets = [];
  for (let i = 0; i < COUNT; i += 100) {
    sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => idleConnection(server)))));
  }
  await sleep(500);
  const more = resident(server) - before;
  row(`${n0(COUNT)} idle connections`, `+${more.toFixed(0)} MB`, '', '', '≤ +64 MB', more <= 64);
  for (const s of sockets) s.destroy();
  await stop(server);
}

// A district of n enterprises, as a roster is exported and searched.
function roster(n) {
  const data = join(work, `r${n}`);
  if (!existsSync(join(data, 'district.db'))) {
    mkdirSync(work, { recursive: true });
    run('init', '--data', data, '--demo');
    run('generate', '--data', data, '--enterprises', String(n), '--demands', '0');
  }
  return data;
}

// Seconds of a command line.
function seconds(line) {
  const began = performance.now();
  const r = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
  if (r.status !== 0) throw new Error(`${line}: ${r.stderr}`);
  return (performance.now() - began) / 1000;
}

// The whole list over HTTP against the bare program that prints the same columns of the same rows.
async function exports() {
  const ROWS = 100000;
  const data = roster(ROWS);
  const auth = `Authorization: ${token(data, 'staff').authorization}`;
  const server = await serve(data);
  await sleep(SETTLING);
  const get = (path, to) => `curl -sf -o ${to} -H '${auth}' ${server.base}/api/v1/${path}`;
  const file = join(work, 'export');
  const cases = [
    ['all columns, masks of sealed numbers', 'enterprises.csv',
      't.id, t.name, t.short_name, t.uscc, t.industry, t.industry_code, t.size, t.size_year, t.size_missing, t.town, t.region_code, ' +
      't.address, (SELECT r.name FROM organization r WHERE r.id = t.chamber_id), t.contact_name, t.contact_mobile, t.state, ' +
      't.legal_representative, t.registered_on, t.registry_state, t.registry_checked_on, t.created_at, t.updated_at'],
    ['columns without sealed ones', 'enterprises.csv?columns=name+short_name+uscc+industry+town+chamber_id+state',
      't.name, t.short_name, t.uscc, t.industry, t.town, (SELECT r.name FROM organization r WHERE r.id = t.chamber_id), t.state'],
  ];
  for (const [what, path, columns] of cases) {
    const plain = `${baseline} csv ${join(data, 'district.db')} 'SELECT ${columns} FROM enterprise t ORDER BY t.id DESC' | cat > /dev/null`;
    seconds(get(path.replace('?', '\\?'), file));
    const rows = readFileSync(file).filter((b) => b === 10).length - 1;
    seconds(plain);
    const [ours, theirs] = [[], []];
    for (let i = 0; i < ROUNDS; i++) {
      ours.push(seconds(get(path.replace('?', '\\?'), '/dev/null')));
      theirs.push(seconds(plain));
    }
    const [a, b] = [middle(ours), middle(theirs)];
    row(`export of ${n0(rows)} rows as CSV over HTTP, ${what}`, `${n0(rows / a)} rows/s`, `${n0(rows / b)} rows/s`, percent(b / a), '≥ 60 %',
      b / a >= 0.6 && rows >= ROWS);
  }
  const before = resident(server);
  const took = seconds(get('enterprises.xlsx', file));
  row(`the same as XLSX, ${n0(readFileSync(file).length / 1e6)} MB`, `${took.toFixed(1)} s, +${Math.max(0, resident(server) - before).toFixed(0)} MB`, '',
    '', '≤ +64 MB', resident(server) - before <= 64);
  rmSync(file, { force: true });
  await stop(server);
}

// The search box and the list's own field: one client, every query another one than before, so
// that nothing kept from an earlier answer helps.
async function search() {
  const data = roster(ENTERPRISES);
  const readers = { staff: token(data, 'staff'), secretary: token(data, 'secretary') };
  const server = await serve(data);
  await sleep(SETTLING);
  const words = '宏远 金泰 恒新 博达 华盛 嘉和 瑞丰 天成 永兴 中诚 同创 正源 启明 星辰 安顺 德隆 广通 海纳 景盛 凯旋 立信 明德 诺亚 鹏程 千禾 荣昌 尚品 泰和 万象 祥云 雅致 卓越 志远 众合 腾跃 百川 长青 大地 东升 方圆'.split(' ');
  const letters = 'hy jt hx bd hs jh rf tc yx zc tc zy qm xc as dl gt hn js kx lx md ny pc qh rc sp th wx xy yz zy zy zh ty bc zq dd ds fy'.split(' ');
  const towns = ['lj', 'bj', 'gk', 'yx', 'lh', 'dh', 'ns'];
  const groups = {
    'two characters': [...words, ...words.map((w, i) => w[1] + words[(i + 7) % words.length][0]), '有限', '科技', '贸易', '公司', '临江', '限公'],
    'initials': towns.flatMap((t) => letters.map((l) => t + l)),
    'beginning of a code': Array.from({ length: 300 }, (_, i) => `91320902G000${'0123456789ABCDEFGHJKLMNPQRTUWXY'[i % 31]}${i % 10}`.slice(0, 8 + (i % 7))),
    'nothing found': words.map((w, i) => `${w[0]}鼐${i % 2 ? w[1] : ''}`),
    'a slip': words.map((w, i) => `${w}鼎${words[(i + 3) % words.length]}贸`),
  };
  for (const [who, headers] of Object.entries(readers)) {
    for (const [what, queries] of Object.entries(groups)) {
      const times = [];
      let refused = 0;
      for (const q of new Set(queries)) {
        const began = performance.now();
        const answer = await fetch(`${server.base}/api/v1/search?q=${encodeURIComponent(q)}`, { headers });
        await answer.arrayBuffer();
        times.push(performance.now() - began);
        refused += answer.status === 200 ? 0 : 1;
      }
      times.sort((a, b) => a - b);
      const p99 = times[Math.floor(times.length * 0.99)];
      row(`search of ${n0(ENTERPRISES)} by ${who}: ${what}`, `p50 ${middle(times).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
        `${times.length} queries`, '', 'p99 ≤ 20 ms', p99 <= 20 && refused === 0);
    }
  }
  await stop(server);
}

// A million demands as a backup and back, on SQLite and, where HUIQIAO_TEST_POSTGRES names a server,
// on PostgreSQL; beside what takes the bytes alone: a copy of the file and its way to the disk, pg_dump
// and pg_restore.
function backup() {
  const from = district(LARGE);
  const at = (name) => join(work, `backup-${name}`);
  const remove = (...names) => names.forEach((n) => rmSync(at(n), { recursive: true, force: true }));
  const timed = (fn) => {
    execFileSync('sync');
    const began = performance.now();
    fn();
    return (performance.now() - began) / 1000;
  };
  const mib = (name) => (statSync(at(name)).size / 2 ** 20).toFixed(0);
  const say = (what, seconds, rows, bare, beside) =>
    row(what, `${n0(rows / seconds)} rows/s, ${seconds.toFixed(0)} s`, `${beside} ${bare.toFixed(1)} s`, `${(seconds / bare).toFixed(1)}×`, '', true);
  remove('key', 'key.pub', 'file', 'copy', 'restored', 'dump', 'pg', 'pg.hq');
  run('key', 'new', at('key'));
  run('setting', '--data', from); // the schema of this program, and nothing left in the log
  let said = '';
  const made = timed(() => { said = spawnSync(huiqiao, ['backup', '--data', from, '--key', at('key.pub'), at('file')], { encoding: 'utf8' }).stderr; });
  const rows = Number(/^(\d+) rows/m.exec(said)[1]);
  const copied = timed(() => execFileSync('sh', ['-c', `cp --reflink=never ${from}/district.db ${at('copy')} && sync ${at('copy')}`]));
  say(`backup of ${n0(LARGE)} demands, ${mib('file')} MiB`, made, rows, copied, `cp and sync of ${mib('copy')} MiB:`);
  const verified = timed(() => run('check', '--backup', at('file'), '--key', at('key')));
  say('the whole backup verified', verified, rows, copied, 'cp and sync:');
  const restored = timed(() => run('restore', '--data', at('restored'), '--key', at('key'), at('file')));
  say('restored, compared and checked', restored, rows, copied, 'cp and sync:');
  remove('restored', 'copy');
  const server = process.env.HUIQIAO_TEST_POSTGRES;
  if (!server) return;
  const url = `${server}?schema=backup_bench`;
  const loaded = timed(() => run('restore', '--data', at('pg'), '--db', url, '--key', at('key'), at('file')));
  const again = timed(() => spawnSync(huiqiao, ['backup', '--data', at('pg'), '--key', at('key.pub'), at('pg.hq')]));
  const dumped = timed(() => execFileSync('pg_dump', ['-Fc', '-n', 'backup_bench', '-f', at('dump'), server]));
  execFileSync('psql', ['-X', '-q', '-d', server, '-c', 'SET client_min_messages TO error; DROP SCHEMA backup_bench CASCADE']);
  const undumped = timed(() => execFileSync('pg_restore', ['-d', server, at('dump')]));
  say(`PostgreSQL: backup, ${mib('pg.hq')} MiB`, again, rows, dumped, `pg_dump -Fc, ${mib('dump')} MiB:`);
  say('PostgreSQL: restored, compared and checked', loaded, rows, undumped, 'pg_restore:');
  execFileSync('psql', ['-X', '-q', '-d', server, '-c', 'SET client_min_messages TO error; DROP SCHEMA backup_bench CASCADE']);
}

// How long nothing is written after the primary of three PostgreSQL servers is killed, once while
// it stands still. Patroni's ttl, 5 s here, is most of it.
function failover() {
  const out = spawnSync(process.execPath, [join(import.meta.dirname, '..', 'tests', 'failover', 'run.mjs'), huiqiao, '--kills', '3', '--mutant', 'no'],
    { encoding: 'utf8', maxBuffer: 64 << 20 });
  const gaps = JSON.parse(/^gaps (.*)$/m.exec(out.stdout)?.[1] ?? 'null');
  row('without a primary until written again', gaps === null ? 'failed' : `p50 ${gaps.p50} s, max ${gaps.max} s`,
    `${gaps?.kills ?? 0} kills, ttl 5 s`, '', 'max ≤ 15 s', gaps !== null && gaps.max <= 15 && out.status === 0);
}

await measure([pages, creation, growth, rest, idle, exports, search, backup, failover], `${DEMANDS} demands unless said otherwise`);
