// SPDX-License-Identifier: Apache-2.0
// Many districts by one server: how long it takes to start, to open one, what it holds in memory,
// and how slow the slowest in a hundred is, when all of them are asked, and beside one alone.
//
//   node bench/districts.mjs BUILD [--districts 1000] [--open a fifth] [--seconds 20]
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const option = (name, otherwise) => {
  const i = process.argv.indexOf(`--${name}`);
  return i < 0 ? otherwise : Number(process.argv[i + 1]);
};
const huiqiao = join(process.argv[2], 'huiqiao');
const MANY = option('districts', 1000);
const OPEN = option('open', MANY / 5);
const SECONDS = option('seconds', 20);
const CLIENTS = 16;
const work = mkdtempSync(join(tmpdir(), 'huiqiao-districts-'));
const run = (...words) => execFileSync(huiqiao, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const percentile = (list, p) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * p))];
const ms = (x) => `${x < 10 ? x.toFixed(1) : x.toFixed(0)} ms`;

// All of them are copies of one demonstration district, so that one token opens every door.
function make() {
  const dir = join(work, 'all');
  mkdirSync(dir);
  run('district', 'add', 'd0000', '--districts', dir, '--title', '临江区', '--demo');
  const token = run('token', '--data', join(dir, 'd0000'), 'staff').trim();
  const names = Array.from({ length: MANY }, (_, i) => `d${String(i).padStart(4, '0')}`);
  for (const n of names.slice(1)) cpSync(join(dir, 'd0000'), join(dir, n), { recursive: true });
  const register = JSON.parse(readFileSync(join(dir, 'districts.json'), 'utf8'));
  register.districts = names.map((name, i) => ({ ...register.districts[0], name, title: `第${i}区`, hosts: [] }));
  writeFileSync(join(dir, 'districts.json'), JSON.stringify(register));
  return { dir, token, names };
}

async function serve(...words) {
  const began = performance.now();
  const child = spawn(huiqiao, ['serve', '--listen', '127.0.0.1:0', ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
  const port = await new Promise((done, failed) => {
    child.stdout.on('data', (d) => {
      const m = /:(\d+)/.exec(String(d));
      if (m) done(Number(m[1]));
    });
    child.once('exit', () => failed(new Error('the server ended')));
  });
  return { child, port, ms: performance.now() - began };
}

const resident = (s) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${s.child.pid}/smaps_rollup`, 'utf8'))[1]) / 1024;
const files = (s) => readdirSync(`/proc/${s.child.pid}/fd`).length;

async function stop(s) {
  s.child.kill('SIGTERM');
  await new Promise((done) => s.child.once('exit', done));
}

const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
const get = (s, path, token) => new Promise((done, failed) => {
  const began = performance.now();
  http.get({ port: s.port, path, agent, headers: { authorization: `Bearer ${token}` } }, (r) => {
    r.resume();
    r.once('end', () => (r.statusCode === 200 ? done(performance.now() - began) : failed(new Error(`${path}: ${r.statusCode}`))));
  }).once('error', failed);
});

// `pick` says which district a client asks next.
async function load(s, token, pick) {
  const times = [];
  const until = performance.now() + SECONDS * 1000;
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    while (performance.now() < until) times.push(await get(s, `${pick()}/api/v1/demands?limit=20`, token));
  }));
  return times;
}

const rows = [];
const say = (...cells) => rows.push(`| ${cells.join(' | ')} |`);
const told = (times) => `${Math.round(times.length / SECONDS)}/s, p50 ${ms(percentile(times, 0.5))}, p99 ${ms(percentile(times, 0.99))}`;

try {
  const { dir, token, names } = make();
  const any = () => `/d/${names[Math.floor(Math.random() * names.length)]}`;
  // Offices work at the same hours, yet most requests of a minute are of few districts.
  const few = () => `/d/${names[Math.floor(Math.random() ** 4 * names.length)]}`;

  const one = await serve('--data', join(dir, 'd0000'));
  const alone = await load(one, token, () => '');
  say('one district alone', told(alone), `${resident(one).toFixed(0)} MB`, files(one));
  await stop(one);

  const s = await serve('--districts', dir, '--open', String(OPEN));
  const first = await get(s, `/d/${names[1]}/api/v1/demands?limit=20`, token);
  say(`start with ${MANY} districts`, `${ms(s.ms)}; first answer of a district ${ms(first)}`, `${resident(s).toFixed(0)} MB`, files(s));
  const opening = [];
  for (const n of names.slice(2, 202)) opening.push(await get(s, `/d/${n}/api/v1/demands?limit=20`, token));
  say('one district after the other, each closed until then', `p50 ${ms(percentile(opening, 0.5))}, p99 ${ms(percentile(opening, 0.99))}`, `${resident(s).toFixed(0)} MB`, files(s));
  say(`${MANY} districts as offices ask, ${OPEN} open`, told(await load(s, token, few)), `${resident(s).toFixed(0)} MB`, files(s));
  say(`${MANY} districts evenly, ${OPEN} open: most closed`, told(await load(s, token, any)), `${resident(s).toFixed(0)} MB`, files(s));
  await stop(s);

  const all = await serve('--districts', dir, '--open', String(MANY));
  for (const n of names) await get(all, `/d/${n}/api/v1/demands?limit=20`, token);
  say(`${MANY} districts evenly, all open`, told(await load(all, token, any)), `${resident(all).toFixed(0)} MB`, files(all));
  await stop(all);
  console.log(`| what | answers | memory | files |\n| --- | ---: | ---: | ---: |\n${rows.join('\n')}`);
} finally {
  agent.destroy();
  rmSync(work, { recursive: true, force: true });
}
