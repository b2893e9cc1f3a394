// SPDX-License-Identifier: Apache-2.0
// What the benches share: servers as child processes, wrk, two sides that take turns, statements
// of the program with literals, a table of results.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const args = process.argv.slice(2);
export const build = args[0];
export const option = (name, otherwise) => {
  const i = args.indexOf(`--${name}`);
  return i < 0 ? otherwise : args[i + 1];
};
export const SECONDS = Number(option('seconds', 1));
export const ROUNDS = 7; // the two sides take turns, so that what else the machine does meets both
export const kept = option('keep', null);
export const huiqiao = join(build, 'huiqiao');
export const work = kept ?? mkdtempSync(join(tmpdir(), 'huiqiao-bench-'));
export const PASSWORD = 'bench-Password-2026';
export const children = new Set();
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
let port = 18000 + (process.pid % 1000);
export const nextPort = () => port++;

export function run(...words) {
  return execFileSync(huiqiao, words, {
    encoding: 'utf8', maxBuffer: 64 << 20, env: { ...process.env, HUIQIAO_DEMO_PASSWORD: PASSWORD },
  });
}

// ---- servers ---------------------------------------------------------------------------

export async function start(command, words, port, ready) {
  const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  children.add(child);
  const began = performance.now();
  while (performance.now() - began < 20000) {
    try {
      await fetch(`http://127.0.0.1:${port}${ready}`);
      return { child, port, ms: performance.now() - began, base: `http://127.0.0.1:${port}` };
    } catch {
      await sleep(2);
    }
  }
  throw new Error(`${command} does not answer`);
}

export async function stop(server) {
  const gone = new Promise((done) => server.child.once('exit', done));
  server.child.kill('SIGTERM');
  await gone;
  children.delete(server.child);
}

// What is left to write to the disk would be written during what is measured next.
export function settle(fn) {
  fn();
  execFileSync('sync');
}

export async function login(server) {
  const page = await fetch(`${server.base}/login`);
  const cookie = page.headers.getSetCookie().map((c) => c.split(';')[0]).join('; ');
  const csrf = /name="csrf" value="([^"]+)"/.exec(await page.text())[1];
  const answer = await fetch(`${server.base}/login`, {
    method: 'POST', redirect: 'manual', headers: { cookie, origin: server.base },
    body: new URLSearchParams({ csrf, login: 'staff', password: PASSWORD }),
  });
  const set = answer.headers.getSetCookie().map((c) => c.split(';')[0]).filter((c) => c.startsWith('hq='));
  if (set.length === 0) throw new Error(`login refused: ${answer.status}`);
  return { cookie: set[0] };
}

export const token = (data, who) => ({ authorization: `Bearer ${run('token', '--data', data, who).trim().split('\n').pop()}` });

// ---- load ------------------------------------------------------------------------------

const milliseconds = (text) => {
  const [, n, unit] = /([\d.]+)(us|ms|s)/.exec(text) ?? [null, '0', 'ms'];
  return Number(n) * { us: 0.001, ms: 1, s: 1000 }[unit];
};

function asked(url, { connections = 32, headers = {}, script = null } = {}) {
  const words = ['-t1', `-c${connections}`, `-d${SECONDS}s`, '--latency'];
  for (const [name, value] of Object.entries(headers)) words.push('-H', `${name}: ${value}`);
  if (script) words.push('-s', script);
  return [...words, url];
}

const figures = (out) => ({
  rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(out)?.[1] ?? 0),
  p99: milliseconds(/99%\s+([\d.]+\w+)/.exec(out)?.[1] ?? ''),
  refused: Number(/Non-2xx or 3xx responses: (\d+)/.exec(out)?.[1] ?? 0),
});

// wrk's figures for one address.
export const load = (url, options) => figures(spawnSync('wrk', asked(url, options), { encoding: 'utf8' }).stdout);

// Several at once; their sum.
export async function loads(list) {
  const all = await Promise.all(list.map(([url, options]) => new Promise((done) => {
    const child = spawn('wrk', asked(url, options));
    let out = '';
    child.stdout.on('data', (x) => (out += x));
    child.once('close', () => done(figures(out)));
  })));
  return {
    rate: all.reduce((sum, x) => sum + x.rate, 0), p99: Math.max(...all.map((x) => x.p99)), refused: all.reduce((sum, x) => sum + x.refused, 0),
  };
}

export const middle = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

// Both sides in turns; of each the middle round. They may take their time.
export async function compare(ours, theirs) {
  const sides = [[], []];
  for (let i = 0; i < ROUNDS; i++) {
    sides[0].push(await ours());
    sides[1].push(await theirs());
  }
  const [a, b] = sides.map((side) => ({
    rate: middle(side.map((x) => x.rate)),
    p99: middle(side.map((x) => x.p99)),
    refused: side.reduce((sum, x) => sum + x.refused, 0),
  }));
  return { a, b, ratio: a.rate / b.rate };
}

export function creationScript(headers, file) {
  const body = JSON.stringify({ title: '厂区周边电压不稳，近一月停机四次', category: 'energy_utility',
    body: '近一个月来厂区所在片区电压波动较大，已造成四次停机，'.repeat(8).slice(0, 200) });
  writeFileSync(file, `wrk.method = "POST"\nwrk.body = [==[${body}]==]\n` +
    `wrk.headers["Content-Type"] = "application/json"\n` +
    Object.entries(headers).map(([k, v]) => `wrk.headers["${k}"] = "${v}"\n`).join(''));
  return file;
}

// ---- statements of the program, their parameters put in as literals --------------------

const statements = new Map();
export function statement(name, values, engine = 'sqlite') {
  if (statements.size === 0) {
    for (const part of run('sql').split('\n\n')) {
      const found = /^-- (\S+) \(/.exec(part);
      if (!found) continue;
      const texts = part.split('\n-- postgres\n'); // where the engines differ, SQLite's stands first
      const own = texts[engine === 'postgres' ? texts.length - 1 : 0];
      statements.set(found[1], own.split('\n').filter((l) => !l.startsWith('-- ')).join(' ').replace(/;$/, ''));
    }
  }
  if (!statements.has(name)) throw new Error(`no statement ${name}`);
  return `${statements.get(name).replace(/\$(\d+)/g, (_, n) => {
    const v = values[Number(n) - 1] ?? null;
    return v === null ? 'NULL' : typeof v === 'string' ? `'${v}'` : String(v);
  })};`;
}

// The list of demands that nobody filters, newest first.
export function newest(engine = 'sqlite') {
  const last = 9223372036854775807n;
  const values = [last, 0, 21];
  values[29] = -last; // the ends of the walk
  values[30] = last;
  values[31] = 1; // nothing is filtered
  return statement('demand.list_all_newest', values, engine);
}

const table = [];
export const row = (...cells) => table.push(cells);
export const n0 = (x) => Math.round(x).toLocaleString('en');
export const percent = (x) => `${Math.round(100 * x)} %`;

export function print(what) {
  console.log(`\n${what}; ${ROUNDS} rounds of ${SECONDS} s a side, in turns\n`);
  console.log('| what | huiqiao | compared with | ratio | goal | |');
  console.log('| --- | ---: | ---: | ---: | ---: | --- |');
  for (const [what, ours, theirs, ratio, goal, good] of table) {
    console.log(`| ${what} | ${ours} | ${theirs} | ${ratio} | ${goal} | ${good ? 'met' : 'NOT MET'} |`);
  }
}

// What was begun is ended, and what was made is gone, however it went.
export async function measure(parts, title) {
  const only = option('only', parts.map((p) => p.name).join(',')).split(',');
  try {
    for (const part of parts) {
      if (only.includes(part.name)) await part();
    }
    print(title);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    if (!kept) rmSync(work, { recursive: true, force: true });
  }
}
