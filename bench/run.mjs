// SPDX-License-Identifier: Apache-2.0
// Throughput as ratios: every page is measured against bench/baseline.c, which answers the
// same SQL result with the same number of bytes, in the same run on the same machine.
//
//   node bench/run.mjs BUILD [--demands 100000] [--seconds 5] [--keep DIR]
import { spawn, spawnSync, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const args = process.argv.slice(2);
const build = args[0];
const option = (name, otherwise) => {
  const i = args.indexOf(`--${name}`);
  return i < 0 ? otherwise : args[i + 1];
};
const demands = Number(option('demands', 100000));
const seconds = Number(option('seconds', 5));
const huiqiao = join(build, 'huiqiao');
const baseline = join(build, 'bench', 'baseline');
const kept = option('keep', null);
const data = kept ?? mkdtempSync(join(tmpdir(), 'huiqiao-bench-'));
const PASSWORD = 'bench-Password-2026';
const children = [];
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function run(...words) {
  return execFileSync(huiqiao, words, {
    encoding: 'utf8', maxBuffer: 64 << 20, env: { ...process.env, HUIQIAO_DEMO_PASSWORD: PASSWORD },
  });
}

async function start(command, words, port, ready) {
  const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  children.push(child);
  for (let i = 0; i < 200; i++) {
    try {
      await fetch(`http://127.0.0.1:${port}${ready}`);
      return child;
    } catch {
      await sleep(25);
    }
  }
  throw new Error(`${command} does not answer`);
}

async function stop(child) {
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  await gone;
}

// wrk's figures for one address.
function load(url, { connections = 32, headers = {}, script = null } = {}) {
  const words = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency'];
  for (const [name, value] of Object.entries(headers)) words.push('-H', `${name}: ${value}`);
  if (script) words.push('-s', script);
  const out = spawnSync('wrk', [...words, url], { encoding: 'utf8' }).stdout;
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(out)?.[1] ?? 0);
  const p99 = /99%\s+([\d.]+\w+)/.exec(out)?.[1] ?? '?';
  const bad = Number(/Non-2xx or 3xx responses: (\d+)/.exec(out)?.[1] ?? 0);
  return { rate, p99, bad };
}

async function login(port) {
  const page = await fetch(`http://127.0.0.1:${port}/login`);
  const cookie = page.headers.getSetCookie().map((c) => c.split(';')[0]).join('; ');
  const csrf = /name="csrf" value="([^"]+)"/.exec(await page.text())[1];
  const answer = await fetch(`http://127.0.0.1:${port}/login`, {
    method: 'POST', redirect: 'manual', headers: { cookie, origin: `http://127.0.0.1:${port}` },
    body: new URLSearchParams({ csrf, login: 'staff', password: PASSWORD }),
  });
  const set = answer.headers.getSetCookie().map((c) => c.split(';')[0]).filter((c) => c.startsWith('hq='));
  if (set.length === 0) throw new Error(`login refused: ${answer.status}`);
  return set[0];
}

// A statement of the program, its parameters put in as literals.
const statements = new Map();
function statement(name, values) {
  if (statements.size === 0) {
    for (const part of run('sql').split('\n\n')) {
      const found = /^-- (\S+) \(/.exec(part);
      if (found) statements.set(found[1], part.split('\n').filter((l) => !l.startsWith('-- ')).join(' ').replace(/;$/, ''));
    }
  }
  if (!statements.has(name)) throw new Error(`no statement ${name}`);
  return statements.get(name).replace(/\$(\d+)/g, (_, n) => {
    const v = values[Number(n) - 1] ?? null;
    return v === null ? 'NULL' : String(v);
  });
}

function creationScript(token) {
  const file = join(data, 'create.lua');
  const body = JSON.stringify({ title: '压测：厂区周边电压不稳，近一月停机四次', body: '厂'.repeat(200),
    category: 'energy_utility', enterprise_id: 1 });
  writeFileSync(file, `wrk.method = "POST"\nwrk.body = [==[${body}]==]\n` +
    `wrk.headers["Content-Type"] = "application/json"\nwrk.headers["Authorization"] = "Bearer ${token}"\n`);
  return file;
}

const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

const rows = [];
async function compare(name, ours, url, headers, sql, goal) {
  const bytes = Buffer.byteLength(await (await fetch(url, { headers: { ...headers, 'accept-encoding': 'identity' } })).text());
  const measured = load(url, { headers });
  const bare = await start(baseline, [join(data, 'district.db'), String(ours + 1), String(bytes), sql, ''], ours + 1, '/');
  const against = load(`http://127.0.0.1:${ours + 1}/`);
  await stop(bare);
  rows.push([name, bytes, measured.rate, measured.p99, against.rate, measured.rate / against.rate, goal, measured.bad]);
}

async function main() {
  const port = 18000 + (process.pid % 1000);
  if (!existsSync(join(data, 'district.db'))) {
    run('init', '--data', data, '--demo');
    run('generate', '--data', data, '--enterprises', String(Math.ceil(demands / 10)), '--demands', String(demands));
  }
  const began = performance.now();
  const server = await start(huiqiao, ['serve', '--data', data, '--listen', `127.0.0.1:${port}`], port, '/readyz');
  const startMs = performance.now() - began;
  const restMb = rss(server.pid);
  const cookie = await login(port);
  const token = run('token', '--data', data, 'staff').trim();
  const base = `http://127.0.0.1:${port}`;
  const bearer = { authorization: `Bearer ${token}` };
  const newest = statement('demand.list_all_newest', ['9223372036854775807', '9223372036854775807', 21]);
  const items = await (await fetch(`${base}/api/v1/demands?view=all`, { headers: bearer })).json();
  const id = items.items[5].id;
  await compare('HTML list of 20', port, `${base}/demands?view=all`, { cookie }, newest, 0.5);
  await compare('JSON list of 20', port, `${base}/api/v1/demands?view=all`, bearer, newest, 0.6);
  await compare('detail page', port, `${base}/demands/${id}`, { cookie }, statement('demand.get', [id]), 0.5);
  const created = load(`${base}/api/v1/demands`, { connections: 64, script: creationScript(token) });
  await stop(server);
  const bare = await start(baseline, [join(data, 'district.db'), String(port + 1), '600', 'SELECT 1', 'demand,demand_event,audit,notice,search_doc,search_index'], port + 1, '/');
  const script = join(data, 'bare.lua');
  writeFileSync(script, 'wrk.method = "POST"\nwrk.body = "x"\n');
  const bareCreated = load(`http://127.0.0.1:${port + 1}/`, { connections: 64, script });
  await stop(bare);
  rows.push(['durable creation', 600, created.rate, created.p99, bareCreated.rate, created.rate / bareCreated.rate, 0.5, created.bad]);
  print(startMs, restMb);
}

function print(startMs, restMb) {
  console.log(`\n${demands} demands; start to first answer ${startMs.toFixed(0)} ms; resident at rest ${restMb.toFixed(0)} MB\n`);
  console.log('| what | bytes | huiqiao /s | p99 | bare /s | ratio | goal | refused |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const [name, bytes, ours, p99, bare, ratio, goal, bad] of rows) {
    console.log(`| ${name} | ${bytes} | ${ours.toFixed(0)} | ${p99} | ${bare.toFixed(0)} | ${(100 * ratio).toFixed(0)} % | ${100 * goal} % | ${bad} |`);
  }
}

try {
  await main();
} finally {
  for (const child of children) child.kill('SIGKILL');
  if (!kept) rmSync(data, { recursive: true, force: true });
}
