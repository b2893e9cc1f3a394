// SPDX-License-Identifier: Apache-2.0
// One demand from the enterprise's phone to its rating, through the pages alone: what people do
// who never see the API. Each page on the way is checked for accessibility and errors.
import { stepsScenario } from './steps.mjs';
import { axeProblem, DESKTOP, errorsProblem, open, PHONE, shoot, sidewaysProblem } from './lib.mjs';

const TITLE = '厂区道路夜间没有路灯，货车进出不安全';

const text = async (page, selector) => (await page.locator(selector).first().textContent() ?? '').trim();

// Opens an address as one role; what is done there follows on the same page.
const visit = async (t, role, path, viewport = DESKTOP) => {
  const { page, cdp, seen } = await open(role.context, `${role.base}${path}`, viewport);
  const check = async (name) => {
    t.check(`demand ${name}: axe`, await axeProblem(cdp));
    t.check(`demand ${name}: sideways`, await sidewaysProblem(page));
    await shoot(page, `demand-${name}-${viewport.width}`, true);
  };
  return { page, seen, check };
};

const submit = async (page, selector) => {
  await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.click(selector)]);
};

const memberSubmits = async (t, member) => {
  const { page, seen, check } = await visit(t, member, '/demands/new', PHONE);
  await check('new');
  await page.fill('[name=body]', '园区东路两公里没有路灯，上个月货车两次蹭到护栏。');
  await submit(page, '.sticky-act button');
  t.check('demand without a title is refused', (await page.locator('#errors').count()) !== 1 && 'no summary of errors');
  const kept = await page.inputValue('[name=body]');
  t.check('demand keeps what was typed', kept.startsWith('园区东路') ? undefined : `it holds "${kept}"`);
  await check('new-422');
  await page.fill('[name=title]', TITLE);
  await page.selectOption('[name=category]', 'construction');
  await page.fill('[name=hope]', '请装上路灯，并告诉我们时间。');
  await submit(page, '.sticky-act button');
  await check('receipt');
  const body = await text(page, 'main');
  t.check('demand has a receipt number', /SQ\d{4}-\d{6}/.test(body) ? undefined : body.slice(0, 80));
  t.check('demand new: errors', errorsProblem(seen, 422));
  const id = new URL(page.url()).pathname.match(/\/demands\/(\d+)/)?.[1];
  await page.close();
  return id;
};

const staffDispatches = async (t, staff, id, unit) => {
  const first = await visit(t, staff, `/demands/${id}/accept`);
  await first.check('accept');
  await first.page.check('[name=level][value=L2]');
  await submit(first.page, '#action .btn-primary');
  await first.page.close();
  const { page, check, seen } = await visit(t, staff, `/demands/${id}/dispatch`);
  await check('dispatch');
  const choice = page.locator('[name=lead_unit_id]').locator('xpath=..').filter({ hasText: unit }).first();
  const number = await choice.locator('input').getAttribute('value');
  await choice.click();
  await submit(page, '#action .btn-primary');
  await check('dispatched');
  t.check('demand goes to the chosen department', (await text(page, 'main')).includes(unit) ? undefined : unit);
  t.check('demand dispatch: errors', errorsProblem(seen));
  await page.close();
  return number;
};

const officerSigns = async (t, officer, id) => {
  const { page } = await visit(t, officer, `/demands/${id}/sign`);
  await submit(page, '#action .btn-primary');
  await page.close();
};

const officerAnswers = async (t, officer, id) => {
  const { page, check, seen } = await visit(t, officer, `/demands/${id}`);
  await check('officer');
  await page.fill('#reply [name=body]', '路灯已列入本月施工计划，十盏，二十日前亮灯。');
  await page.selectOption('#reply [name=outcome]', 'resolved');
  await submit(page, '#reply button[type=submit]');
  t.check('demand is answered', (await text(page, '.page-head')).includes('待评价') ? undefined : page.url());
  t.check('demand answer: errors', errorsProblem(seen));
  await page.close();
};

const memberRates = async (t, member, id) => {
  const { page, check, seen } = await visit(t, member, `/demands/${id}`, PHONE);
  await check('answered');
  await page.check('[name=satisfaction][value="5"]', { force: true });
  await submit(page, 'form[action$="/confirm"] button[type=submit]');
  await check('rated');
  t.check('demand is closed', (await text(page, 'main')).includes('已办结') ? undefined : page.url());
  t.check('demand rating: errors', errorsProblem(seen));
  await page.close();
};

// Registered by staff with its source; the receipt says who has it and until when.
const staffRegisters = async (t, staff) => {
  const { page, seen, check } = await visit(t, staff, '/demands/new');
  await check('register');
  await page.fill('[name=enterprise_id]', '1');
  await page.selectOption('[name=source]', 'visit');
  await page.fill('[name=title]', '走访时说的：招工难');
  await page.fill('[name=body]', '缺三十名焊工。');
  await submit(page, 'form[data-draft=demand] button[type=submit]');
  t.check('registered leads to its receipt', /\/demands\/\d+\?receipt=1$/.test(page.url()) ? undefined : page.url());
  const body = await text(page, 'main');
  for (const word of [/SQ\d{4}-\d{6}/, /工商联/, /17:30 前受理/]) {
    t.check(`receipt of staff says ${word}`, word.test(body) ? undefined : body.slice(0, 200));
  }
  await check('registered');
  await submit(page, '.narrow .btn-primary');
  t.check('the source is shown', (await text(page, 'aside')).includes('走访') ? undefined : await text(page, 'aside'));
  const meter = await page.locator('meter.bar').first().getAttribute('value');
  t.check('the meter is a share', Number(meter) >= 0 && Number(meter) <= 100 ? undefined : meter);
  await check('detail-staff');
  t.check('demand register: errors', errorsProblem(seen));
  await page.close();
};

// Papers are asked for, the enterprise sends words and a file, the clock runs again.
const papersCome = async (t, roles, id) => {
  const first = await visit(t, roles.officer, `/demands/${id}/suspend`);
  await first.page.fill('[name=reason]', '请补充用电合同');
  await submit(first.page, '#action button[type=submit]');
  await first.page.close();
  const { page, seen, check } = await visit(t, roles.member, `/demands/${id}`, PHONE);
  t.check('the enterprise is asked for papers', (await text(page, '.alert.is-warn')).includes('请补充用电合同') ? undefined : 'no word');
  await check('papers-wanted');
  await page.fill('#add [name=body]', '合同见附件。');
  await page.setInputFiles('#add [name=attachment_ids]', { name: '合同.txt', mimeType: 'text/plain', buffer: Buffer.from('用电合同') });
  await submit(page, '#add button[type=submit]');
  t.check('the enterprise sees that they came', (await text(page, '.alert.is-warn')).includes('材料已补充') ? undefined : await text(page, 'main'));
  t.check('the file stands in the timeline', (await text(page, '.tl')).includes('合同.txt') ? undefined : await text(page, '.tl'));
  await check('papers-sent');
  t.check('demand papers: errors', errorsProblem(seen));
  await page.close();
  const next = await visit(t, roles.officer, `/demands/${id}`);
  t.check('the department sees that they came', (await text(next.page, '.alert.is-warn')).includes('企业已补充材料') ? undefined : 'no word');
  await next.check('papers-came');
  await next.page.close();
  const last = await visit(t, roles.officer, `/demands/${id}/resume`);
  await submit(last.page, '#action button[type=submit]');
  t.check('it is in hand again', (await text(last.page, '.page-head .badge')).includes('暂停') ? 'still stopped' : undefined);
  await last.page.close();
};

// Rows of the list go to one department, without any script.
const bulkDispatch = async (t, staff) => {
  const context = await staff.context.browser().newContext({ locale: 'zh-CN', javaScriptEnabled: false,
    storageState: await staff.context.storageState() });
  const page = await context.newPage();
  await page.goto(`${staff.base}/demands?view=unassigned`);
  const rows = page.locator('tbody tr');
  const n = Math.min(await rows.count(), 20);
  const states = [];
  for (let i = 0; i < n; i += 1) {
    states.push((await rows.nth(i).textContent()).includes('待交办'));
    await rows.nth(i).locator('[name=id]').check();
  }
  const able = states.filter(Boolean).length;
  t.check('there are some to dispatch and some not', able > 0 && able < n ? undefined : `${able} of ${n}`);
  await page.click('.bulk button');
  await page.locator('[name=lead_unit_id]').first().check();
  await page.locator('form[method=get] .btn-primary').click();
  t.check('the preview names every row', (await page.locator('tbody tr').count()) === n ? undefined : 'rows are missing');
  const verdicts = await page.locator('tbody tr').evaluateAll((l) => l.map((r) => r.textContent.includes('可以交办')));
  t.check('the preview says which can go', verdicts.filter(Boolean).length === able ? undefined : `${verdicts}`);
  t.check('and why not', (await text(page, 'main')).includes('请先受理定级') ? undefined : 'no reason');
  await shoot(page, 'demand-bulk-1440', true);
  await page.locator('form[method=post][action="/demands/dispatch"] .btn-primary').click();
  t.check('they were dispatched', (await text(page, 'body')).includes(`已交办 ${able} 件`) ? undefined : page.url());
  await context.close();
  const whole = await visit(t, staff, '/demands/dispatch?id=1&id=2&id=999999');
  await whole.check('bulk');
  t.check('demand bulk: errors', errorsProblem(whole.seen));
  await whole.page.close();
};

const rulesChange = async (t, staff) => {
  const { page, seen, check } = await visit(t, staff, '/sla-rules');
  await check('rules');
  await page.fill('[name=answer_l2]', '0');
  await submit(page, 'main form .btn-primary');
  t.check('a wrong number is refused beside its field', (await page.locator('.field.error [name=answer_l2]').count()) === 1 ? undefined : 'no error');
  await check('rules-422');
  t.check('demand rules: errors', errorsProblem(seen, 422));
  await page.fill('[name=answer_l2]', '6');
  await submit(page, 'main form .btn-primary');
  t.check('a change is kept and named', (await text(page, 'table')).includes('5 → 6') ? undefined : await text(page, 'main'));
  await check('rules-changed');
  await page.close();
};

// How many rows a list says it has: the pager where it counts, else the current view's tab.
const listed = async (page) => {
  const { pager, rows, tab } = await page.evaluate(() => ({
    pager: document.querySelector('.pager')?.textContent, tab: document.querySelector('.views [aria-current=true]')?.textContent,
    rows: document.querySelectorAll('#list tbody tr, #list .items li, #list .mlist li').length }));
  const counted = /共 (\d+) 条/.exec(pager ?? '') ?? (rows === 0 ? ['', '0'] : /(\d+)\s*$/.exec(tab ?? ''));
  return Number(counted?.[1]);
};

// Every figure of the cockpit leads to a list of as many.
const figuresLead = async (t, leader) => {
  const { page, seen } = await visit(t, leader, '/statistics');
  const kpis = await page.locator('.kpi').evaluateAll((l) => l.map((k) => ({
    name: k.querySelector('h2').textContent, url: k.querySelector('a').href,
    value: /件/.test(k.querySelector('.v').textContent) ? k.querySelector('a').textContent
      : /(\d+) 件/.exec(k.querySelector('.d').textContent)?.[1] })));
  const cells = await page.locator('.asdata a').evaluateAll((l) => l.filter((a) => /^\d+$/.test(a.textContent))
    .map((a) => ({ name: a.closest('tr').textContent, url: a.href, value: a.textContent }))
    .filter((x) => !/measure=(timed|rated)/.test(x.url)));
  t.check('the cockpit has its figures', kpis.length === 6 && cells.length > 30 ? undefined : `${kpis.length} ${cells.length}`);
  const zero = cells.filter((x) => x.value === '0');
  for (const f of [...kpis, ...cells.filter((x) => x.value !== '0'), ...zero.slice(0, 5)]) {
    await page.goto(f.url);
    const n = await listed(page);
    t.check(`figure ${f.name.trim()} ${new URL(f.url).search}`, n === Number(f.value) ? undefined : `${f.value}, the list has ${n}`);
  }
  t.check('figures: errors', errorsProblem(seen));
  await page.close();
};

// The tabs of a working list say how many rows each has; an inbox starts with what is due first.
const viewsCount = async (t, roles) => {
  for (const who of ['staff', 'officer', 'leader', 'secretary', 'member']) {
    const { page } = await visit(t, roles[who], '/demands');
    const tabs = await page.locator('.views a').evaluateAll((l) => l.map((a) => ({ url: a.href, n: a.querySelector('.n')?.textContent })));
    t.check(`${who} has views`, tabs.length >= 3 ? undefined : `${tabs.length}`);
    for (const tab of tabs.filter((x) => x.n)) {
      let rows = 0;
      for (let url = tab.url; url && rows < 200; url = await page.evaluate(() => document.querySelector('[rel=next]')?.href)) {
        await page.goto(url);
        rows += await page.locator('#list tbody tr, #list .items > li, #list .mlist > li').count();
      }
      t.check(`${who} ${new URL(tab.url).search} holds what it says`, rows === Number(tab.n) ? undefined : `${tab.n}, there are ${rows}`);
    }
    await page.close();
  }
  const { page } = await visit(t, roles.officer, '/demands?view=mine');
  const urls = await page.locator('.mlist a').evaluateAll((l) => l.map((a) => a.href));
  const dues = [];
  for (const url of urls.slice(0, 6)) {
    await page.goto(url);
    dues.push(await page.locator('article .badge').allTextContents());
  }
  const late = dues.map((l) => l.some((x) => x.includes('超期')));
  t.check('what is late stands first', late.join() === [...late].sort((a, b) => b - a).join() ? undefined : late.join());
  await page.close();
};

// What fits: every tab of the inbox, the due times on a phone in English, a step's own name.
const fits = async (t, roles, id) => {
  const across = (page, selector) => page.locator(selector).evaluate((e) => e.scrollWidth - e.clientWidth);
  const inbox = await visit(t, roles.officer, '/');
  t.check('every tab of the inbox is in sight', (await across(inbox.page, '.views')) > 0 && 'the last is cut off');
  const tint = () => inbox.page.locator('.mlist a').first().evaluate((e) => getComputedStyle(e).backgroundColor);
  t.check('the case beside the list is marked in it', (await tint()) === 'rgba(0, 0, 0, 0)' && 'it is not');
  await inbox.page.setViewportSize(PHONE);
  t.check('a list alone marks none', (await tint()) !== 'rgba(0, 0, 0, 0)' && (await tint()));
  await inbox.page.close();
  const { page } = await visit(t, roles.staff, `/demands/${id}/accept`, PHONE);
  t.check('a step is named by its heading', (await text(page, 'h1')).startsWith('受理：') ? undefined : await text(page, 'h1'));
  await page.check('[name=level][value=L2]');
  await submit(page, '#action button[type=submit]');
  await page.goto(`${roles.staff.base}/sla-rules`);
  const widths = await page.locator('.cols2 input').evaluateAll((l) => [...new Set(l.map((e) => e.offsetWidth))]);
  t.check('the numbers have one width', widths.length === 1 ? undefined : widths.join());
  await page.close();
  const { cookies } = await roles.staff.context.storageState();
  const english = await roles.staff.context.browser().newContext({ locale: 'en', viewport: PHONE });
  await english.addCookies(cookies.filter((x) => x.name !== 'hq_lang'));
  const abroad = await english.newPage();
  await abroad.goto(`${roles.staff.base}/demands/${id}/dispatch`);
  t.check('the phone speaks English', (await text(abroad, 'h1')).startsWith('Dispatch: ') ? undefined : await text(abroad, 'h1'));
  t.check('due times fit a phone', (await across(abroad, 'aside .scroll')) > 0 && 'they are cut');
  await english.close();
};

// roles: {member, staff, officer, leader, secretary}, each {context, base}.
export const demandScenario = async (t, roles) => {
  const inbox = await visit(t, roles.officer, '/');
  await inbox.check('inbox');
  const unit = await text(inbox.page, '.page-head .muted');
  await inbox.page.close();
  const id = await memberSubmits(t, roles.member);
  if (!t.check('demand has an address', id ? undefined : 'the receipt is elsewhere')) {
    return;
  }
  const number = await staffDispatches(t, roles.staff, id, unit);
  await officerSigns(t, roles.officer, id);
  await papersCome(t, roles, id);
  await officerAnswers(t, roles.officer, id);
  await memberRates(t, roles.member, id);
  await stepsScenario(t, roles, number);
  await staffRegisters(t, roles.staff);
  await bulkDispatch(t, roles.staff);
  await rulesChange(t, roles.staff);
  await fits(t, roles, await memberSubmits(t, roles.member));
  await viewsCount(t, roles);
  await figuresLead(t, roles.leader);
};
