// SPDX-License-Identifier: Apache-2.0
// Backups: made beside a running server by who cannot read them, refused when a single byte is
// not as it was written, restored into an empty place of either engine, killed and gone on with.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { District, assert, finish, postgres, program, run, test } from './lib.mjs';

const server = process.env.HUIQIAO_TEST_POSTGRES;
const d = new District();
assert.equal(d.command('generate', '--enterprises', '60', '--demands', '500', '--seed', '9').status, 0);
const at = (name) => join(d.dir, name);
const sums = (data) => {
  const r = run(['copy', '--from', data, '--to', `${data}-sums-${sums.n = (sums.n ?? 0) + 1}`]);
  assert.equal(r.status, 0, r.stderr);
  return r.stdout.split('\n').filter((l) => l.includes('\t'));
};
const check = (file, ...key) => run(['check', '--backup', file, ...(key.length ? key : ['--key', at('key')])]);
const restore = (data, file, ...more) => run(['restore', '--data', data, ...(more.length ? more : ['--key', at('key')]), file]);
const untouched = (data) => !existsSync(join(data, 'district.db')) && !existsSync(join(data, 'secret'));

await test('keys', async () => {
  const r = run(['key', 'new', at('key')]);
  assert.equal(r.status, 0, r.stderr);
  assert.match(r.stdout, /^key [0-9a-f]{16}\n/);
  assert.equal(statSync(at('key')).mode & 0o777, 0o600);
  const before = readFileSync(at('key'));
  assert.equal(run(['key', 'new', at('key')]).status, 1, 'a key is not overwritten');
  assert.deepEqual(readFileSync(at('key')), before);
  run(['key', 'new', at('other')]);
  assert.equal(run(['key', 'old', at('x')]).status, 2);
});

const file = at('backup.hq');
await test('a backup of a running district', async () => {
  await d.serve();
  await d.demand({ title: '备份之前金丝雀' });
  const r = d.command('backup', '--key', at('key.pub'), file);
  assert.equal(r.status, 0, r.stderr);
  assert.match(r.stderr, /\d+ rows of \d+ tables/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(!existsSync(`${file}.part`));
  const again = d.command('backup', '--key', at('key.pub'), file);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /exists already/);
  await d.stop();
  const bytes = readFileSync(file);
  for (const word of ['金丝雀', '工商联', 'demand', 'CREATE', 'argon2', readFileSync(join(d.data, 'secret')).toString('hex')]) assert.ok(!bytes.includes(word), word);
  assert.match(check(file).stdout, /whole; 临江区, \d{4}-\d\d-\d\dT.*, \d+ rows of \d+ tables, with the secret/);
});

await test('without the right key it says nothing', async () => {
  writeFileSync(at('words'), 'correct horse battery staple\n');
  const said = [
    [['--key', at('other')], /made for another key/],
    [['--key', at('key.pub')], /is the public key; this wants the secret one/],
    [['--passphrase', at('words')], /made for a key, not with a passphrase/],
    [['--key', at('words')], /is no key of huiqiao key new/],
    [['--key', at('nothing')], /No such file/],
  ];
  for (const [key, why] of said) {
    const r = check(file, ...key);
    assert.equal(r.status, 1);
    assert.match(r.stderr, why);
  }
  assert.match(run(['check', '--backup', file]).stderr, /say which key/);
  assert.match(d.command('backup', at('none')).stderr, /say which key/);
  assert.match(d.command('backup', '--key', at('key'), at('none')).stderr, /this wants the public one/);
  writeFileSync(at('short'), 'short\n');
  assert.match(d.command('backup', '--passphrase', at('short'), at('none')).stderr, /shorter than 12/);
  assert.ok(!existsSync(at('none')) && !existsSync(at('none.part')));
});

await test('restored it is the district that it was', async () => {
  const r = restore(at('restored'), file);
  assert.equal(r.status, 0, r.stderr + r.stdout);
  assert.match(r.stdout, /audit chain: sound/);
  assert.match(r.stdout, /rows restored into/);
  assert.deepEqual(sums(at('restored')), sums(d.data));
  assert.deepEqual(readFileSync(at('restored/secret')), readFileSync(join(d.data, 'secret')));
  const all = run(['check', '--data', at('restored')]);
  assert.equal(all.status, 0, all.stdout + all.stderr);
  const rows = JSON.parse(run(['export', '--data', at('restored'), 'demands', '--format', 'json']).stdout);
  assert.ok(rows.some((x) => x.title === '备份之前金丝雀'));
  const again = restore(at('restored'), file);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /holds a district already; nothing was changed/);
});

await test('through a pipe, with a passphrase', async () => {
  const bytes = spawnSync(program, ['backup', '--data', d.data, '--passphrase', at('words'), '-'], { maxBuffer: 1 << 28 });
  assert.equal(bytes.status, 0, String(bytes.stderr));
  writeFileSync(at('piped.hq'), bytes.stdout);
  assert.equal(check(at('piped.hq'), '--passphrase', at('words')).status, 0);
  writeFileSync(at('wrong'), 'incorrect horse battery staple');
  assert.match(check(at('piped.hq'), '--passphrase', at('wrong')).stderr, /not its passphrase/);
  const r = restore(at('piped'), at('piped.hq'), '--passphrase', at('words'));
  assert.equal(r.status, 0, r.stderr);
  const broken = spawnSync('sh', ['-c', `${program} backup --data ${d.data} --key ${at('key.pub')} - | head -c 1000 >/dev/null; true`], { encoding: 'utf8' });
  assert.doesNotMatch(broken.stderr, /rows of/);
});

await test('the secret apart, where it is kept so', async () => {
  assert.equal(d.command('backup', '--key', at('key.pub'), '--without-secret', at('apart.hq')).status, 0);
  assert.match(check(at('apart.hq')).stdout, /without the secret/);
  const r = restore(at('apart'), at('apart.hq'));
  assert.equal(r.status, 1);
  assert.match(r.stderr, /made without the district's secret/);
  writeFileSync(at('apart/secret'), readFileSync(join(d.data, 'secret')));
  assert.equal(restore(at('apart'), at('apart.hq')).status, 0);
  mkdirSync(at('wrong-secret'));
  writeFileSync(at('wrong-secret/secret'), Buffer.alloc(32, 7));
  assert.match(restore(at('wrong-secret'), file).stderr, /secret of another district/);
  assert.ok(!existsSync(at('wrong-secret/district.db')));
});

// Where the pieces of a backup begin: MAGIC, head, the stream's head, then a length before each.
function pieces(bytes) {
  const out = [];
  for (let o = 16 + 160 + 24; o < bytes.length;) {
    const n = 4 + bytes.readUInt32LE(o);
    out.push(bytes.subarray(o, o + n));
    o += n;
  }
  return out;
}

await test('changed, cut, reordered or lengthened: refused before anything is written', async () => {
  const bytes = readFileSync(file);
  const head = bytes.subarray(0, 200);
  const all = pieces(bytes);
  assert.ok(all.length > 3, `${all.length} pieces`);
  const spoilt = [
    ...[...Array(40).keys()].map((i) => {
      const copy = Buffer.from(bytes);
      copy[Math.floor((i / 40) * (bytes.length - 1))] ^= 1 << i % 8;
      return [`a bit at ${i}/40`, copy];
    }),
    // All of the head but the zeros behind it, which are bound to the pieces too.
    ...[...Array(20).keys()].map((i) => {
      const copy = Buffer.from(bytes);
      copy[i * 10] ^= 0x80;
      return [`byte ${i * 10} of the head`, copy];
    }),
    ...[0, 1, 15, 16, 100, 199, 200, 203, 210, bytes.length >> 1, bytes.length - all.at(-1).length, bytes.length - 1].map((n) => [`cut at ${n}`, bytes.subarray(0, n)]),
    ['one byte more', Buffer.concat([bytes, Buffer.from([0])])],
    ['twice', Buffer.concat([bytes, bytes])],
    ['its last piece twice', Buffer.concat([bytes, all.at(-1)])],
    ['two pieces exchanged', Buffer.concat([head, all[1], all[0], ...all.slice(2)])],
    ['a piece left out', Buffer.concat([head, all[0], ...all.slice(2)])],
    ['a piece twice', Buffer.concat([head, all[0], all[0], ...all.slice(1)])],
    ['only the last piece', Buffer.concat([head, all.at(-1)])],
    ['nothing', Buffer.alloc(0)],
    ['something else', Buffer.alloc(8192, 'x')],
  ];
  for (const [what, content] of spoilt) {
    writeFileSync(at('spoilt.hq'), content);
    const r = check(at('spoilt.hq'));
    assert.equal(r.status, 1, `${what}: ${r.stdout}`);
    assert.match(r.stderr, /cut off|changed or damaged|damaged|no backup of this program|added to the file|another key|passphrase/, what);
    assert.doesNotMatch(r.stdout, /whole/, what);
  }
  for (const [what, content] of [spoilt[20], spoilt.at(-9), spoilt.at(-5)]) {
    writeFileSync(at('spoilt.hq'), content);
    assert.equal(restore(at('spoilt'), at('spoilt.hq')).status, 1, what);
    assert.ok(untouched(at('spoilt')), what);
  }
});

await test('two backups of one moment have nothing in common', async () => {
  assert.equal(d.command('backup', '--key', at('key.pub'), at('second.hq')).status, 0);
  const [a, b] = [pieces(readFileSync(file)), pieces(readFileSync(at('second.hq')))];
  assert.ok(!a[0].subarray(4, 36).equals(b[0].subarray(4, 36)));
  // A piece of the one in the other is refused.
  const mixed = readFileSync(at('second.hq'));
  writeFileSync(at('mixed.hq'), Buffer.concat([mixed.subarray(0, 200), a[0], ...b.slice(1)]));
  assert.match(check(at('mixed.hq')).stderr, /changed or damaged/);
});

const killed = (ms, args) => new Promise((done) => {
  const child = spawn(program, args, { stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  child.once('exit', (code) => {
    clearTimeout(timer);
    done(code);
  });
});

await test('a restore that is killed goes on; a backup that is killed leaves no backup', async () => {
  let code = null;
  for (let i = 0; code === null && i < 30; i++) {
    code = await killed(80 + 60 * i + Math.floor(Math.random() * 60), ['restore', '--data', at('killed'), '--key', at('key'), file]);
    if (existsSync(at('killed/secret'))) break;
  }
  const r = restore(at('killed'), file);
  assert.ok(r.status === 0 || /holds a district already/.test(r.stderr), r.stderr);
  assert.equal(run(['check', '--data', at('killed')]).status, 0);
  await killed(30, ['backup', '--data', d.data, '--key', at('key.pub'), at('never.hq')]);
  assert.ok(!existsSync(at('never.hq')) || check(at('never.hq')).status === 0);
});

await test('no room: the backup says so and leaves nothing', async () => {
  const r = spawnSync('sh', ['-c', `ulimit -f 64; trap '' XFSZ; exec ${program} backup --data ${d.data} --key ${at('key.pub')} ${at('large.hq')}`], { encoding: 'utf8' });
  assert.equal(r.status, 1, r.stderr);
  assert.match(r.stderr, /the backup failed: File too large/);
  assert.deepEqual(readdirSync(d.dir).filter((f) => f.startsWith('large')), []);
});

if (server && !postgres) {
  const url = (name) => `${server}${server.includes('?') ? '&' : '?'}schema=backup${process.pid}_${name}`;
  await test('one format for both engines', async () => {
    const there = restore(at('pg'), file, '--key', at('key'), '--db', url('a'));
    assert.equal(there.status, 0, there.stderr);
    assert.equal(statSync(at('pg/database')).mode & 0o777, 0o600);
    assert.equal(run(['check', '--data', at('pg')]).status, 0);
    assert.equal(run(['backup', '--data', at('pg'), '--key', at('key.pub'), at('pg.hq')]).status, 0);
    assert.equal(restore(at('back'), at('pg.hq')).status, 0);
    assert.deepEqual(sums(at('back')), sums(at('restored')));
    assert.match(restore(at('pg2'), file, '--key', at('key'), '--db', url('a')).stderr, /holds a district already/);
    spawnSync('psql', ['-X', '-q', '-d', server, '-c', `SET client_min_messages TO error; DROP SCHEMA backup${process.pid}_a CASCADE`]);
  });
}
finish();
