// SPDX-License-Identifier: Apache-2.0
// Checks the generic pages with invented data, before and beside the real ones: rendered by the
// real engine, served with the real headers.
//   node tests/browser/static.mjs RENDER_PAGE [SAMPLE …]      SHOTS=dir keeps screenshots
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { checkPage, launch, Results } from './lib.mjs';
import { common, samples } from './samples.mjs';

const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
  + "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const [binary, ...wanted] = process.argv.slice(2);
const names = Object.keys(samples).filter((n) => wanted.length === 0 || wanted.includes(n));
const dir = mkdtempSync(join(tmpdir(), 'huiqiao-static-'));

execFileSync(binary, ['--dump', dir]);
const files = new Map(execFileSync(binary, ['--assets'], { encoding: 'utf8' }).trim().split('\n')
  .map((l) => l.split(/ (.*?) (.*)/)).map(([name, path, type]) => [path, { name, type }]));
const url = (name) => [...files].find(([, f]) => f.name === name)[0];
const assets = { app_css: url('app.css'), app_js: url('app.js'), doc_css: url('doc.css'), icons: url('i.svg'), logo: url('logo.svg') };

for (const [lang, tag] of [['zh', 'zh-CN'], ['en', 'en']]) {
  const jobs = names.flatMap((n) => ['normal', 'max'].map((size) => ({
    page: samples[n][0], out: join(dir, `${n}-${size}-${lang}.html`), data: { ...common(assets, tag, size), ...samples[n][2] },
  })));
  execFileSync(binary, [lang], { input: JSON.stringify(jobs), stdio: ['pipe', 'inherit', 'inherit'] });
}

const answer = (res, status, type, body, headers = {}) => {
  res.writeHead(status, { 'content-type': type, 'content-encoding': 'br', 'content-security-policy': CSP, ...headers });
  res.end(body);
};
const server = createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url, 'http://localhost');
  const file = files.get(pathname);
  if (file) {
    let body;
    try {
      body = readFileSync(join(dir, `${file.name}.br`));
    } catch {
      body = brotliCompressSync(readFileSync(join(dir, file.name)));
    }
    answer(res, 200, file.type, body, { 'cache-control': 'public, max-age=31536000, immutable' });
    return;
  }
  const name = pathname.slice(1);
  if (!(name in samples)) {
    answer(res, 404, 'text/plain', brotliCompressSync('no'));
    return;
  }
  const html = readFileSync(join(dir, `${name}-${searchParams.get('size') ?? 'normal'}-${searchParams.get('lang') ?? 'zh'}.html`));
  answer(res, samples[name][1], 'text/html; charset=utf-8', brotliCompressSync(html), { 'cache-control': 'no-store' });
});
await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
const base = `http://127.0.0.1:${server.address().port}`;

const t = new Results();
const browser = await launch();
try {
  for (const n of names) {
    await checkPage(t, n, `${base}/${n}`, (o) => browser.newContext(o), (u) => `${u}?size=max`, samples[n][1]);
  }
} finally {
  await browser.close();
  server.close();
  rmSync(dir, { recursive: true, force: true });
}
process.exit(t.finish());
