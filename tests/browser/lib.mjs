// SPDX-License-Identifier: Apache-2.0
// The browser checks: a Chromium without a sandbox's luxuries, pages loaded cold and warm, and
// what every page of Huiqiao must keep: no accessibility violation, no blocked or failed script,
// no sideways scrolling, few bytes, and use without JavaScript.
import { spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const axe = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
export const NARROW = { width: 320, height: 640 };
// Bytes on the wire with brotli, headers included; requests of a cold and of a warm load.
export const BUDGET = { total: 60 * 1024, html: 15 * 1024, css: 12 * 1024, js: 20 * 1024, cold: 8, warm: 1 };

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS,
});

// ---- results -----------------------------------------------------------------------------

export class Results {
  passed = 0;
  failed = 0;

  check(name, problem) {
    const bad = problem !== undefined && problem !== null && problem !== '' && problem !== false;
    this[bad ? 'failed' : 'passed'] += 1;
    console.log(bad ? `not ok  ${name}: ${problem}` : `ok      ${name}`);
    return !bad;
  }

  finish() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    return this.failed === 0 && this.passed > 0 ? 0 : 1;
  }
}

// ---- a server of our own -------------------------------------------------------------------

export const freePort = () => new Promise((done, fail) => {
  const s = createServer();
  s.on('error', fail);
  s.listen(0, '127.0.0.1', () => {
    const { port } = s.address();
    s.close(() => done(port));
  });
});

const run = (binary, args, env) => new Promise((done, fail) => {
  const p = spawn(binary, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  p.stdout.on('data', (d) => { text += d; });
  p.stderr.on('data', (d) => { text += d; });
  p.on('error', fail);
  p.on('exit', (code) => (code === 0 ? done(text) : fail(new Error(`${args[0]}: ${text}`))));
});

export const PASSWORD = 'Browser-check-2026';

// A fresh demo district on a free loopback port. stop() ends it and removes its data.
export const startServer = async (binary) => {
  const data = mkdtempSync(join(tmpdir(), 'huiqiao-browser-'));
  const env = { HUIQIAO_DEMO_PASSWORD: PASSWORD };
  await run(binary, ['init', '--data', join(data, 'd'), '--demo'], env);
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const p = spawn(binary, ['serve', '--drain', '0', '--data', join(data, 'd'), '--listen', `127.0.0.1:${port}`],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  p.stderr.on('data', (d) => { log = (log + d).slice(-4000); });
  const ended = new Promise((done) => { p.on('exit', done); });
  const stop = async () => {
    p.kill('SIGTERM');
    await Promise.race([ended, sleep(10000).then(() => p.kill('SIGKILL'))]);
    rmSync(data, { recursive: true, force: true });
  };
  for (let i = 0; i < 100; i += 1) {
    const ready = await fetch(`${base}/readyz`).then((r) => r.ok, () => false);
    if (ready) {
      return { base, stop };
    }
    await sleep(100);
  }
  await stop();
  throw new Error(`the server did not get ready: ${log}`);
};

// Logs in as a person would and keeps the session in the context.
export const login = async (context, base, user, password = PASSWORD) => {
  const page = await context.newPage();
  await page.goto(`${base}/login`);
  await page.fill('form[data-login] [autocomplete=username]', user);
  await page.fill('form[data-login] [type=password]', password);
  await page.click('form[data-login] [type=submit]');
  await page.waitForLoadState('load');
  const ok = new URL(page.url()).pathname !== '/login';
  await page.close();
  return ok;
};

// ---- one page --------------------------------------------------------------------------------

// Opens a page and listens: errors of the console and of scripts, violations of the policy, and
// the bytes of every request.
export const open = async (context, url, viewport = DESKTOP) => {
  const page = await context.newPage();
  await page.setViewportSize(viewport);
  const seen = { errors: [], requests: new Map(), status: 0 };
  page.on('console', (m) => m.type() === 'error' && seen.errors.push(m.text()));
  page.on('pageerror', (e) => seen.errors.push(String(e)));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (e) => {
      console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`);
    });
  });
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  cdp.on('Network.responseReceived', (e) => seen.requests.set(e.requestId, {
    url: e.response.url, type: e.type, bytes: 0, cached: e.response.fromDiskCache,
  }));
  cdp.on('Network.requestServedFromCache', (e) => {
    const r = seen.requests.get(e.requestId);
    if (r) {
      r.cached = true;
    }
  });
  cdp.on('Network.loadingFinished', (e) => {
    const r = seen.requests.get(e.requestId);
    if (r) {
      r.bytes = e.encodedDataLength;
    }
  });
  const response = await page.goto(url, { waitUntil: 'load' });
  seen.status = response?.status() ?? 0;
  await page.waitForTimeout(50);
  return { page, cdp, seen };
};

// Violations of WCAG 2.2 AA and best practice, as one line; undefined when there are none.
// Injected by CDP, since the pages' policy allows no script of anybody else.
export const axeProblem = async (cdp) => {
  await cdp.send('Runtime.evaluate', { expression: axe });
  const { result, exceptionDetails } = await cdp.send('Runtime.evaluate', {
    awaitPromise: true, returnByValue: true,
    expression: `axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a',
      'wcag21aa', 'wcag22aa', 'best-practice']}).then((r) => r.violations.map((v) => v.id + ' ('
      + v.nodes.length + '): ' + v.nodes[0].html.slice(0, 160)).join(' | '))`,
  });
  return exceptionDetails ? exceptionDetails.text : result.value || undefined;
};

// The widest thing that sticks out, or undefined.
export const sidewaysProblem = (page) => page.evaluate(() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) {
    return undefined;
  }
  const out = [...document.querySelectorAll('body *')]
    .filter((e) => e.getBoundingClientRect().right > width + 1 && !e.closest('.scroll,.views'))
    .map((e) => `${e.tagName.toLowerCase()}.${e.className.baseVal ?? e.className}`);
  return `${document.documentElement.scrollWidth} px wide of ${width}: ${out.slice(0, 4).join(', ')}`;
});

// Icons a page names that the sprite does not have.
export const iconProblem = (page) => page.evaluate(async () => {
  const hrefs = [...new Set([...document.querySelectorAll('use')].map((u) => u.getAttribute('href')))];
  if (hrefs.length === 0) {
    return undefined;
  }
  const sprite = await (await fetch(hrefs[0].split('#')[0])).text();
  return hrefs.map((h) => h.split('#')[1]).filter((n) => !sprite.includes(`id="${n}"`)).join(' ') || undefined;
});

const kind = (r) => ({ Document: 'html', Stylesheet: 'css', Script: 'js' })[r.type];

export const budgetProblem = (seen) => {
  const all = [...seen.requests.values()].filter((r) => !r.url.startsWith('data:'));
  const sum = (list) => list.reduce((n, r) => n + r.bytes, 0);
  const over = [];
  if (all.length > BUDGET.cold) {
    over.push(`${all.length} requests of ${BUDGET.cold}`);
  }
  if (sum(all) > BUDGET.total) {
    over.push(`${sum(all)} bytes of ${BUDGET.total}`);
  }
  for (const k of ['html', 'css', 'js']) {
    const n = sum(all.filter((r) => kind(r) === k));
    if (n > BUDGET[k]) {
      over.push(`${k} ${n} bytes of ${BUDGET[k]}`);
    }
  }
  const foreign = all.filter((r) => new URL(r.url).hostname !== '127.0.0.1');
  over.push(...foreign.map((r) => `another origin: ${r.url}`));
  return over.join(', ') || undefined;
};

export const warmProblem = async (context, url) => {
  const { page, seen } = await open(context, url);
  await page.close();
  const live = [...seen.requests.values()].filter((r) => !r.cached && !r.url.startsWith('data:'));
  return live.length > BUDGET.warm ? live.map((r) => r.url).join(' ') : undefined;
};

// Pages of A4 a print makes.
export const printedPages = async (page) => {
  const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
  return pdf.match(/\/Type\s*\/Page[^s]/g)?.length ?? 0;
};

let shots;
// Screenshots go to $SHOTS when it is set.
export const shoot = async (page, name, full = false) => {
  shots ??= process.env.SHOTS ?? '';
  if (shots !== '') {
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, `${name}.png`), fullPage: full });
  }
};

// Chromium reports a page with an error status as an error of its own; that one is expected.
export const errorsProblem = (seen, status = 200) => seen.errors
  .filter((e) => status < 400 || !e.includes(`status of ${status}`)).join(' | ') || undefined;

// Everything at once for one address. `contexts(options)` makes a context with the reader's
// session; `status` is what the page should answer.
export const checkPage = async (t, name, url, contexts, status = 200) => {
  for (const scheme of ['light', 'dark']) {
    const context = await contexts({ colorScheme: scheme });
    const { page, cdp, seen } = await open(context, url);
    if (scheme === 'light') {
      t.check(`${name} status`, seen.status !== status && seen.status);
      t.check(`${name} budget`, budgetProblem(seen));
      t.check(`${name} icons`, await iconProblem(page));
      t.check(`${name} warm`, status < 400 ? await warmProblem(context, url) : undefined);
    }
    t.check(`${name} axe ${scheme}`, await axeProblem(cdp));
    await shoot(page, `${name}-1440${scheme === 'dark' ? '-dark' : ''}`, true);
    await page.setViewportSize(PHONE);
    t.check(`${name} axe phone ${scheme}`, await axeProblem(cdp));
    await shoot(page, `${name}-390${scheme === 'dark' ? '-dark' : ''}`, true);
    if (scheme === 'light') {
      await page.setViewportSize(NARROW);
      t.check(`${name} reflow 320`, await sidewaysProblem(page));
    }
    t.check(`${name} errors ${scheme}`, errorsProblem(seen, status));
    await context.close();
  }
  const elder = await contexts({});
  const { page, cdp, seen } = await open(elder, url, NARROW);
  await page.evaluate(() => { document.documentElement.dataset.size = 'max'; });
  t.check(`${name} reflow 320, text 187.5 %`, await sidewaysProblem(page));
  t.check(`${name} axe large`, await axeProblem(cdp));
  t.check(`${name} errors large`, errorsProblem(seen, status));
  await shoot(page, `${name}-320-max`, true);
  await elder.close();
  const plain = await contexts({ javaScriptEnabled: false });
  const off = await plain.newPage();
  await off.goto(url);
  t.check(`${name} without JavaScript`, (await off.locator('h1').count()) < 1 && 'no heading');
  await plain.close();
};
