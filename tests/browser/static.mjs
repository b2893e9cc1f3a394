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
import { checkPage, DESKTOP, launch, open, printedPages, Results, shoot } from './lib.mjs';
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
  const jobs = names.map((n) => ({
    page: samples[n][0], out: join(dir, `${n}-${lang}.html`), data: { ...common(assets, tag), ...samples[n][2] },
  }));
  execFileSync(binary, [lang], { input: JSON.stringify(jobs), stdio: ['pipe', 'inherit', 'inherit'] });
}

const answer = (res, status, type, body, headers = {}) => {
  res.writeHead(status, { 'content-type': type, 'content-encoding': 'br', 'content-security-policy': CSP, ...headers });
  res.end(body);
};

// ---- what the behaviours talk to -------------------------------------------------------------

const drafts = [];
let lost = false; // the session is over: a sent form ends at the login page
const page = (name) => readFileSync(join(dir, `${name}-zh.html`));
const loginPage = () => `<!doctype html><html lang="zh-CN"><title>login</title><link rel="icon" href="${assets.logo}"><script src="${assets.app_js}" defer></script>`
  + '<form data-login><h1>login</h1></form></html>';

const behaviourRoute = (req, res, path) => {
  const html = (body, status = 200) => answer(res, status, 'text/html; charset=utf-8', brotliCompressSync(body));
  if (path.startsWith('/drafts/')) {
    let body = '';
    req.on('data', (d) => { body += d; });
    req.on('end', () => {
      drafts.push({ path, csrf: req.headers['x-csrf-token'], body: new URLSearchParams(body) });
      res.writeHead(204).end();
    });
  } else if (path === '/demands' && req.method === 'POST') {
    req.resume();
    res.writeHead(303, { location: lost ? '/login' : '/message' }).end();
  } else if (path === '/demands') {
    html(page(new URL(req.url, 'http://x').searchParams.get('q') === '没有' ? 'empty' : 'list'));
  } else if (path === '/demands/418/object') {
    html(page('action'));
  } else if (path === '/live') {
    html(`<!doctype html><html lang="zh-CN"><title>live</title><meta name="htmx-config" content='{"includeIndicatorCSS":false}'>`
      + `<link rel="icon" href="${assets.logo}"><script src="${assets.app_js}" defer></script><h1>live</h1><p id="n" hx-sse:connect="/stream">0</p></html>`);
  } else if (path === '/stream') {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    res.write('data: 42\n\n');
  } else if (path === '/login') {
    html(loginPage());
  } else {
    return false;
  }
  return true;
};

const behaviours = async (t, browser, base) => {
  const context = await browser.newContext();
  const visit = async (path) => {
    const { page: p, seen } = await open(context, `${base}${path}`);
    return [p, seen];
  };
  const is = (name, ok, what = 'not so') => t.check(`behaviour ${name}`, ok ? undefined : what);

  const [d, dSeen] = await visit('/detail');
  await d.click('text=退单');
  await d.waitForSelector('dialog[open] #reason');
  is('an action opens as a dialog, on Cancel when it cannot be undone', await d.evaluate(() => document.activeElement.matches('[data-first]')));
  await d.keyboard.press('Escape');
  is('Escape shuts the dialog and gives the focus back', await d.evaluate(() => !document.querySelector('dialog[open]')
    && document.activeElement.textContent.includes('退单')));
  await d.keyboard.press('?');
  is("'?' shows the keys", await d.locator('dialog#keys[open] kbd').first().isVisible().catch(() => false));
  await d.keyboard.press('Escape');
  is('and Escape shuts them', await d.locator('dialog#keys[open]').count() === 0);
  await d.keyboard.press('/');
  is("'/' goes to the search field", await d.evaluate(() => document.activeElement.id === 'q'));
  is('no error on the way', dSeen.errors.length === 0, dSeen.errors.join(' | '));
  await d.close();

  const [l, lSeen] = await visit('/list');
  await l.check('[data-all]');
  is('one box checks all rows and counts them', await l.evaluate(() => [...document.querySelectorAll('tbody [name=id]')].every((c) => c.checked)
    && document.querySelector('[data-chosen]').textContent === '6'));
  await l.uncheck('tbody [name=id] >> nth=0');
  is('an unchecked row leaves the head box between', await l.evaluate(() => document.querySelector('[data-all]').indeterminate));
  await l.fill('#f-q', '没有');
  await l.press('#f-q', 'Enter');
  await l.waitForSelector('#list .empty');
  is('filtering swaps the list and keeps the address', l.url().includes('q=') && await l.locator('.filters').count() === 1, l.url());
  await l.goBack();
  await l.waitForSelector('#list tbody tr');
  is('and Back brings the whole list again', true);
  is('no error while filtering', lSeen.errors.length === 0, lSeen.errors.join(' | '));
  await l.close();

  const [f, fSeen] = await visit('/form');
  await f.fill('#body', '断网前写下的话');
  await f.waitForSelector('[data-draft-state]:not(:empty)', { timeout: 5000 });
  is('a draft is saved with its token', drafts.length === 1 && drafts[0].path === '/drafts/demand' && drafts[0].csrf === 'c5rf'
    && drafts[0].body.get('body') === '断网前写下的话', JSON.stringify(drafts[0]));
  is('and says when', /^草稿已保存 \d\d:\d\d:\d\d$/.test(await f.textContent('[data-draft-state]')));
  await f.setInputFiles('#files', { name: 'big.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(20971521) });
  is('a file too large is refused before it is sent', await f.evaluate(() => !document.getElementById('files-max').hidden
    && document.getElementById('files').files.length === 0));
  lost = true;
  await f.click('form[data-keep] [type=submit]');
  await f.waitForSelector('[data-login]');
  await f.goto(`${base}/form`);
  is('what was typed comes back after the login', await f.inputValue('#body') === '断网前写下的话' && await f.locator('[data-kept]').isVisible());
  lost = false;
  await f.fill('#body', '第二次');
  await f.click('form[data-keep] [type=submit]');
  await f.waitForSelector('.done-head');
  await f.goto(`${base}/form`);
  is('what was received does not', await f.inputValue('#body') !== '第二次' && await f.locator('[data-kept]').isHidden());
  const unexpected = fSeen.errors.filter((e) => !e.includes('422'));
  is('no error in the form', unexpected.length === 0, unexpected.join(' | '));

  const [v, vSeen] = await visit('/live');
  is('server-sent events arrive', await v.waitForFunction(() => document.getElementById('n').textContent === '42', null, { timeout: 3000 })
    .then(() => true, () => false), await v.textContent('#n'));
  is('no error while listening', vSeen.errors.length === 0, vSeen.errors.join(' | '));
  await v.close();

  const [p] = await visit('/paper');
  const n = await printedPages(p);
  is('a short paper prints on one sheet', n === 1, `${n} sheets`);
  await context.close();
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
  if (behaviourRoute(req, res, pathname)) {
    return;
  }
  const name = pathname.slice(1);
  if (!(name in samples)) {
    answer(res, 404, 'text/plain', brotliCompressSync('no'));
    return;
  }
  const html = readFileSync(join(dir, `${name}-${searchParams.get('lang') ?? 'zh'}.html`));
  answer(res, samples[name][1], 'text/html; charset=utf-8', brotliCompressSync(html), { 'cache-control': 'no-store' });
});
await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
const base = `http://127.0.0.1:${server.address().port}`;

const t = new Results();
const browser = await launch();
try {
  for (const n of names) {
    if (process.env.SHOTS) {
      const page = await browser.newPage({ viewport: DESKTOP });
      await page.goto(`${base}/${n}?lang=en`);
      await page.locator('.menu summary').click({ timeout: 500 }).catch(() => {});
      await shoot(page, `${n}-1440-en`);
      await page.close();
    }
    await checkPage(t, n, `${base}/${n}`, (o) => browser.newContext(o), samples[n][1]);
  }
  if (wanted.length === 0) {
    await behaviours(t, browser, base);
  }
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
  rmSync(dir, { recursive: true, force: true });
}
process.exit(t.finish());
