// SPDX-License-Identifier: Apache-2.0
// What forms promise to people who type into them: what is wrong is said once and in their
// language, and nothing typed is lost when the session ended meanwhile.
import { axeProblem, errorsProblem, login, open, PHONE, shoot, sidewaysProblem } from './lib.mjs';

const submit = (page, selector) => Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.click(selector)]);
const texts = async (page, selector) => (await page.locator(selector).allTextContents()).map((s) => s.trim());

const session = async (browser, base, role, locale = 'zh-CN') => {
  const context = await browser.newContext({ locale });
  await login(context, base, role);
  return context;
};

const missingIsSaidOnce = async (t, browser, base) => {
  for (const [locale, summary, field] of [['zh-CN', '请填写企业名称', '请填写'], ['en', 'Fill in: Name', 'Fill this in']]) {
    const context = await session(browser, base, 'staff', locale);
    const { page, cdp } = await open(context, `${base}/enterprises/new`, PHONE);
    const state = await page.inputValue('[name=state]');
    t.check(`new enterprise ${locale}: state is chosen`, state === 'active' ? undefined : `"${state}"`);
    await submit(page, 'main form button[type=submit]');
    const said = await texts(page, '#errors li a');
    t.check(`missing ${locale}: summary`, said.includes(summary) ? undefined : said.join(' | '));
    const at = await texts(page, '.field.error .err');
    t.check(`missing ${locale}: field`, at[0] === field ? undefined : at.join(' | '));
    t.check(`missing ${locale}: axe`, await axeProblem(cdp));
    t.check(`missing ${locale}: sideways`, await sidewaysProblem(page));
    await context.close();
  }
};

const categoriesAreBoxes = async (t, browser, base) => {
  const context = await session(browser, base, 'staff');
  const { page, cdp } = await open(context, `${base}/organizations/new`);
  await page.fill('[name=name]', '区试验局');
  await page.selectOption('[name=kind]', 'department');
  await page.check('[name=categories][value=labour]');
  await page.check('[name=categories][value=finance]');
  t.check('organisation form: axe', await axeProblem(cdp));
  await submit(page, 'main form button[type=submit]');
  const facts = (await texts(page, '.kv')).join(' ');
  t.check('organisation shows its categories', facts.includes('融资、用工') ? undefined : facts);
  const headings = await texts(page, 'h2');
  t.check('organisation has a history of changes', headings.includes('历史记录') && headings.includes('登记信息') ? undefined : headings.join(' '));
  await open(context, `${page.url()}/edit`).then(async (edit) => {
    const on = await edit.page.locator('[name=categories]:checked').count();
    t.check('organisation form checks them again', on === 2 ? undefined : `${on} are checked`);
  });
  await context.close();
};

const noticesSpeakEnglish = async (t, browser, base) => {
  const context = await session(browser, base, 'officer', 'en');
  const { page } = await open(context, `${base}/notices`);
  const lines = await texts(page, '.items .t');
  const chinese = lines.filter((s) => /^\p{Script=Han}/u.test(s) || s.includes('诉求'));
  t.check('notices are in English', lines.length > 0 && chinese.length === 0 ? undefined : chinese[0] ?? 'there are none');
  t.check('the demo has read old notices', (await page.locator('.badge.is-info').count()) < lines.length ? undefined : 'all are unread');
  await context.close();
};

const refusalNamesWho = async (t, browser, base) => {
  const context = await session(browser, base, 'member');
  const { page, seen } = await open(context, `${base}/audit`);
  const body = (await texts(page, 'main')).join(' ');
  t.check('a page of others says whose it is', body.includes('系统管理员') || body.includes('管理员') ? undefined : body);
  t.check('a page of others is refused', seen.status === 403 ? undefined : seen.status);
  await context.close();
};

// ---- a session that ended while somebody was typing ----------------------------------------

// [role, page, what is typed: name → [how, value]]
const TYPED = [
  ['member', '/demands/new', {
    title: ['fill', '厂门口修路三个月进不了货车'], category: ['select', 'transport'],
    body: ['fill', '第一行\n第二行“引号”<b>&amp;'], hope: ['fill', '请告诉我们哪天通车'],
  }],
  ['staff', '/enterprises/new', {
    name: ['fill', '临江试验有限公司'], state: ['select', 'suspended'], chamber_id: ['fill', '2 '],
    contact_name: ['fill', '张三'], contact_mobile: ['fill', '13812346620'], intro: ['fill', '一\n二'],
  }],
  ['staff', '/organizations/new', { name: ['fill', '区第二试验局'], kind: ['select', 'department'], categories: ['check', 'land'] }],
];

const put = async (page, name, [how, value]) => {
  const at = `main [name=${name}]`;
  if (how === 'fill') {
    await page.fill(at, value);
  } else if (how === 'select') {
    await page.selectOption(at, value);
  } else {
    await page.check(`${at}[value="${value}"]`, { force: true });
  }
};

const stillThere = async (page, name, [how, value]) => {
  const at = `main [name=${name}]`;
  if (how === 'check') {
    return (await page.locator(`${at}[value="${value}"]`).isChecked()) ? undefined : `${name} is not checked`;
  }
  const is = await page.inputValue(at);
  return is === value ? undefined : `${name} holds "${is}"`;
};

const logInAgain = async (page, role, password) => {
  await page.fill('form[data-login] [autocomplete=username]', role);
  await page.fill('form[data-login] [type=password]', password);
  await submit(page, 'form[data-login] [type=submit]');
};

const loseSession = async (t, browser, base, password, [role, path, typed], button = 'main form[data-keep] button[type=submit]') => {
  const context = await session(browser, base, role);
  const { page, seen } = await open(context, `${base}${path}`);
  for (const [name, what] of Object.entries(typed)) {
    await put(page, name, what);
  }
  await context.clearCookies();
  await submit(page, button);
  t.check(`lost session ${path}: login is asked`, new URL(page.url()).pathname === '/login' ? undefined : page.url());
  await logInAgain(page, role, password);
  t.check(`lost session ${path}: back at the form`, new URL(page.url()).pathname === path ? undefined : page.url());
  for (const [name, what] of Object.entries(typed)) {
    t.check(`lost session ${path}: ${name} is still there`, await stillThere(page, name, what));
  }
  const said = await page.locator('[data-kept]:visible').count();
  t.check(`lost session ${path}: it says so`, said === 1 ? undefined : `${said} notes`);
  // A field that looks up what is typed is told that the session has ended.
  seen.errors = seen.errors.filter((e) => !e.includes('401'));
  t.check(`lost session ${path}: errors`, errorsProblem(seen));
  await shoot(page, `kept${path.replaceAll('/', '-')}`, true);
  await submit(page, button);
  t.check(`lost session ${path}: it can be sent`, !['/login', path].includes(new URL(page.url()).pathname) ? undefined : page.url());
  const again = await open(context, `${base}${path}`);
  const first = Object.keys(typed)[0];
  t.check(`lost session ${path}: and is gone afterwards`, await stillThere(again.page, first, ['fill', '']));
  await context.close();
};

// Refused once, and the session lost only then: the page is at the address the form was sent to.
const loseAfterRefusal = async (t, browser, base, password) => {
  const context = await session(browser, base, 'member');
  const { page } = await open(context, `${base}/demands/new`);
  await page.setInputFiles('main [type=file]', { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('附件') });
  await page.fill('[name=body]', '没有标题，先被退回。');
  await submit(page, '.sticky-act button');
  await page.fill('[name=title]', '夜间停车没有路灯');
  await page.setInputFiles('main [type=file]', { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('附件') });
  await context.clearCookies();
  await submit(page, '.sticky-act button');
  await logInAgain(page, 'member', password);
  await page.waitForURL('**/demands/new');
  const title = await page.inputValue('[name=title]');
  t.check('lost after a refusal: the text is there', title === '夜间停车没有路灯' ? undefined : `"${title}"`);
  t.check('lost after a refusal: files are spoken of', await page.locator('[data-kept-files]').isVisible() ? undefined : 'nothing is said');
  await context.close();
};

// A step in a dialog comes back as the page of that step.
const loseInDialog = async (t, browser, base, password) => {
  const context = await session(browser, base, 'officer');
  const list = await open(context, `${base}/demands`);
  const links = await list.page.locator('#list a[href^="/demands/"], .mlist a, .items a.t').evaluateAll((all) => all.map((a) => a.href));
  for (const url of new Set(links)) {
    const { page } = await open(context, url);
    const button = page.locator('[hx-get][data-dialog=act], a[data-dialog=act]').first();
    if (await button.count() > 0) {
      await button.click();
      const field = page.locator('dialog[open] textarea').first();
      await field.waitFor({ timeout: 5000 });
      await field.fill('不属于本部门职责，请转交。');
      const name = await field.getAttribute('name');
      await context.clearCookies();
      await submit(page, 'dialog[open] button[type=submit]');
      await logInAgain(page, 'officer', password);
      await page.waitForURL((u) => u.href !== url && u.pathname !== '/login', { timeout: 5000 }).catch(() => {});
      const holds = await page.locator(`#action [name=${name}]`).inputValue({ timeout: 2000 }).catch(() => 'no such field');
      t.check('lost session in a dialog: the text is there', holds.startsWith('不属于') ? undefined : `${page.url()}: ${holds}`);
      await context.close();
      return;
    }
    await page.close();
  }
  t.check('lost session in a dialog: the text is there', `no step in a dialog among ${links.length} demands`);
  await context.close();
};

// What is typed keeps itself, comes back, and does not stand in the way of the form itself.
const draftsKeepThemselves = async (t, browser, base, role, extra) => {
  const context = await session(browser, base, role);
  const saved = (page) => page.waitForSelector('[data-draft-state]:not(:empty)', { timeout: 15000 });
  const first = await open(context, `${base}/demands/new`, PHONE);
  await first.page.fill('[name=title]', '园区班车取消');
  await saved(first.page);
  await first.page.fill('[name=body]', '员工上班不便。');
  await first.page.waitForResponse((r) => r.url().includes('/drafts/'), { timeout: 15000 });
  await first.page.close();
  const { page, cdp } = await open(context, `${base}/demands/new`, PHONE);
  const back = [await page.inputValue('[name=title]'), await page.inputValue('[name=body]')].join('|');
  t.check(`${role}: a draft comes back`, back === '园区班车取消|员工上班不便。' ? undefined : back);
  t.check(`${role}: and says so`, (await page.locator('[data-draft-note]').count()) === 1 ? undefined : 'no note');
  t.check(`${role}: draft axe`, await axeProblem(cdp));
  t.check(`${role}: draft sideways`, await sidewaysProblem(page));
  await shoot(page, `draft-${role}`, true);
  for (const [name, what] of Object.entries(extra)) {
    await put(page, name, what);
  }
  await page.fill('[name=hope]', '恢复早晚两班。');
  await saved(page);
  await submit(page, 'form[data-draft] button[type=submit]');
  t.check(`${role}: it can be sent after it was kept`, /\/demands\/\d+$/.test(new URL(page.url()).pathname) ? undefined
    : `${page.url()} ${(await texts(page, '#errors')).join(' ')}`);
  const after = await open(context, `${base}/demands/new`, PHONE);
  t.check(`${role}: and is gone afterwards`, (await after.page.inputValue('[name=title]')) === '' ? undefined : 'it is still there');
  await after.page.fill('[name=title]', '不要了');
  await saved(after.page);
  await after.page.reload();
  await submit(after.page, '[data-draft-note] button');
  t.check(`${role}: a draft can be thrown away`, (await after.page.inputValue('[name=title]')) === '' ? undefined : 'it is still there');
  await context.close();
};

export const formsScenario = async (t, browser, base, password) => {
  await missingIsSaidOnce(t, browser, base);
  await categoriesAreBoxes(t, browser, base);
  await noticesSpeakEnglish(t, browser, base);
  await refusalNamesWho(t, browser, base);
  await draftsKeepThemselves(t, browser, base, 'member', {});
  await draftsKeepThemselves(t, browser, base, 'staff', { enterprise_id: ['fill', '1 '], source: ['select', 'phone'] });
  for (const row of TYPED) {
    await loseSession(t, browser, base, password, row);
  }
  await loseAfterRefusal(t, browser, base, password);
  await loseInDialog(t, browser, base, password);
};
