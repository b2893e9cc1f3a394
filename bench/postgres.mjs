// SPDX-License-Identifier: Apache-2.0
// The same on PostgreSQL: lists and creations against bench/bare_pg.c, which sends the same
// statements over as many connections; a small and a large district; one server and two.
//
//   FSYNC=on script/with-postgres node bench/postgres.mjs BUILD [--demands 100000] [--small 10000]
//        [--large 1000000] [--seconds 1] [--only pages,creation,growth,nodes]
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  build, compare, creationScript, huiqiao, load, loads, login, measure, n0, newest, nextPort, option, percent, row, run, sleep, start,
  statement, stop, token, work,
} from './lib.mjs';

const server = process.env.HUIQIAO_TEST_POSTGRES;
if (!server) throw new Error('HUIQIAO_TEST_POSTGRES names no server: script/with-postgres');
const DEMANDS = Number(option('demands', 100000));
const SMALL = Number(option('small', 10000));
const LARGE = Number(option('large', 1000000));
const SETTLING = 8000; // a server begins with its minute's work, which writes
const WRITTEN = 'demand,demand_event,audit,notice,search_doc';

const serve = (data, port = nextPort()) =>
  start(huiqiao, ['serve', '--drain', '0', '--data', data, '--listen', `127.0.0.1:${port}`], port, '/readyz');
const bare = (n, bytes, sql, tables = '', also = '', port = nextPort()) =>
  start(join(build, 'bench', 'bare_pg'), [server, `b${n}`, String(port), String(bytes), sql, tables, also], port, '/');

// A new district looks for duplicates and more, which writes; what is written makes a server forget
// what it keeps. Until nothing is written for some seconds.
async function quiet(one) {
  const commits = async () => /^huiqiao_commits_total (\d+)/m.exec(await (await fetch(`${one.base}/metrics`)).text())[1];
  await sleep(SETTLING);
  for (let before = ''; ;) {
    const now = await commits();
    if (now === before) return;
    before = now;
    await sleep(4000);
  }
}

function district(n) {
  const data = join(work, `p${n}`);
  if (!existsSync(data)) {
    run('init', '--data', data, '--demo', '--db', `${server}?schema=b${n}`);
    run('generate', '--data', data, '--enterprises', String(Math.ceil(n / 10)), '--demands', String(n));
    // What the server does by itself some minutes later.
    execFileSync('psql', ['-X', '-q', '-d', server, '-c', 'VACUUM (ANALYZE)'], { stdio: 'ignore' });
  }
  return data;
}

async function pages() {
  const data = district(DEMANDS);
  const one = await serve(data);
  const cookie = await login(one);
  const bearer = token(data, 'staff');
  await quiet(one);
  for (const [name, path, headers] of [['HTML list of 20', '/demands?view=all', cookie], ['JSON list of 20', '/api/v1/demands?view=all', bearer]]) {
    const answer = await fetch(one.base + path, { headers: { ...headers, 'accept-encoding': 'identity' } });
    const bytes = Buffer.byteLength(await answer.text());
    const against = await bare(DEMANDS, bytes, newest('postgres'));
    const r = await compare(() => load(one.base + path, { headers }), () => load(`${against.base}/`));
    await stop(against);
    row(`${name}, ${n0(bytes)} bytes`, `${n0(r.a.rate)}/s, p99 ${r.a.p99.toFixed(1)} ms`, `${n0(r.b.rate)}/s`, percent(r.ratio), '≥ 40 %',
      r.ratio >= 0.4 && r.a.refused === 0);
  }
  await stop(one);
}

// What a creation asks besides its INSERTs: before its turn (who, which enterprise, names) and in it.
function questions() {
  const now = Date.now(), sql = (name, ...values) => statement(name, values, 'postgres');
  const setting = sql('setting.get', 'district'), rules = sql('demand.rules', 10);
  return [
    sql('session.by_token', '\\x00', now) + sql('demand.enterprise', 1) + sql('enterprise.contact_mobile_sealed', 1) + setting + setting + rules + rules,
    sql('demand.count_on', 2026) + sql('demand.counter', 2026) + rules + setting + sql('notice.of_role', 'staff', now) + sql('audit.head'),
  ];
}

async function creation() {
  const data = district(DEMANDS);
  const mine = creationScript(token(data, 'member'), join(work, 'create.lua'));
  const plain = creationScript({}, join(work, 'bare.lua'));
  const [before, within] = questions();
  const options = (script) => ({ connections: 64, script });
  const r = await compare(async () => {
    const one = await serve(data);
    const figures = load(`${one.base}/api/v1/demands`, options(mine));
    await stop(one);
    return figures;
  }, async () => {
    const against = await bare(DEMANDS, 2300, before, WRITTEN, within);
    const figures = load(`${against.base}/`, options(plain));
    await stop(against);
    return figures;
  });
  row('durable creation, 64 clients', `${n0(r.a.rate)}/s, p99 ${r.a.p99.toFixed(0)} ms`, `${n0(r.b.rate)}/s, p99 ${r.b.p99.toFixed(0)} ms`,
    percent(r.ratio), '≥ 30 %', r.ratio >= 0.3 && r.a.refused === 0);
}

async function growth() {
  const sizes = [SMALL, LARGE];
  const datas = sizes.map(district);
  const servers = [await serve(datas[0]), await serve(datas[1])];
  const bearers = datas.map((d) => token(d, 'staff'));
  const scripts = datas.map((d, i) => creationScript(token(d, 'member'), join(work, `grow${i}.lua`)));
  for (const s of servers) await quiet(s);
  const tasks = {
    list: (i) => load(`${servers[i].base}/api/v1/demands?view=all`, { headers: bearers[i] }),
    detail: (i) => load(`${servers[i].base}/api/v1/demands/${Math.floor(sizes[i] / 2)}`, { headers: bearers[i] }),
    creation: (i) => load(`${servers[i].base}/api/v1/demands`, { connections: 64, script: scripts[i] }),
  };
  for (const [name, fn] of Object.entries(tasks)) {
    const r = await compare(() => fn(0), () => fn(1));
    row(`${name}: ${n0(SMALL)} → ${n0(LARGE)} demands`, `${n0(r.b.rate)}/s of the large`, `${n0(r.a.rate)}/s of the small`,
      `${r.ratio.toFixed(2)}×`, '≤ 1.3×', r.ratio <= 1.3 && r.a.refused + r.b.refused === 0);
  }
  for (const s of servers) await stop(s);
}

// The same clients at one of two servers, and half of them at each.
async function nodes() {
  const data = district(DEMANDS);
  const two = [await serve(data), await serve(data)];
  const headers = token(data, 'staff');
  const script = creationScript(token(data, 'member'), join(work, 'nodes.lua'));
  for (const s of two) await quiet(s);
  for (const [name, path, options, clients] of [['list', '?view=all', { headers }, 32], ['creation', '', { script }, 64]]) {
    const at = (s, connections) => [`${s.base}/api/v1/demands${path}`, { ...options, connections }];
    const r = await compare(() => loads(two.map((s) => at(s, clients / 2))), () => loads([at(two[0], clients)]));
    row(`${name}: two servers, ${clients} clients`, `${n0(r.a.rate)}/s, p99 ${r.a.p99.toFixed(0)} ms`,
      `${n0(r.b.rate)}/s, p99 ${r.b.p99.toFixed(0)} ms of one`, percent(r.ratio), '≥ 95 %', r.ratio >= 0.95 && r.a.refused === 0);
  }
  for (const s of two) await stop(s);
}

await measure([pages, creation, growth, nodes], `PostgreSQL, ${DEMANDS} demands unless said otherwise`);
