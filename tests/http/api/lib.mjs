// SPDX-License-Identifier: Apache-2.0
// What the API scenarios share: a demonstration district of their own on a free port, people
// with tokens, small assertions, and a count at the end. HUIQIAO_TEST_DB=postgres puts each
// district into a schema of its own on the server that HUIQIAO_TEST_POSTGRES names.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const program = process.argv[2] ?? 'build/huiqiao';
export const password = 'lin-jiang-demo-2026';

const server = process.env.HUIQIAO_TEST_POSTGRES;
export const postgres = process.env.HUIQIAO_TEST_DB === 'postgres';
if (postgres && !server) {
  console.error('skipped: HUIQIAO_TEST_POSTGRES names no server');
  process.exit(77);
}
const schemas = new Map(); // by data directory

// A district is where `init` is told to put it; other commands find it by its directory.
function placed(args) {
  const data = args[args.indexOf('--data') + 1];
  if (!postgres || args[0] !== 'init' || !args.includes('--data') || args.includes('--db')) return args;
  if (!schemas.has(data)) schemas.set(data, `h${process.pid}_${schemas.size}`);
  return [...args, '--db', `${server}${server.includes('?') ? '&' : '?'}schema=${schemas.get(data)}&application_name=${schemas.get(data)}`];
}

// Node says that it is an experiment, so only who needs it asks for it.
function sqlite(data, options = {}) {
  const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite');
  return new DatabaseSync(join(data, 'district.db'), options);
}

function psql(text) {
  const r = spawnSync('psql', ['-X', '-q', '-t', '-A', '-v', 'ON_ERROR_STOP=1', '-d', server, '-f', '-'], { encoding: 'utf8', input: text, maxBuffer: 1 << 28 });
  assert.equal(r.status, 0, r.stderr);
  return r.stdout;
}

// Ends the server's connections of a district; how many there were.
export function cut(d) {
  return Number(psql(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '${schemas.get(d.data)}'`));
}

export function run(args, options = {}) {
  return spawnSync(program, placed(args), {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, HUIQIAO_DEMO_PASSWORD: password },
    ...options,
  });
}

const districts = [];

// A server of our program, started with these arguments, and this environment beside ours. Nobody
// watches its /readyz here, so it ends at once unless it is told otherwise.
export class Server {
  constructor(args, env = {}) {
    this.args = args.includes('--drain') ? args : [...args, '--drain', '0'];
    this.env = env;
    this.log = '';
  }

  // Waits until it says where it listens.
  async start() {
    this.server = spawn(program, this.args, { env: { ...process.env, ...this.env } });
    this.server.stderr.on('data', (d) => (this.log += d));
    this.ended = new Promise((resolve) => this.server.once('exit', (code, signal) => resolve({ code, signal })));
    this.url = await new Promise((resolve, reject) => {
      let out = '';
      const late = setTimeout(() => reject(new Error(`the server did not start: ${this.log}`)), 20000);
      this.server.stdout.on('data', (d) => {
        out += d;
        const at = /listening on (http:\/\/\S+|unix:\S+)/.exec(out);
        if (at) {
          clearTimeout(late);
          resolve(at[1]);
        }
      });
      this.server.once('exit', () => {
        clearTimeout(late);
        reject(new Error(`the server ended: ${this.log}`));
      });
    });
    return this;
  }

  async stop(signal = 'SIGTERM') {
    if (!this.server) return null;
    this.server.kill(signal);
    const end = await this.ended;
    this.server = null;
    return end;
  }
}

export class District {
  constructor({ demo = true } = {}) {
    this.dir = mkdtempSync(join(tmpdir(), 'huiqiao-api-'));
    this.data = join(this.dir, 'district');
    this.tokens = {};
    districts.push(this);
    const made = run(['init', '--data', this.data, ...(demo ? ['--demo'] : [])]);
    assert.equal(made.status, 0, made.stderr);
    this.said = made.stdout;
  }

  // Statements behind the program's back.
  sql(text) {
    if (postgres) {
      psql(`SET search_path TO ${schemas.get(this.data)}; ${text}`);
      return;
    }
    const db = sqlite(this.data);
    db.exec(text);
    db.close();
  }

  // The rows of a query; blobs in hexadecimal.
  rows(text) {
    if (postgres) return JSON.parse(psql(`SET search_path TO ${schemas.get(this.data)}; SELECT coalesce(json_agg(x), '[]') FROM (${text}) AS x;`));
    const db = sqlite(this.data, { readOnly: true });
    const rows = db.prepare(text).all().map((r) => Object.fromEntries(Object.entries(r).map(([k, v]) => [k, v instanceof Uint8Array ? Buffer.from(v).toString('hex') : v])));
    db.close();
    return rows;
  }

  // A digest of all rows of the tables that `takes` names.
  fingerprint(takes) {
    const list = postgres ? "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
      : "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    this.tables ??= this.rows(list).map((t) => t.name).filter(takes);
    if (postgres) return psql(`SET search_path TO ${schemas.get(this.data)}; ${this.tables.map((t) => `SELECT '${t}', md5(string_agg(x::text, '|' ORDER BY x::text)) FROM ${t} AS x`).join(' UNION ALL ')} ORDER BY 1`);
    const h = createHash('sha256');
    for (const t of this.tables) h.update(t).update(JSON.stringify(this.rows(`SELECT * FROM ${t}`)));
    return h.digest('hex');
  }

  command(name, ...args) {
    return run([name, '--data', this.data, ...args]);
  }

  async serve(...args) {
    const listen = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
    this.process = await new Server(['serve', '--data', this.data, ...listen, ...args], this.env).start();
    return this;
  }

  get url() {
    return this.process?.url;
  }

  get log() {
    return this.process?.log;
  }

  get server() {
    return this.process?.server;
  }

  get ended() {
    return this.process?.ended;
  }

  async stop(signal) {
    return this.process ? this.process.stop(signal) : null;
  }

  token(user) {
    if (!(user in this.tokens)) {
      const t = this.command('token', user);
      assert.equal(t.status, 0, t.stderr);
      this.tokens[user] = t.stdout.trim();
    }
    return this.tokens[user];
  }

  // One API request. `body`: an object becomes JSON, a string or Buffer goes as it is.
  async api(user, method, path, body, headers = {}) {
    const init = { method, headers: { ...headers }, redirect: 'manual' };
    if (user) init.headers.authorization ??= `Bearer ${this.token(user)}`;
    if (body !== undefined) {
      init.headers['content-type'] ??= 'application/json';
      init.body = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    }
    const answer = await fetch(`${this.url}/api/v1${path}`, init);
    const text = await answer.text();
    // Below the application (a malformed path) the answer is plain text.
    const json = /json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : null;
    return { status: answer.status, headers: answer.headers, json, text };
  }

  // The same, and its status must be this one.
  async ok(user, method, path, body, status, headers) {
    const r = await this.api(user, method, path, body, headers);
    const wanted = status ?? (method === 'POST' && /^\/[a-z-]+$/.test(path) ? 201 : 200);
    assert.equal(r.status, wanted, `${user} ${method} ${path}: ${r.status} ${r.text.slice(0, 600)}`);
    return r.json;
  }

  step(user, id, name, body = {}, status = 200) {
    return this.ok(user, 'POST', `/demands/${id}/${name}`, body, status);
  }

  demand(more = {}, user = 'member') {
    return this.ok(user, 'POST', '/demands', { title: '测试诉求', body: '情况说明', ...more });
  }

  async unit(name) {
    const list = await this.ok('staff', 'GET', '/organizations?limit=200');
    const found = list.items.find((o) => o.name === name);
    assert.ok(found, `there is no ${name}`);
    return found.id;
  }

  // A demand that the officer's department has in hand.
  async inHand(level = 'L2') {
    const d = await this.demand();
    const lead = await this.unit('区财政局');
    await this.step('staff', d.id, 'accept', { level });
    await this.step('staff', d.id, 'dispatch', { lead_unit_id: lead });
    await this.step('officer', d.id, 'sign');
    return d.id;
  }

  // Registered from the start, so that a failing scenario leaves nothing behind.
  remove() {
    if (this.server) this.server.kill('SIGKILL');
    if (schemas.has(this.data)) psql(`SET client_min_messages TO error; DROP SCHEMA IF EXISTS ${schemas.get(this.data)} CASCADE`);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

// Pages as a browser without scripts uses them.
export class Browser {
  constructor(district) {
    this.district = district;
    this.jar = new Map();
  }

  async go(path, { method = 'GET', form, raw, headers = {} } = {}) {
    const init = { method, redirect: 'manual', headers: { ...headers, cookie: [...this.jar].map(([k, v]) => `${k}=${v}`).join('; ') } };
    if (form || raw !== undefined) {
      init.body = raw ?? new URLSearchParams(form).toString();
      init.headers['content-type'] = 'application/x-www-form-urlencoded';
    }
    const r = await fetch(this.district.url + path, init);
    for (const c of r.headers.getSetCookie()) {
      const [pair, ...rest] = c.split(';');
      const at = pair.indexOf('=');
      if (/max-age=0/i.test(rest.join(';'))) this.jar.delete(pair.slice(0, at));
      else this.jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return { status: r.status, headers: r.headers, text: await r.text() };
  }

  async csrf(path) {
    const page = await this.go(path);
    const found = /name="csrf"[^>]*value="([0-9a-f]+)"/.exec(page.text) ?? /value="([0-9a-f]+)"[^>]*name="csrf"/.exec(page.text);
    assert.ok(found, `no token on ${path} (${page.status})`);
    return found[1];
  }

  async login(login, secret = password, next) {
    const csrf = await this.csrf('/login');
    return this.go('/login', { method: 'POST', form: { csrf, login, password: secret, ...(next ? { next } : {}) } });
  }
}

let passed = 0;
let failed = 0;

export async function test(name, fn) {
  try {
    await fn();
    passed++;
  } catch (e) {
    failed++;
    console.log(`FAILED ${name}\n    ${String(e.stack ?? e).split('\n').slice(0, 12).join('\n    ')}`);
  }
}

export function finish() {
  for (const d of districts) d.remove();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}

export { assert };
