// SPDX-License-Identifier: Apache-2.0
// A sheet of many enterprises with their memberships into a district of chambers: by the command
// from CSV and from a workbook, with the memory of all its processes; and through a server that
// goes on answering lists. Time of the processors beside the clock's, for a machine that is busy.
//
//   node bench/import.mjs BUILD [--rows 100000]
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HEAD, csv, rows, xlsx } from './sheets.mjs';

const build = process.argv[2];
const at = process.argv.indexOf('--rows');
const ROWS = at < 0 ? 100000 : Number(process.argv[at + 1]);
const huiqiao = join(build, 'huiqiao');
const work = mkdtempSync(join(tmpdir(), 'huiqiao-import-'));
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const run = (...words) => execFileSync(huiqiao, words, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });

// A process and all that it started.
function family(pid) {
  const list = [pid];
  for (const p of readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
    try {
      const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${p}/stat`, 'utf8'))[1]);
      if (list.includes(parent)) list.push(Number(p));
    } catch { /* it has ended */ }
  }
  return list;
}

// What they hold together; what they share counts once.
const resident = (pid) => family(pid).reduce((sum, p) => {
  try {
    return sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${p}/smaps_rollup`, 'utf8'))[1]) / 1024;
  } catch {
    return sum;
  }
}, 0);

const processor = (pid) => {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).map(Number);
  return (user + system) / 100;
};

async function command(data, file) {
  const began = performance.now();
  const p = spawn(huiqiao, ['import', '--data', data, 'enterprises', file], { stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '', most = 0, spent = 0, over = false;
  p.stdout.on('data', (d) => { out += d; });
  const ended = new Promise((done) => p.once('exit', done)).then(() => { over = true; });
  while (!over) {
    try {
      most = Math.max(most, resident(p.pid));
      spent = processor(p.pid);
    } catch { /* it has ended */ }
    await Promise.race([ended, sleep(100)]);
  }
  if (!out.includes(`${ROWS} new`)) throw new Error(out);
  return { seconds: (performance.now() - began) / 1000, spent, most };
}

const percentile = (list, p) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * p))];

async function lists(base, headers, while_) {
  const times = [];
  while (await while_()) {
    const began = performance.now();
    await (await fetch(`${base}/api/v1/enterprises?limit=20`, { headers })).arrayBuffer();
    times.push(performance.now() - began);
    await sleep(5);
  }
  return times;
}

// Somebody who saves a change now and then.
async function saves(base, headers, while_) {
  const list = await (await fetch(`${base}/api/v1/enterprises?limit=1`, { headers })).json();
  const times = [];
  for (let i = 0; while_(); i++) {
    const began = performance.now();
    const r = await fetch(`${base}/api/v1/enterprises/${list.items[0].id}`, { method: 'PATCH', headers, body: JSON.stringify({ address: `临江路 ${i} 号` }) });
    if (!r.ok) throw new Error(await r.text());
    times.push(performance.now() - began);
    await sleep(150);
  }
  return times;
}

async function served(data, content) {
  const port = 18000 + (process.pid % 1000);
  const base = `http://127.0.0.1:${port}`;
  const server = spawn(huiqiao, ['serve', '--drain', '0', '--data', data, '--listen', `127.0.0.1:${port}`], { stdio: 'ignore' });
  const headers = { authorization: `Bearer ${run('token', '--data', data, 'staff').trim().split('\n').pop()}` };
  while (!(await fetch(`${base}/readyz`).then((r) => r.ok, () => false))) await sleep(20);
  const calm = Date.now() + 3000;
  const before = await lists(base, headers, async () => Date.now() < calm);
  const form = new FormData();
  form.set('kind', 'enterprises');
  form.set('file', new Blob([content]), 'sheet.csv');
  const up = await (await fetch(`${base}/api/v1/imports`, { method: 'POST', body: form, headers })).json();
  const json = { ...headers, 'content-type': 'application/json' };
  const state = async () => (await (await fetch(`${base}/api/v1/imports/${up.id}`, { headers })).json()).state;
  await fetch(`${base}/api/v1/imports/${up.id}/columns`, { method: 'POST', headers: json, body: JSON.stringify({ columns: up.columns.map((c) => c.field ?? '-').join(' ') }) });
  while (await state() === 'checking') await sleep(100);
  await fetch(`${base}/api/v1/imports/${up.id}/start`, { method: 'POST', headers: json });
  const began = performance.now();
  const spent = processor(server.pid);
  let most = 0, n = 0, over = false;
  const saved = saves(base, json, () => !over);
  const times = await lists(base, headers, async () => {
    if (n++ % 20 !== 0) return true;
    most = Math.max(most, resident(server.pid));
    return await state() === 'running';
  });
  const seconds = (performance.now() - began) / 1000;
  const took = processor(server.pid) - spent;
  over = true;
  const writes = await saved;
  server.kill('SIGTERM');
  return { seconds, took, most, before: percentile(before, 0.99), during: percentile(times, 0.99), asked: times.length, writes };
}

try {
  const empty = join(work, 'empty');
  run('init', '--data', empty, '--demo');
  const chambers = JSON.parse(run('export', '--data', empty, 'organizations', '--format', 'json')).filter((o) => ['town', 'industry'].includes(o.kind)).map((o) => o.name);
  const table = [HEAD, ...rows(ROWS, chambers)];
  const files = { csv: csv(table), xlsx: xlsx(table) };
  console.log('| what | clock | processors | resident | goal |\n| --- | ---: | ---: | ---: | --- |');
  for (const [name, goal] of [['csv', 10], ['xlsx', 30]]) {
    const data = join(work, name), file = join(work, `sheet.${name}`);
    cpSync(empty, data, { recursive: true });
    writeFileSync(file, files[name]);
    const r = await command(data, file);
    console.log(`| ${ROWS.toLocaleString('en')} enterprises with memberships from ${name.toUpperCase()} | ${r.seconds.toFixed(1)} s | ${r.spent.toFixed(1)} s | ${Math.round(r.most)} MB | ≤ ${goal} s, ≤ 200 MB |`);
  }
  const r = await served(empty, files.csv);
  console.log(`| the same through a server (${r.asked} lists meanwhile) | ${r.seconds.toFixed(1)} s | ${r.took.toFixed(1)} s | ${Math.round(r.most)} MB | ≤ 200 MB |`);
  console.log(`| list of 20 meanwhile, p99 | ${r.during.toFixed(1)} ms | calm: ${r.before.toFixed(1)} ms | | ≤ 50 ms |`);
  console.log(`| a change saved meanwhile, of ${r.writes.length}: half, the slowest | ${percentile(r.writes, 0.5).toFixed(0)} ms, ${Math.max(...r.writes).toFixed(0)} ms | | | no seconds |`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
