// SPDX-License-Identifier: Apache-2.0
// Many districts behind one server: by host and by path, opened when asked for, apart from each
// other, suspended and resumed while it runs.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Browser, Server, assert, finish, password, run, test } from './lib.mjs';

const dir = mkdtempSync(join(tmpdir(), 'huiqiao-many-'));
const district = (...args) => run(['district', args[0], '--districts', dir, ...args.slice(1)]);
const made = (r) => assert.equal(r.status, 0, r.stderr);
const token = (name, user) => {
  const t = run(['token', '--data', join(dir, name), user]);
  made(t);
  return t.stdout.trim();
};

made(district('add', 'linjiang', '--demo', '--host', 'lj.example,www.lj.example'));
made(district('add', 'beian', '--demo', '--title', '北岸区'));
const plain = ['dongshan', 'xihe', 'nanping'];
for (const name of plain) {
  made(district('add', name, '--title', `${name} 区`));
}
const server = await new Server(['serve', '--districts', dir, '--open', '2', '--listen', '127.0.0.1:0']).start();
const at = (name) => ({ url: `${server.url}/d/${name}` });

// fetch() does not let one choose the Host.
const get = (path, host, headers = {}) => new Promise((resolve, reject) => {
  const { hostname, port } = new URL(server.url);
  request({ hostname, port, path, headers: { host, ...headers } }, (r) => {
    let text = '';
    r.on('data', (d) => (text += d));
    r.on('end', () => resolve({ status: r.statusCode, headers: r.headers, text }));
  }).on('error', reject).end();
});

await test('a name or a host leads to one district', () => {
  for (const args of [['add', 'linjiang'], ['add', 'Linjiang'], ['add', '../x'], ['add', 'a-'], ['add', 'other', '--host', 'lj.example'],
    ['suspend', 'nobody'], ['host', 'beian', '--host', 'lj.example'], ['host', 'beian', '--host', 'a:80']]) {
    assert.notEqual(district(...args).status, 0, args.join(' '));
  }
  const rows = district('list').stdout.trim().split('\n').map((l) => l.split('\t'));
  assert.deepEqual(rows.map((r) => r[0]), ['beian', 'dongshan', 'linjiang', 'nanping', 'xihe']);
  assert.deepEqual(rows[2], ['linjiang', 'open', '临江区', 'lj.example,www.lj.example']);
});

await test('the host says which district it is, else the path', async () => {
  const hosted = await get('/login', 'LJ.example:8080');
  assert.equal(hosted.status, 200);
  assert.match(hosted.text, /action="\/login"/);
  assert.match(hosted.text, /临江区/);
  const by = await get('/d/beian/login', '127.0.0.1');
  assert.match(by.text, /action="\/d\/beian\/login"/);
  assert.match(by.text, /北岸区/);
  assert.equal((await get('/d/nowhere/', '127.0.0.1')).status, 404);
  assert.equal((await get('/demands', '127.0.0.1')).status, 404);
  const start = await get('/', '127.0.0.1');
  assert.equal(start.status, 200);
  for (const name of ['linjiang', 'beian', ...plain]) {
    assert.ok(start.text.includes(`href="/d/${name}/"`), name);
  }
  assert.equal((await get('/healthz', '127.0.0.1')).status, 200);
  assert.equal((await get('/d/beian/readyz', '127.0.0.1')).status, 200);
  const asset = /href="(\/s\/app\.[^"]+)"/.exec(by.text)[1];
  assert.equal((await get(asset, '127.0.0.1')).status, 200);
});

await test('below its path a district works whole: every link of every page stays there', async () => {
  const b = new Browser(at('linjiang'));
  const away = await b.go('/demands?state=closed');
  assert.equal(away.status, 303);
  assert.equal(away.headers.get('location'), '/d/linjiang/login?next=%2Fdemands%3Fstate%3Dclosed');
  const login = await b.login('staff', password, '/demands?state=closed');
  assert.equal(login.headers.get('location'), '/d/linjiang/demands?state=closed');
  const todo = ['/'];
  const seen = new Set(todo);
  let pages = 0;
  while (todo.length > 0 && pages < 60) {
    const path = todo.shift();
    const r = await b.go(path);
    pages += 1;
    assert.ok(r.status === 200 || r.status === 303, `${path}: ${r.status}`);
    for (const [, name, to] of r.text.matchAll(/ ([a-z-]+)="(\/[^"]*)"/g)) {
      if (name === 'value' || name === 'data-base') continue;
      assert.ok(to.startsWith('/s/') || to.startsWith('/d/linjiang/'), `${path}: ${name}="${to}"`);
      const next = to.slice('/d/linjiang'.length).replaceAll('&amp;', '&').replace(/#.*/, '');
      const kind = next.split('?')[0].replace(/\d+/g, 'N');
      if (name === 'href' && !to.startsWith('/s/') && !/\.(csv|xlsx)$|logout/.test(kind) && !seen.has(kind)) {
        seen.add(kind);
        todo.push(next);
      }
    }
  }
  assert.ok(pages >= 40, `${pages}`);
});

await test('what is typed is not taken for a link', async () => {
  const b = new Browser(at('linjiang'));
  await b.login('staff');
  const r = await b.go(`/search?q=${encodeURIComponent('/demands ="/x')}`);
  assert.match(r.text, /value="\/demands =&quot;\/x"/);
});

await test('who is logged in at one is nobody at another', async () => {
  const b = new Browser(at('linjiang'));
  await b.login('staff');
  assert.equal((await b.go('/demands')).status, 200);
  const session = b.jar.get('hq-linjiang');
  assert.ok(session, [...b.jar.keys()].join(' '));
  for (let i = 0; i < 3; i += 1) { // also when what is remembered is fresh
    const r = await get('/d/beian/demands', '127.0.0.1', { cookie: `hq-beian=${session}; hq=${session}` });
    assert.equal(r.status, 303, `${r.status}`);
    assert.equal((await b.go('/demands')).status, 200);
  }
  const mine = token('linjiang', 'staff');
  const api = (name, t) => get(`/d/${name}/api/v1/me`, '127.0.0.1', { authorization: `Bearer ${t}` });
  assert.equal((await api('linjiang', mine)).status, 200);
  assert.equal((await api('beian', mine)).status, 401);
  const both = new Browser(at('beian')); // in one browser both stay logged in
  both.jar = b.jar;
  await both.login('staff');
  assert.equal((await both.go('/demands')).status, 200);
  assert.equal((await b.go('/demands')).status, 200);
});

await test('what is written in one is not in another', async () => {
  const head = (name) => ({ authorization: `Bearer ${token(name, 'member')}`, 'content-type': 'application/json' });
  const r = await fetch(`${at('beian').url}/api/v1/demands`, { method: 'POST', headers: head('beian'), body: JSON.stringify({ title: '只在北岸', body: '情况' }) });
  assert.equal(r.status, 201, await r.clone().text());
  assert.match(r.headers.get('location'), /^\/d\/beian\/api\/v1\/demands\/\d+$/);
  const find = async (name) => (await (await fetch(`${at(name).url}/api/v1/demands?q=${encodeURIComponent('只在北岸')}`, { headers: head(name) })).json()).items.length;
  assert.equal(await find('beian'), 1);
  assert.equal(await find('linjiang'), 0);
});

await test('more districts than may be open take turns, and nobody is refused', async () => {
  const all = ['linjiang', 'beian', ...plain];
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => get(`/d/${all[(i * 7) % all.length]}/login`, '127.0.0.1')));
  assert.deepEqual([...new Set(answers.map((r) => r.status))], [200]);
  const metrics = (await get('/metrics', '127.0.0.1')).text;
  assert.match(metrics, /^huiqiao_districts 5$/m);
  assert.ok(Number(/^huiqiao_districts_open (\d+)$/m.exec(metrics)[1]) <= 2, metrics);
});

await test('a session outlives the closing of its district', async () => {
  const b = new Browser(at('linjiang'));
  await b.login('staff');
  for (let i = 0; i < 2; i += 1) {
    for (const name of plain) {
      assert.equal((await get(`/d/${name}/login`, '127.0.0.1')).status, 200);
    }
    assert.equal((await b.go('/demands')).status, 200);
  }
});

const until = async (status, path) => {
  const end = Date.now() + 5000;
  let r;
  do {
    r = await get(path, '127.0.0.1');
    if (r.status === status) return r;
    await new Promise((go) => setTimeout(go, 100));
  } while (Date.now() < end);
  assert.equal(r.status, status);
};

await test('a suspended district answers nobody until it is resumed', async () => {
  made(district('suspend', 'beian'));
  const r = await until(503, '/d/beian/login');
  assert.ok(r.headers['retry-after']);
  assert.match(r.text, /暂停服务/);
  assert.equal((await get('/d/linjiang/login', '127.0.0.1')).status, 200);
  made(district('resume', 'beian'));
  await until(200, '/d/beian/login');
});

await test('a registry that was spoilt by hand changes nothing', async () => {
  const file = join(dir, 'districts.json');
  const good = readFileSync(file);
  writeFileSync(file, '{"districts": [{"name": "linjiang"');
  await new Promise((go) => setTimeout(go, 1500));
  assert.equal((await get('/d/xihe/login', '127.0.0.1')).status, 200);
  assert.match(server.log, /stay as they were/);
  assert.notEqual(district('list').status, 0);
  writeFileSync(file, good);
  await until(200, '/d/nanping/login');
});

await test('a district that is added is there at once', async () => {
  made(district('add', 'xincheng', '--title', '新城区', '--host', 'xc.example'));
  await until(200, '/d/xincheng/login');
  assert.match((await get('/login', 'xc.example')).text, /新城区/);
});

await test('the server ends when it is asked to', async () => {
  assert.equal((await server.stop()).code, 0, server.log);
});

rmSync(dir, { recursive: true, force: true });
finish();
