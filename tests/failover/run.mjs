// SPDX-License-Identifier: Apache-2.0
// The primary of three is killed, or stands still, again and again while people read and write:
// what was answered is there, once (security.md D6, D7); what is decided is read from nobody
// else (D8). Beside it the mutant: a cluster that answers before a standby has the write must
// lose some, or this test could not see a loss.
//
//   node tests/failover/run.mjs HUIQIAO [--kills 5] [--mutant yes]
//
// One of the kills is a stall (SIGSTOP). The last line but one holds the gaps, for the bench.
import { randomUUID } from 'node:crypto';
import { Cluster, sleep } from './cluster.mjs';

const option = (name, otherwise) => {
  const i = process.argv.indexOf(`--${name}`);
  return i < 0 ? otherwise : process.argv[i + 1];
};
const KILLS = Number(option('kills', '5'));
const STALL = Math.min(2, KILLS); // which of them
const MUTANT = option('mutant', 'yes') === 'yes';
const WRITERS = 6, READERS = 2, PAUSE = 25;
const PATIENCE = 60000; // for writes to be taken again
const LONGEST = 25000;  // no request hangs longer than a commit is waited for

process.env.HUIQIAO_TEST_DB = 'postgres';

// The helpers of the scenarios, for a cluster: they read at their start where the server is.
async function helpers(cluster, name) {
  process.env.HUIQIAO_TEST_POSTGRES = `${cluster.url}?target_session_attrs=read-write&connect_timeout=3`;
  return import(`../http/api/lib.mjs?${name}`);
}

async function served(lib) {
  const d = await new lib.District().serve();
  for (const who of ['member', 'staff']) d.token(who); // a program of its own, which writes
  return d;
}

// Bounded reading and writing through one server.
class Load {
  constructor(d, assert) {
    Object.assign(this, { d, assert, over: false, answered: new Map(), acks: [], refused: 0, longest: 0, reads: { fresh: 0, stale: 0, refused: 0 }, lastRead: 0, readGap: 0 });
    this.loops = [
      ...Array.from({ length: WRITERS }, (_, n) => this.write(n)),
      ...Array.from({ length: READERS }, () => this.read()),
    ].map((loop) => loop.catch((e) => { this.error ??= e; }));
  }

  async request(...words) {
    const began = performance.now();
    const r = await this.d.api(...words);
    const took = performance.now() - began;
    this.longest = Math.max(this.longest, took);
    return r;
  }

  // Each title is sent with its key until it is taken.
  async write(n) {
    for (let i = 0; !this.over; i++) {
      const title = `切换 ${n}-${i}`, key = randomUUID(), until = performance.now() + PATIENCE;
      const began = performance.now();
      for (;;) {
        const r = await this.request('member', 'POST', '/demands', { title, body: '情况说明' }, { 'idempotency-key': key });
        if (r.status === 201) {
          this.answered.set(title, r.json.id);
          this.acks.push({ began, at: performance.now() });
          break;
        }
        this.assert.equal(r.status, 503, r.text.slice(0, 300));
        this.assert.ok(Number(r.headers.get('retry-after')) > 0);
        this.assert.ok(performance.now() < until, `${title} was never taken`);
        this.refused++;
        await sleep(PAUSE * 2);
      }
      await sleep(PAUSE);
    }
  }

  async read() {
    while (!this.over) {
      const r = await this.request('staff', 'GET', '/demands?limit=5');
      if (r.status === 200) {
        this.reads[r.headers.get('huiqiao-stale') === '1' ? 'stale' : 'fresh']++;
        const now = performance.now();
        if (this.lastRead > 0) this.readGap = Math.max(this.readGap, now - this.lastRead);
        this.lastRead = now;
      } else {
        this.assert.equal(r.status, 503, r.text.slice(0, 300));
        this.reads.refused++;
      }
      await sleep(PAUSE);
    }
  }

  // Milliseconds from `since` to the answer of the first write that was begun after it: one that
  // was under way may be there already, and its answer writes nothing.
  async gap(since) {
    while (performance.now() - since < PATIENCE) {
      if (this.error) throw this.error;
      const first = this.acks.find((a) => a.began > since);
      if (first) return first.at - since;
      await sleep(20);
    }
    throw new Error(`no write was taken in ${PATIENCE / 1000} s`);
  }

  async end() {
    this.over = true;
    await Promise.all(this.loops);
    if (this.error) throw this.error;
  }

  // What was answered and is not there, and what is there more than once.
  outcome() {
    const rows = this.d.rows("SELECT id, title FROM demand WHERE title LIKE '切换 %'");
    const found = new Map();
    for (const row of rows) found.set(row.title, [...(found.get(row.title) ?? []), row.id]);
    return {
      lost: [...this.answered].filter(([title, id]) => !(found.get(title) ?? []).includes(id)).map(([title]) => title),
      twice: [...found].filter(([, ids]) => ids.length > 1).map(([title]) => title),
    };
  }
}

const seconds = (ms) => (ms / 1000).toFixed(1);
const middle = (list) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) / 2)];

async function until(what, ms, fn) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await fn();
    if (got) return got;
    if (Date.now() > end) throw new Error(`${what}: not within ${ms / 1000} s`);
    await sleep(30);
  }
}

// ---- without a primary -----------------------------------------------------------------

// A form as a browser without scripts would send it again.
function resend(html) {
  const form = /<form class="stack" method="post" action="([^"]+)">([\s\S]*?)<\/form>/.exec(html);
  if (!form) return null;
  const plain = (s) => s.replaceAll('&#10;', '\n').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  const fields = [...form[2].matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, n, v]) => [plain(n), plain(v)]);
  return { action: plain(form[1]), form: new URLSearchParams(fields) };
}

// What everybody sees between two primaries. Returns a form that could not be sent.
async function between({ assert }, d, people) {
  await until('a reading from a standby', 15000, async () => (await d.api('staff', 'GET', '/demands?limit=1')).headers.get('huiqiao-stale') === '1');
  const page = await people.staff.go('/demands');
  assert.equal(page.status, 200);
  assert.match(page.text, /主库切换中，显示的可能不是最新内容/);
  assert.equal(page.headers.get('huiqiao-stale'), '1');
  for (const path of ['/demands.csv', '/demands.xlsx', '/verify/none']) {
    const r = await people.staff.go(path);
    assert.equal(r.status, 503, `${path}: what vouches for something is not read from a standby`);
  }
  const began = performance.now();
  const api = await d.api('member', 'POST', '/demands', { title: '没有主库', body: '情况说明' });
  assert.equal(api.status, 503);
  assert.ok(Number(api.headers.get('retry-after')) > 0);
  assert.equal(api.json.type, '/problems/unavailable');
  const refused = await people.member.go('/demands', { method: 'POST', form: people.form });
  assert.equal(refused.status, 503);
  assert.ok(performance.now() - began < 3000, 'who cannot be served is told at once');
  assert.match(refused.text, /您填的都还在/);
  const again = resend(refused.text);
  assert.ok(again, 'what was typed can be sent again');
  assert.equal(again.form.get('body'), people.form.body);
  return again;
}

async function prepare({ Browser, assert }, d) {
  const people = { staff: new Browser(d), member: new Browser(d) };
  for (const who of ['staff', 'member']) {
    const r = await people[who].login(who);
    assert.equal(r.status, 303, `${who} logs in`);
  }
  const page = await people.member.go('/demands/new');
  const field = (name) => new RegExp(`name="${name}"[^>]*value="([^"]*)"`).exec(page.text)?.[1] ?? '';
  people.form = { csrf: field('csrf'), token: field('token'), title: '表单没有丢', body: '第一行 <b>&"\r\n第二行', act: 'draft' };
  return people;
}

// ---- a commit nobody but the primary has -----------------------------------------------

// Somebody cancels the wait for the standby: the server answers COMMIT all the same, and says in
// a warning that it may not last. That is no answer for the one who asked (D7).
async function cancelled({ assert }, cluster, d) {
  const leader = await cluster.leader();
  const receivers = cluster.machines.filter((m) => m !== leader).flatMap((m) => cluster.walreceiver(m));
  assert.ok(receivers.length === 2, 'both standbys receive');
  const key = { 'idempotency-key': randomUUID() }, body = { title: '等不到备库', body: '情况说明' };
  for (const pid of receivers) process.kill(pid, 'SIGSTOP');
  try {
    const first = d.api('member', 'POST', '/demands', body, key);
    const waits = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT'";
    await until('the commit waits', 5000, () => cluster.ask(leader, waits) !== '');
    cluster.ask(leader, `SELECT pg_cancel_backend(pid) FROM (${waits}) AS w`);
    assert.equal((await first).status, 503, 'a commit that no standby has is not answered as done');
  } finally {
    for (const pid of receivers) process.kill(pid, 'SIGCONT');
  }
  const second = await until('the same again', 10000, async () => {
    const r = await d.api('member', 'POST', '/demands', body, key);
    return r.status === 503 ? null : r;
  });
  assert.equal(second.status, 201);
  assert.equal(d.rows("SELECT id FROM demand WHERE title = '等不到备库'").length, 1);
}

// ---- strict ----------------------------------------------------------------------------

async function strict() {
  const cluster = new Cluster();
  let lib = null, d = null;
  try {
    await cluster.start();
    lib = await helpers(cluster, 'strict');
    const { assert } = lib;
    d = await served(lib);
    await cancelled(lib, cluster, d);
    const people = await prepare(lib, d);
    const load = new Load(d, assert);
    const gaps = [];
    await sleep(500);
    for (let i = 1; i <= KILLS; i++) {
      const leader = await cluster.whole();
      await sleep(300);
      load.readGap = 0;
      const since = performance.now();
      const wake = i === STALL ? cluster.stall(leader) : null;
      if (wake === null) await cluster.kill(leader);
      const unsent = i === 1 ? await between(lib, d, people) : null;
      const gap = await load.gap(since);
      gaps.push(gap);
      console.log(`   ${wake ? 'stall' : 'kill '} ${leader.name}: written again after ${seconds(gap)} s, nothing read for ${seconds(load.readGap)} s at most`);
      if (wake) wake();
      else cluster.restart(leader);
      if (unsent) {
        for (let twice = 0; twice < 2; twice++) {
          const sent = await people.member.go(unsent.action, { method: 'POST', form: unsent.form });
          assert.equal(sent.status, 303, `sent again: ${sent.status}`);
        }
        assert.equal(d.rows("SELECT id FROM demand WHERE title = '表单没有丢'").length, 1);
      }
    }
    await load.end();
    const { lost, twice } = load.outcome();
    const { reads } = load;
    console.log(`   ${load.answered.size} writes answered, ${load.refused} refused; reads ${reads.fresh} current, ${reads.stale} from a standby, ${reads.refused} refused;`
      + ` longest request ${seconds(load.longest)} s`);
    assert.deepEqual(lost, [], 'answered writes that are lost');
    assert.deepEqual(twice, [], 'writes that are there twice');
    assert.ok(load.answered.size > 50 * KILLS, 'the load was one');
    assert.ok(reads.stale > 0 && reads.fresh > reads.stale, 'reads went to a standby, but only meanwhile');
    assert.ok(load.longest < LONGEST, 'no request hangs');
    await d.stop();
    const check = d.command('check');
    assert.equal(check.status, 0, check.stdout + check.stderr);
    return gaps;
  } catch (e) {
    console.log(`${d?.log?.split('\n').slice(-30).join('\n')}\n${cluster.logs()}`);
    throw e;
  } finally {
    await d?.stop('SIGKILL');
    await cluster.stop();
  }
}

// ---- the mutant ------------------------------------------------------------------------

async function mutant() {
  const cluster = new Cluster({ synchronous: false });
  let d = null;
  try {
    await cluster.start();
    const lib = await helpers(cluster, 'mutant');
    d = await served(lib);
    const load = new Load(d, lib.assert);
    await sleep(1000);
    const leader = await cluster.whole();
    const receivers = cluster.machines.filter((m) => m !== leader).flatMap((m) => cluster.walreceiver(m));
    // The standbys are behind, as over a slow line, and what is on the line goes with it.
    for (const pid of receivers) process.kill(pid, 'SIGSTOP');
    await sleep(1500);
    const since = performance.now();
    await cluster.kill(leader);
    for (const pid of receivers) process.kill(pid, 'SIGKILL');
    const gap = await load.gap(since);
    await load.end();
    const { lost } = load.outcome();
    console.log(`   mutant: ${lost.length} of ${load.answered.size} answered writes are lost (written again after ${seconds(gap)} s)`);
    lib.assert.ok(lost.length > 0, 'asynchronous replication must lose, or this test sees no loss');
  } catch (e) {
    console.log(`${d?.log?.split('\n').slice(-30).join('\n')}\n${cluster.logs()}`);
    throw e;
  } finally {
    await d?.stop('SIGKILL');
    await cluster.stop();
  }
}

try {
  const gaps = await strict();
  if (MUTANT) await mutant();
  console.log(`gaps ${JSON.stringify({ kills: gaps.length, p50: Number(seconds(middle(gaps))), max: Number(seconds(Math.max(...gaps))) })}`);
  console.log('passed');
  process.exit(0);
} catch (e) {
  console.log(`FAILED ${String(e.stack ?? e).split('\n').slice(0, 12).join('\n    ')}`);
  process.exit(1);
}
