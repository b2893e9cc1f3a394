// SPDX-License-Identifier: Apache-2.0
// One demand from the enterprise's phone to its rating, through the pages alone: what people do
// who never see the API. Each page on the way is checked for accessibility and errors.
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
  await page.locator('[name=lead_unit_id]').locator('xpath=..').filter({ hasText: unit }).first().click();
  await submit(page, '#action .btn-primary');
  await check('dispatched');
  t.check('demand goes to the chosen department', (await text(page, 'main')).includes(unit) ? undefined : unit);
  t.check('demand dispatch: errors', errorsProblem(seen));
  await page.close();
};

const officerAnswers = async (t, officer, id) => {
  const first = await visit(t, officer, `/demands/${id}/sign`);
  await submit(first.page, '#action .btn-primary');
  await first.page.close();
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

// roles: {member, staff, officer}, each {context, base}.
export const demandScenario = async (t, roles) => {
  const inbox = await visit(t, roles.officer, '/');
  await inbox.check('inbox');
  const unit = await text(inbox.page, '.page-head .muted');
  await inbox.page.close();
  const id = await memberSubmits(t, roles.member);
  if (!t.check('demand has an address', id ? undefined : 'the receipt is elsewhere')) {
    return;
  }
  await staffDispatches(t, roles.staff, id, unit);
  await officerAnswers(t, roles.officer, id);
  await memberRates(t, roles.member, id);
};
