// SPDX-License-Identifier: Apache-2.0
// A whole district from one place to another: SQLite to SQLite, and, where HUIQIAO_TEST_POSTGRES
// names a server, to PostgreSQL and back; killed again and again it goes on; what is not finished
// is not served; what is there already is not touched.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { District, Server, assert, finish, program, run, test } from './lib.mjs';

const server = process.env.HUIQIAO_TEST_POSTGRES;
const schema = (name) => `${server}${server.includes('?') ? '&' : '?'}schema=${name}`;
const made = [];
const url = (name) => {
  made.push(`copy${process.pid}_${name}`);
  return schema(made.at(-1));
};
const psql = (text) => spawnSync('psql', ['-X', '-q', '-t', '-A', '-d', server, '-c', text], { encoding: 'utf8' });

const d = new District();
assert.equal(d.command('generate', '--enterprises', '400', '--demands', '1500', '--seed', '3').status, 0);
// What only odd rows have: zeros in a blob, an empty text, a gap in the numbers.
d.sql(`INSERT INTO attachment (id, name, type, size, sha256, account_id, created_at) VALUES (41, '', 'application/pdf', 300000, x'00', 1, 0);
  INSERT INTO attachment_data (id, data) VALUES (41, zeroblob(300000));`);
writeFileSync(join(d.data, 'industries.csv'), '3511,矿山机械制造\n');
const at = (name) => join(d.dir, name);
const copy = (from, to, ...more) => run(['copy', '--from', from, '--to', to, ...more]);
const sums = (r) => r.stdout.split('\n').filter((l) => l.includes('\t'));

function sound(data) {
  const r = run(['check', '--data', data]);
  assert.equal(r.status, 0, r.stdout + r.stderr);
}

await test('a district in a directory of its own', async () => {
  const r = copy(d.data, at('b'));
  assert.equal(r.status, 0, r.stderr);
  assert.ok(sums(r).length > 40 && sums(r).every((l) => /^[a-z_]+\t\d+\t[0-9a-f]{64}$/.test(l)), r.stdout);
  assert.match(r.stdout, /rows of \d+ tables are the same on both sides/);
  assert.ok(sums(r).some((l) => l.startsWith('attachment_data\t1\t')));
  sound(at('b'));
  assert.equal(readFileSync(at('b/industries.csv'), 'utf8'), '3511,矿山机械制造\n');
  assert.equal(statSync(at('b/secret')).mode & 0o777, 0o600);
  assert.equal(statSync(at('b/district.db')).mode & 0o777, 0o600);
});

await test('who could log in before can log in there', async () => {
  const token = d.token('staff');
  const r = copy(d.data, at('tokens'));
  assert.equal(r.status, 0, r.stderr);
  const s = await new Server(['serve', '--data', at('tokens'), '--listen', '127.0.0.1:0']).start();
  const answer = await fetch(`${s.url}/api/v1/demands?q=${encodeURIComponent('企业')}`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200);
  assert.ok((await answer.json()).items.length > 0, 'search finds what was copied');
  await s.stop();
});

await test('a place that holds a district is not touched', async () => {
  const before = statSync(at('b/district.db')).mtimeMs;
  const r = copy(d.data, at('b'));
  assert.equal(r.status, 1);
  assert.match(r.stderr, /holds a district already; nothing was changed/);
  assert.equal(statSync(at('b/district.db')).mtimeMs, before);
});

await test('a place that somebody uses is not touched, and is not opened while it is filled', async () => {
  const s = await new Server(['serve', '--data', at('b'), '--listen', '127.0.0.1:0']).start();
  const r = copy(d.data, at('b'));
  assert.equal(r.status, 1);
  assert.match(r.stderr, /it is in use/);
  await s.stop();
});

await test('arguments that make no sense', async () => {
  assert.equal(run(['copy', '--from', d.data]).status, 2);
  assert.equal(copy(at('nothing'), at('x')).status, 1);
  const r = copy(join(d.dir, 'nowhere'), at('y'));
  assert.match(r.stderr, /nowhere: No such file/);
  mkdirSync(at('empty'));
  assert.match(copy(at('empty'), at('z')).stderr, /cannot read the district/);
});

// Starts the copy and kills it after some milliseconds; what it answered when it was quicker.
const killed = (ms, from, to, ...more) => new Promise((done) => {
  const child = spawn(program, ['copy', '--from', from, '--to', to, ...more], { stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  child.once('exit', (code) => {
    clearTimeout(timer);
    done(code);
  });
});

async function killedAgainAndAgain(from, to, expected, ...more) {
  const refused = [];
  let code = null;
  for (let i = 0; code === null && i < 40; i++) {
    code = await killed(60 + 90 * i + Math.floor(Math.random() * 90), from, to, ...more);
    if (code === null && existsSync(join(to, 'district.db'))) {
      // The secret comes last; with one, it is the mark in the database that refuses.
      const r = existsSync(join(to, 'secret')) ? run(['check', '--data', to]) : run(['check', '--data', d.data, '--db', join(to, 'district.db')]);
      if (r.status !== 0) refused.push(r.stderr);
    }
  }
  const r = code === 0 ? null : copy(from, to, ...more);
  // Killed behind its last step, it was done.
  assert.ok(code === 0 || r.status === 0 || /holds a district already/.test(r.stderr), r?.stderr);
  sound(to);
  const again = copy(to, `${to}-again`);
  assert.deepEqual(sums(again).filter((l) => !/^(audit|token)\t/.test(l)), expected.filter((l) => !/^(audit|token)\t/.test(l)));
  return refused;
}

const truth = sums(copy(d.data, at('truth')));

await test('killed at any moment it goes on; until then nobody may use it', async () => {
  const refused = await killedAgainAndAgain(d.data, at('killed'), truth);
  assert.ok(refused.some((e) => /not finished; the same command, given again, goes on/.test(e)), refused.join(''));
});

await test('a half of one district is no beginning for another', async () => {
  for (let ms = 150; ms < 3000; ms += 50) {
    rmSync(at('half'), { recursive: true, force: true });
    if (await killed(ms, d.data, at('half')) === null && existsSync(at('half/district.db'))
      && /not finished/.test(run(['check', '--data', d.data, '--db', at('half/district.db')]).stderr)) break;
  }
  const other = new District();
  const r = copy(other.data, at('half'));
  assert.equal(r.status, 1);
  assert.match(r.stderr, /unfinished copy of another district/);
});

await test('what changed in the source since the first half is copied again', async () => {
  d.sql("UPDATE enterprise SET name = name || '甲' WHERE id = 1; UPDATE account SET theme = 'dark' WHERE id = 1");
  const r = copy(d.data, at('half'));
  assert.equal(r.status, 0, r.stderr);
  assert.deepEqual(sums(r), sums(copy(d.data, at('truth2'))));
});

await test('a source that is written meanwhile: the copy is of one moment, and it is said', async () => {
  const s = await new Server(['serve', '--data', d.data, '--listen', '127.0.0.1:0']).start();
  const token = d.token('member');
  let writes = 0;
  let going = true;
  const writer = (async () => {
    while (going && writes < 5000) {
      const r = await fetch(`${s.url}/api/v1/demands`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ title: `写入 ${writes}`, body: '边写边抄' }) });
      if (r.status === 201) writes++;
      await new Promise((done) => setTimeout(done, 10));
    }
  })();
  const child = spawn(program, ['copy', '--from', d.data, '--to', at('live')]);
  let err = '';
  child.stderr.on('data', (x) => (err += x));
  child.stdout.resume();
  const code = await new Promise((done) => child.once('exit', done));
  going = false;
  await writer;
  await s.stop();
  assert.equal(code, 0, err);
  assert.ok(writes > 5, `${writes}`);
  assert.match(err, /was written meanwhile/);
  sound(at('live'));
});

if (server) {
  await test('to PostgreSQL and back: the same rows, the same schema', async () => {
    const there = copy(d.data, at('pg'), '--db', url('a'));
    assert.equal(there.status, 0, there.stderr);
    assert.equal(statSync(at('pg/database')).mode & 0o777, 0o600);
    sound(at('pg'));
    const back = copy(at('pg'), at('back'));
    assert.equal(back.status, 0, back.stderr);
    const tables = (l) => !/^(audit|token)\t/.test(l);
    assert.deepEqual(sums(back).filter(tables), sums(there).filter(tables));
    const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite');
    const shape = (data) => {
      const db = new DatabaseSync(join(data, 'district.db'), { readOnly: true });
      const rows = db.prepare("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").all().map((x) => JSON.stringify(x));
      db.close();
      return rows;
    };
    assert.deepEqual(shape(at('back')), shape(d.data));
    sound(at('back'));
  });
  await test('PostgreSQL: constraints, indexes and numbers go on as if it had been born there', async () => {
    const born = new District(); // its own tables, made by the patches alone
    const own = url('born');
    assert.equal(run(['init', '--data', at('born'), '--demo', '--db', own]).status, 0);
    const shape = (name) => psql(`SELECT indexname || replace(indexdef, '${name}.', '') FROM pg_indexes WHERE schemaname = '${name}' UNION ALL
      SELECT conrelid::regclass::text || conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = '${name}'::regnamespace ORDER BY 1`).stdout.replaceAll(`${name}.`, '');
    const copied = made[0];
    assert.ok(shape(copied).length > 5000);
    assert.equal(shape(copied), shape(made.at(-1)));
    born.remove();
    // The row with the greatest number is gone; its number is not given again, here or there.
    psql(`SET search_path TO ${copied}; INSERT INTO notice (account_id, at, link, text) VALUES (1, 0, '/', 'x'); DELETE FROM notice WHERE id = (SELECT max(id) FROM notice)`);
    const last = psql(`SELECT last_value FROM ${copied}.notice_id_seq`).stdout.trim();
    const r = copy(schema(copied), url('b'));
    assert.equal(r.status, 0, r.stderr);
    assert.equal(psql(`SELECT last_value FROM ${made.at(-1)}.notice_id_seq`).stdout.trim(), last);
    assert.match(r.stdout, /rows only/);
  });
  await test('PostgreSQL: killed again and again', async () => {
    const where = url('killed');
    mkdirSync(at('pgk'));
    await killedAgainAndAgain(d.data, at('pgk'), sums(copy(d.data, at('truth3'))), '--db', where);
    assert.equal(psql(`SELECT count(*) FROM pg_tables WHERE schemaname = '${made.at(-1)}' AND tablename = 'copy_progress'`).stdout.trim(), '0');
  });
  await test('PostgreSQL: a half is not served, a schema of others is left alone', async () => {
    const where = url('half');
    for (let ms = 200; ms < 3000; ms += 50) {
      if (await killed(ms, d.data, where) === null && psql(`SELECT count(*) FROM pg_tables WHERE schemaname = '${made.at(-1)}' AND tablename = 'copy_progress'`).stdout.trim() === '1') break;
    }
    const r = run(['check', '--data', d.data, '--db', where]);
    assert.match(r.stderr, /not finished/);
    const other = url('other');
    psql(`CREATE SCHEMA ${made.at(-1)}; CREATE TABLE ${made.at(-1)}.mine (x int)`);
    assert.match(copy(d.data, other).stderr, /tables of another program/);
  });
  for (const name of made) psql(`SET client_min_messages TO error; DROP SCHEMA IF EXISTS ${name} CASCADE`);
}
finish();
