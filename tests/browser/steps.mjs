// SPDX-License-Identifier: Apache-2.0
// The table of steps in the browser: in every state each reader sees the buttons of what he may
// do and no other, and each button does it. What is expected is written down here a second time.
import { axeProblem, errorsProblem, open, printedPages } from './lib.mjs';

const submit = (page, selector) => Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.click(selector)]);

// The steps a page offers, by its links and its forms.
const offered = (page, id) => page.evaluate((n) => {
  const at = new RegExp(`/demands/${n}/([a-z_]+)$`);
  const all = [...document.querySelectorAll('main a[href], main form[action]')].map((e) => new URL(e.href ?? e.action).pathname);
  return [...new Set(all.map((p) => at.exec(p)?.[1]).filter(Boolean))].sort().join(' ');
}, id);

const sorted = (words) => words.split(' ').filter(Boolean).sort().join(' ');

class Case {
  constructor(t, roles, id) {
    Object.assign(this, { t, roles, id });
  }

  async page(who, rest = '') {
    const { context, base } = this.roles[who];
    return open(context, `${base}/demands/${this.id}${rest}`);
  }

  // {member: 'withdraw supplement', …}: who sees which buttons now.
  async expect(state, buttons) {
    for (const [who, words] of Object.entries(buttons)) {
      const { page, seen } = await this.page(who);
      const has = await offered(page, this.id);
      this.t.check(`${state}: buttons of ${who}`, has === sorted(words) ? undefined : `${has}, not ${sorted(words)}`);
      this.t.check(`${state}: page of ${who}`, errorsProblem(seen));
      await page.close();
    }
  }

  // Takes a step on its own page, as without a script.
  async take(who, step, fields = {}) {
    const { page } = await this.page(who, `/${step}`);
    for (const [name, value] of Object.entries(fields)) {
      const field = page.locator(`#action [name=${name}]`).first();
      const kind = await field.evaluate((e) => e.type || e.tagName);
      if (kind === 'radio') {
        await page.check(`#action [name=${name}][value="${value}"]`, { force: true });
      } else if (kind === 'select-one') {
        await field.selectOption(value);
      } else {
        await field.fill(value);
      }
    }
    await submit(page, '#action button[type=submit]');
    const refused = await page.locator('#errors, .field.error').count();
    this.t.check(`${who} can ${step}`, refused === 0 && new URL(page.url()).pathname === `/demands/${this.id}` ? undefined : page.url());
    await page.close();
  }
}

const fresh = async (t, roles, title) => {
  const { page } = await open(roles.member.context, `${roles.member.base}/demands/new`);
  await page.fill('[name=title]', title);
  await page.fill('[name=body]', '情况说明。');
  await submit(page, '.sticky-act button');
  const id = /\/demands\/(\d+)/.exec(page.url())[1];
  await page.close();
  return new Case(t, roles, id);
};

const OFFICE = 'urge supervise';
const REVIEW = new Date(Date.now() + 90 * 864e5).toISOString().slice(0, 10);

// One case through every side way, the department being the officer's (`unit`: its number).
const longWay = async (t, roles, unit) => {
  const c = await fresh(t, roles, '走完每一步');
  const none = { secretary: '', leader: '' };
  await c.expect('submitted', { member: 'withdraw supplement', staff: 'accept reject merge supervise', ...none });
  await c.take('staff', 'accept', { level: 'L3' });
  await c.expect('accepted', { member: 'withdraw supplement', staff: 'dispatch reject merge pend supervise', ...none });
  await c.take('staff', 'dispatch', { lead_unit_id: unit });
  await c.expect('dispatched', { member: 'withdraw supplement', staff: `${OFFICE} pend merge`, officer: 'sign object', ...none });
  await c.take('officer', 'object', { reason: '请改派' });
  await c.expect('objected', { staff: `dispatch ${OFFICE} merge`, officer: '', member: 'withdraw supplement' });
  await c.take('staff', 'dispatch', { lead_unit_id: unit });
  await c.take('officer', 'sign');
  await c.expect('signed', { staff: `${OFFICE} pend merge`, officer: 'answer contact note extend suspend object' });
  await c.take('officer', 'contact', { body: '已经电话联系' });
  await c.take('officer', 'note', { body: '正在核对' });
  await c.expect('handling', { staff: `${OFFICE} pend merge`, officer: 'answer contact note extend suspend' });
  await c.take('officer', 'suspend', { reason: '请补充合同' });
  await c.expect('suspended', { staff: OFFICE, officer: 'answer contact note resume', member: 'withdraw supplement' });
  await c.take('officer', 'resume');
  await c.take('officer', 'extend', { days: '3', reason: '要会商' });
  await c.expect('extension asked', { staff: `grant_extension refuse_extension ${OFFICE} pend merge`, officer: 'answer contact note suspend' });
  await c.take('staff', 'grant_extension', { days: '3' });
  await c.take('staff', 'urge');
  await c.take('staff', 'supervise');
  await c.expect('supervised', { staff: 'urge pend merge' });
  await c.take('staff', 'pend', { review_on: REVIEW });
  await c.expect('pending', { staff: 'revive close', officer: '', member: 'withdraw supplement', ...none });
  return c;
};

const looks = async (t, c) => {
  const { page, cdp } = await c.page('staff');
  const aside = await page.locator('aside').textContent();
  t.check('the day of review shows', aside.includes(REVIEW) ? undefined : aside);
  await page.goto(`${page.url()}?print=1`);
  const paper = await page.locator('body').textContent();
  t.check('the paper is of supervision', paper.includes('督办单') && paper.includes('走完每一步') ? undefined : paper.slice(0, 200));
  t.check('the paper prints on one page', (await printedPages(page)) === 1 ? undefined : `${await printedPages(page)}`);
  t.check('paper: axe', await axeProblem(cdp));
  await page.close();
};

const toTheEnd = async (c) => {
  await c.take('staff', 'revive');
  await c.take('officer', 'answer', { body: '已经解决', outcome: 'resolved' });
  await c.expect('answered', { member: 'confirm reopen supplement', staff: 'callback close', officer: '', leader: '' });
  await c.take('member', 'reopen', { reason: '还没有解决' });
  await c.expect('reopened', { member: 'withdraw supplement', staff: 'callback urge pend', officer: 'answer contact note suspend' });
  await c.take('officer', 'answer', { body: '这次解决了', outcome: 'resolved' });
  await c.take('member', 'confirm', { satisfaction: '5' });
  await c.expect('closed', { member: 'reopen', staff: 'callback archive', officer: '' });
  await c.take('staff', 'callback', { result: '企业满意' });
  await c.take('staff', 'archive');
  await c.expect('archived', { member: '', staff: '', officer: '' });
};

const merged = async (t, roles, into) => {
  const c = await fresh(t, roles, '重复的诉求');
  await c.take('staff', 'merge', { into_id: into.id });
  await c.expect('merged', { member: '', staff: 'archive' });
  for (const who of ['staff', 'member']) {
    const { page } = await c.page(who);
    const text = await page.locator('main').textContent();
    t.check(`${who} sees where it went`, /并入\s*SQ\d{4}-\d{6}/.test(text) ? undefined : text.slice(0, 300));
    await page.close();
  }
};

export const stepsScenario = async (t, roles, unit) => {
  const c = await longWay(t, roles, unit);
  await looks(t, c);
  await merged(t, roles, c);
  await toTheEnd(c);
  const away = await fresh(t, roles, '撤回的诉求');
  await away.take('member', 'withdraw', { reason: '自己解决了' });
  await away.expect('withdrawn', { member: '', staff: 'archive' });
  const no = await fresh(t, roles, '不予受理的诉求');
  await no.take('staff', 'reject', { reason: '不属于诉求' });
  await no.expect('rejected', { member: '', staff: 'archive' });
};
