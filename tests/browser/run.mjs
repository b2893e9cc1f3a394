// SPDX-License-Identifier: Apache-2.0
// Checks the real pages: starts the program with demo data, logs in as every role, and visits
// what that role's navigation leads to, the first record of each list and its first action.
//   node tests/browser/run.mjs HUIQIAO [ROLE | demand | forms | lists …]      SHOTS=dir keeps screenshots
import { demandScenario } from './demand.mjs';
import { formsScenario } from './forms.mjs';
import { checkImports } from './imports.mjs';
import { listsScenario } from './lists.mjs';
import { axeProblem, checkPage, errorsProblem, launch, login, open, PASSWORD, PHONE, Results, startServer } from './lib.mjs';

const [binary, ...wanted] = process.argv.slice(2);
const ROLES = ['admin', 'staff', 'secretary', 'officer', 'leader', 'member'];
const MOST = 40; // pages a role; a crawl must end
const AT_ONCE = 3; // roles

const t = new Results();
const server = await startServer(binary);
const browser = await launch();

// Addresses of one kind look alike: /demands/12 and /demands/7 are both /demands/{id}.
const shape = (url) => new URL(url).pathname.replace(/\/\d+(?=\/|$)/g, '/{id}');
const label = (url) => shape(url).slice(1).replace(/[/{}]+/g, '-').replace(/-$/, '') || 'home';
const checked = new Set();

const linksOf = (page) => page.evaluate(() => {
  const list = (selector, n) => [...document.querySelectorAll(selector)].slice(0, n).map((a) => a.href);
  return [...list('.nav a, .tabbar a', 99), ...list('#list .t, .mlist a, .items .t', 1),
    ...list('.page-head .actions a', 6), ...list('.card > header a[href$="/leadership"]', 1), '/me', '/notices'].map((h) => new URL(h, location.href).href.split('#')[0]);
});
// Files are downloads, not pages.
const isPage = (url) => url.startsWith(server.base) && !/\.(csv|xlsx|json|pdf|zip)$|\/attachments\//.test(new URL(url).pathname);

const visit = async (role, url, contexts) => {
  const name = `${role} ${shape(url)}`;
  if (!checked.has(shape(url))) {
    checked.add(shape(url));
    await checkPage(t, `${role}-${label(url)}`, url, contexts);
  }
  const context = await contexts({});
  const { page, cdp, seen } = await open(context, url);
  t.check(`${name} answers`, seen.status !== 200 && seen.status);
  t.check(`${name} errors`, errorsProblem(seen));
  t.check(`${name} axe`, await axeProblem(cdp));
  const links = await linksOf(page);
  await context.close();
  return links.filter(isPage);
};

// A phone has four tabs; the account page leads to everything else.
const phoneReaches = async (role, contexts) => {
  const context = await contexts({});
  const { page } = await open(context, `${server.base}/me`, PHONE);
  const lost = await page.evaluate(() => {
    const seen = [...document.querySelectorAll('main a, .tabbar a')].filter((a) => a.offsetParent).map((a) => a.href);
    return [...document.querySelectorAll('.nav a')].map((a) => a.href).filter((h) => !seen.includes(h));
  });
  t.check(`${role} reaches every page on a phone`, lost.length > 0 && lost.join(' '));
  await context.close();
};

// The log keeps codes such as demand.accept; its page speaks in words.
const auditSpeaks = async (contexts) => {
  const context = await contexts({});
  const { page } = await open(context, `${server.base}/audit?limit=100`);
  const codes = (await page.locator('td:nth-child(3)').allTextContents()).filter((s) => /[a-z_]+\.[a-z_]+/.test(s));
  t.check('the audit log speaks in words', codes.length > 0 && [...new Set(codes)].join(' '));
  await context.close();
};

// A secretary's accounts are enterprises': every field of the form must be filled, and says so.
const accountFormAsks = async (contexts) => {
  const context = await contexts({});
  const { page } = await open(context, `${server.base}/accounts/new`);
  const optional = await page.locator('main .optional').count();
  t.check('a secretary\'s account form asks for all it needs', optional !== 0 && `${optional} optional fields`);
  await context.close();
};

const crawl = async (role) => {
  const first = await browser.newContext({ locale: 'zh-CN' });
  const ok = await login(first, server.base, role);
  t.check(`${role} can log in`, ok ? undefined : 'still at the login page');
  if (!ok) {
    return;
  }
  const storageState = await first.storageState();
  await first.close();
  const contexts = (o) => browser.newContext({ locale: 'zh-CN', ...o, storageState });
  await phoneReaches(role, contexts);
  if (role === 'admin') {
    await auditSpeaks(contexts);
  } else if (role === 'secretary') {
    await accountFormAsks(contexts);
  }
  const seen = new Set();
  const queue = [`${server.base}/`];
  while (queue.length > 0 && seen.size < MOST) {
    const url = queue.shift();
    if (!seen.has(shape(url))) {
      seen.add(shape(url));
      queue.push(...await visit(role, url, contexts));
    }
  }
};

const scenario = async () => {
  const roles = {};
  for (const role of ['member', 'staff', 'officer', 'leader', 'secretary']) {
    const context = await browser.newContext({ locale: 'zh-CN' });
    await login(context, server.base, role);
    roles[role] = { context, base: server.base };
  }
  await demandScenario(t, roles);
  await Promise.all(Object.values(roles).map((r) => r.context.close()));
};

try {
  const anyone = (o) => browser.newContext({ locale: 'zh-CN', ...o });
  if (wanted.length === 0 || wanted.includes('demand')) {
    await scenario();
  }
  if (wanted.length === 0 || wanted.includes('forms')) {
    await formsScenario(t, browser, server.base, PASSWORD);
  }
  if (wanted.length === 0 || wanted.includes('lists')) {
    await listsScenario(t, browser, server.base);
    await checkImports(t, browser, server.base);
  }
  if (wanted.length === 0) {
    await checkPage(t, 'home-public', `${server.base}/`, anyone);
    await checkPage(t, 'login', `${server.base}/login`, anyone);
    await checkPage(t, 'no-such-page', `${server.base}/no-such-page`, anyone, 404);
  }
  // Several at a time: a crawl waits for the browser half of its time.
  const roles = ROLES.filter((r) => wanted.length === 0 || wanted.includes(r));
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let role = roles.shift(); role; role = roles.shift()) await crawl(role);
  }));
} finally {
  await browser.close();
  await server.stop();
}
process.exit(t.finish());
