// SPDX-License-Identifier: Apache-2.0
// Three machines of a PostgreSQL cluster on loopback: each an etcd, a Patroni and a PostgreSQL,
// in a directory that is gone afterwards. A machine can be killed, stopped and started again as
// a whole. For tests, the bench and script/with-patroni.
//
//   node tests/failover/cluster.mjs COMMAND...    runs it beside a cluster, named by
//                                                 HUIQIAO_TEST_POSTGRES
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const BIN = existsSync('/usr/lib/postgresql/15/bin') ? '/usr/lib/postgresql/15/bin' : null;
const NAMES = ['a', 'b', 'c'];

// A server does not run as root.
function unprivileged() {
  if (process.getuid() !== 0) return {};
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function freePorts(n) {
  const servers = [];
  for (let i = 0; i < n; i++) {
    const s = createServer();
    await new Promise((done) => s.listen(0, '127.0.0.1', done));
    servers.push(s);
  }
  const ports = servers.map((s) => s.address().port);
  await Promise.all(servers.map((s) => new Promise((done) => s.close(done))));
  return ports;
}

function children(pid) {
  const found = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(parent) === pid) found.push(Number(name));
    } catch { /* gone already */ }
  }
  return found;
}

function signal(pid, sig) {
  try {
    process.kill(pid, sig);
    return true;
  } catch {
    return false;
  }
}

export class Cluster {
  // `synchronous`: no commit is answered before a standby has it, and none at all while there
  // is no standby.
  constructor({ synchronous = true } = {}) {
    if (BIN === null || !existsSync('/usr/bin/patroni') || !existsSync('/usr/bin/etcd')) {
      throw new Error('PostgreSQL 15, Patroni or etcd is not installed; script/bootstrap installs them');
    }
    this.synchronous = synchronous;
    this.user = unprivileged();
    this.dir = mkdtempSync(join(tmpdir(), 'huiqiao-patroni-'));
    this.password = randomBytes(12).toString('hex');
    this.machines = [];
  }

  async start() {
    const ports = await freePorts(NAMES.length * 4);
    this.machines = NAMES.map((name, i) => {
      const [client, peer, rest, database] = ports.slice(i * 4, i * 4 + 4);
      return { name, client, peer, rest, database, dir: join(this.dir, name), etcd: null, patroni: null };
    });
    this.own(this.dir);
    for (const m of this.machines) {
      mkdirSync(m.dir, { mode: 0o700 });
      this.own(m.dir);
      writeFileSync(join(m.dir, 'patroni.yml'), this.configuration(m), { mode: 0o600 });
      this.own(join(m.dir, 'patroni.yml'));
      this.startEtcd(m);
    }
    for (const m of this.machines) this.startPatroni(m);
    await this.whole(90000);
    this.ask(await this.leader(), `CREATE ROLE huiqiao LOGIN PASSWORD '${this.password}'`);
    this.ask(await this.leader(), 'CREATE DATABASE huiqiao OWNER huiqiao');
  }

  own(path) {
    if (this.user.uid !== undefined) chownSync(path, this.user.uid, this.user.gid);
  }

  run(m, name, command, words) {
    const log = openSync(join(m.dir, `${name}.log`), 'a');
    const env = { PATH: process.env.PATH, LANG: 'C.UTF-8', HOME: m.dir };
    return spawn(command, words, { cwd: m.dir, stdio: ['ignore', log, log], env, detached: true, ...this.user });
  }

  startEtcd(m) {
    const peers = this.machines.map((p) => `${p.name}=http://127.0.0.1:${p.peer}`).join(',');
    const known = existsSync(join(m.dir, 'etcd')) ? 'existing' : 'new';
    m.etcd = this.run(m, 'etcd', '/usr/bin/etcd', ['--enable-v2', '--name', m.name, '--data-dir', join(m.dir, 'etcd'),
      '--listen-client-urls', `http://127.0.0.1:${m.client}`,
      '--advertise-client-urls', `http://127.0.0.1:${m.client}`,
      '--listen-peer-urls', `http://127.0.0.1:${m.peer}`,
      '--initial-advertise-peer-urls', `http://127.0.0.1:${m.peer}`,
      '--initial-cluster', peers, '--initial-cluster-state', known]);
  }

  startPatroni(m) {
    m.patroni = this.run(m, 'patroni', '/usr/bin/patroni', [join(m.dir, 'patroni.yml')]);
  }

  // The same as edge/patroni.yml, but for ports, and times as short as Patroni lets them be.
  configuration(m) {
    const { password } = this;
    return JSON.stringify({
      scope: 'huiqiao', name: m.name,
      restapi: { listen: `127.0.0.1:${m.rest}`, connect_address: `127.0.0.1:${m.rest}` },
      // Not etcd3: see edge/patroni.yml.
      etcd: { hosts: this.machines.map((p) => `127.0.0.1:${p.client}`) },
      bootstrap: {
        dcs: {
          ttl: 5, loop_wait: 1, retry_timeout: 2, maximum_lag_on_failover: 1 << 30,
          master_start_timeout: 0,
          synchronous_mode: this.synchronous, synchronous_mode_strict: this.synchronous,
          postgresql: {
            use_pg_rewind: true,
            parameters: {
              max_connections: 100, wal_level: 'replica', hot_standby: 'on', wal_log_hints: 'on',
              wal_keep_size: '256MB', wal_retrieve_retry_interval: '1s', max_locks_per_transaction: 256, shared_buffers: '64MB',
            },
          },
        },
        initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }, 'data-checksums'],
        pg_hba: [
          'local all all trust',
          'host replication replicator 127.0.0.1/32 scram-sha-256',
          'host all all 127.0.0.1/32 scram-sha-256',
        ],
      },
      postgresql: {
        listen: `127.0.0.1:${m.database}`, connect_address: `127.0.0.1:${m.database}`,
        data_dir: join(m.dir, 'data'), bin_dir: BIN, pgpass: join(m.dir, 'pgpass'),
        remove_data_directory_on_rewind_failure: true, remove_data_directory_on_diverged_timelines: true,
        authentication: {
          superuser: { username: 'postgres', password },
          replication: { username: 'replicator', password },
          rewind: { username: 'rewind', password },
        },
        parameters: { unix_socket_directories: m.dir, password_encryption: 'scram-sha-256' },
      },
      watchdog: { mode: 'off' },
    }, null, 2);
  }

  get url() {
    const hosts = this.machines.map((m) => `127.0.0.1:${m.database}`).join(',');
    return `postgresql://huiqiao:${this.password}@${hosts}/huiqiao`;
  }

  // What Patroni says of each machine, by whichever answers.
  async members() {
    for (const m of this.machines) {
      try {
        const answer = await fetch(`http://127.0.0.1:${m.rest}/cluster`, { signal: AbortSignal.timeout(1000) });
        return (await answer.json()).members ?? [];
      } catch { /* that one is down */ }
    }
    return [];
  }

  // The machine that holds the lead and takes writes, or null.
  async leader() {
    for (const m of this.machines) {
      try {
        const answer = await fetch(`http://127.0.0.1:${m.rest}/primary`, { signal: AbortSignal.timeout(1000) });
        if (answer.status === 200) return m;
      } catch { /* that one is down */ }
    }
    return null;
  }

  // Waits until there are a leader and two standbys that stream, one of them in step with it.
  async whole(ms = 60000) {
    const until = Date.now() + ms;
    while (Date.now() < until) {
      const leader = await this.leader();
      if (leader !== null) {
        try {
          const [all, sync] = this.ask(leader, "SELECT count(*), count(*) FILTER (WHERE sync_state = 'sync') "
            + "FROM pg_stat_replication WHERE state = 'streaming'").split('|').map(Number);
          // Patroni promotes nobody of whom it has not written down that they are in step.
          const known = !this.synchronous || (await this.members()).some((m) => m.role === 'sync_standby');
          if (all === NAMES.length - 1 && (sync > 0 || !this.synchronous) && known) return leader;
        } catch { /* not yet */ }
      }
      await sleep(200);
    }
    throw new Error(`the cluster is not whole after ${ms / 1000} s: ${JSON.stringify(await this.members())}\n${this.logs()}`);
  }

  logs() {
    return this.machines.map((m) => execFileSync('tail', ['-n', '12', join(m.dir, 'patroni.log')], { encoding: 'utf8' })).join('\n');
  }

  // As the superuser of one machine.
  ask(m, sql, database = 'postgres') {
    const got = spawnSync(join(BIN, 'psql'), ['-h', m.dir, '-p', String(m.database), '-U', 'postgres', '-d', database,
      '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', sql], { encoding: 'utf8', timeout: 20000, maxBuffer: 64 << 20 });
    if (got.status !== 0) throw new Error(got.stderr || 'psql did not come back');
    return got.stdout.trim();
  }

  // Everything that runs on a machine, the children of the postmaster last.
  processes(m) {
    const found = [m.patroni, m.etcd].filter((p) => p !== null && p.exitCode === null && p.signalCode === null).map((p) => p.pid);
    try {
      const postmaster = Number(readFileSync(join(m.dir, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
      const command = readFileSync(`/proc/${postmaster}/cmdline`, 'utf8');
      if (command.includes(m.dir)) found.push(postmaster, ...children(postmaster));
    } catch { /* it does not run */ }
    return found;
  }

  walreceiver(m) {
    return this.processes(m).filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('walreceiver');
      } catch {
        return false;
      }
    });
  }

  // The machine is gone from one moment to the next.
  async kill(m) {
    let left;
    while ((left = this.processes(m)).length > 0) {
      for (const pid of left) signal(pid, 'SIGKILL');
      await sleep(20);
    }
    m.etcd = m.patroni = null;
  }

  // The machine stands still, its lines stay open. Returns what goes on when it is woken.
  stall(m) {
    const stopped = this.processes(m);
    for (const pid of stopped) signal(pid, 'SIGSTOP');
    return () => {
      for (const pid of stopped) signal(pid, 'SIGCONT');
    };
  }

  // Only the database's own stop: what runs goes on, Patroni included.
  restart(m) {
    this.startEtcd(m);
    this.startPatroni(m);
  }

  async stop() {
    for (const m of this.machines) {
      for (const p of [m.patroni, m.etcd]) if (p !== null) signal(p.pid, 'SIGCONT');
      for (const pid of this.processes(m)) signal(pid, 'SIGCONT');
    }
    for (const m of this.machines) await this.kill(m);
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const words = process.argv.slice(2);
  const cluster = new Cluster();
  let status = 1;
  for (const sig of ['SIGINT', 'SIGTERM']) process.on(sig, () => {}); // the command's, too; then we clean up
  try {
    await cluster.start();
    process.stdout.write(`a cluster in ${cluster.dir}; ${cluster.machines.map((m) => `${m.name}: ${m.database}, Patroni ${m.rest}`).join('; ')}\n`);
    const child = spawn(words[0] ?? 'bash', words.slice(1), { stdio: 'inherit', env: { ...process.env, HUIQIAO_TEST_POSTGRES: cluster.url, HUIQIAO_PATRONI: cluster.dir } });
    status = await new Promise((done) => child.once('exit', (code) => done(code ?? 1)));
  } finally {
    await cluster.stop();
  }
  process.exit(status);
}
