// SPDX-License-Identifier: Apache-2.0
// The running server is shut in, says so, works all the same, and can be told not to be.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { District, assert, finish, run, test } from './lib.mjs';

const d = await new District().serve();
const status = (x) => Object.fromEntries(readFileSync(`/proc/${x.server.pid}/status`, 'utf8').split('\n').map((l) => l.split(':\t')));

await test('serve restricts itself, in every thread', async () => {
  const s = status(d);
  assert.equal(s.NoNewPrivs, '1');
  assert.equal(s.Seccomp, '2');
  assert.match(d.log, /sandbox: system calls restricted/);
  // Where the kernel cannot, the log says so.
  assert.match(d.log, /sandbox: (files restricted|this kernel cannot restrict files)/);
  assert.match(readFileSync(`/proc/${d.server.pid}/limits`, 'utf8'), /Max core file size\s+0\s+0/);
});

await test('everything that needs files, memory or libraries still works', async () => {
  for (const path of ['/enterprises.xlsx', '/demands.csv', '/demands.xlsx']) {
    const r = await d.api('staff', 'GET', path);
    assert.equal(r.status, 200, `${path}: ${r.text.slice(0, 200)}`);
  }
  const made = await d.demand();
  assert.ok((await d.ok('staff', 'GET', `/demands?q=${encodeURIComponent('测试诉求')}`)).items.some((x) => x.id === made.id));
  const metrics = await (await fetch(`${d.url}/metrics`)).text();
  assert.ok(Number(/^huiqiao_requests_total (\d+)/m.exec(metrics)[1]) > 3, 'requests are counted');
  assert.ok(Number(/^huiqiao_resident_bytes (\d+)/m.exec(metrics)[1]) > 1e6, 'its own figures can be read');
  // A backup is another process and works beside it.
  assert.equal(run(['key', 'new', `${d.dir}/key`]).status, 0);
  assert.equal(d.command('backup', '--key', `${d.dir}/key.pub`, `${d.dir}/copy.hq`).status, 0);
});

await test('it can be switched off, and says so', async () => {
  const open = new District();
  await open.serve('--no-sandbox');
  assert.equal(status(open).Seccomp, '0');
  assert.match(open.log, /"warn".*without the sandbox/);
  await open.stop();
});

await test('the service shipped for systemd gives up as much', async () => {
  const unit = new URL('../../../edge/huiqiao.service', import.meta.url).pathname;
  const r = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=15', unit], { encoding: 'utf8' });
  if (r.error) return console.log('systemd-analyze: skipped, it is not here');
  assert.equal(r.status, 0, `${r.stdout}${r.stderr}`.split('\n').slice(-3).join('\n'));
});

await test('it stops as told', async () => {
  assert.deepEqual(await d.stop(), { code: 0, signal: null });
});

finish();
