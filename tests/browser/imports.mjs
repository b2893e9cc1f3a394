// SPDX-License-Identifier: Apache-2.0
// A sheet from the file on the clerk's desk to the records: with a script and without one, on
// the desk and on a phone.
import { HEAD, csv, rows } from '../../bench/sheets.mjs';
import { axeProblem, errorsProblem, login, NARROW, open, PHONE, shoot, sidewaysProblem } from './lib.mjs';

const go = (page, selector) => Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.click(selector)]);
const sheet = (n, first, more = []) => ({ name: '企业登记表.csv', mimeType: 'text/csv', buffer: csv([HEAD, ...rows(n, ['没有这家商会'].slice(1).concat(''), first), ...more]) });

const check = async (t, { page, cdp, seen }, name) => {
  t.check(`${name} axe`, await axeProblem(cdp));
  await shoot(page, `${name}-1440`, true);
  const before = page.viewportSize();
  await page.setViewportSize(PHONE);
  t.check(`${name} axe phone`, await axeProblem(cdp));
  await shoot(page, `${name}-390`, true);
  await page.setViewportSize(NARROW);
  t.check(`${name} reflow 320`, await sidewaysProblem(page));
  await page.setViewportSize(before);
  t.check(`${name} errors`, errorsProblem(seen));
};

const upload = async (page, base, file) => {
  await page.goto(`${base}/imports`);
  await page.selectOption('#kind', 'enterprises');
  await page.setInputFiles('#file', file);
  await go(page, 'form[data-progress] button[type=submit]');
};

const withScript = async (t, context, base) => {
  const opened = await open(context, `${base}/imports`);
  const { page } = opened;
  await check(t, opened, 'imports');
  await upload(page, base, sheet(1200, 400000, [['', '坏的公司', '123', '', '', '', '', '', '', '', '', '']]));
  t.check('the upload leads to the columns', (await page.locator('select[name=c1]').inputValue()) === 'name' ? undefined : page.url());
  await check(t, opened, 'import-columns');
  await go(page, 'form[action$="/columns"] button[type=submit]');
  await page.waitForSelector('form[action$="/start"]', { timeout: 30000 });
  t.check('the dry run begins with what is wrong', (await page.locator('tbody tr').count()) === 1 ? undefined : 'more than one row');
  await check(t, opened, 'import-checked');
  await go(page, 'form[action$="/start"] button');
  await page.waitForFunction(() => document.querySelector('.page-head').textContent.includes('已完成'), null, { timeout: 60000 });
  t.check('what was imported is a link to it', await (async () => {
    await page.goto(`${page.url().split('?')[0]}?outcome=new`);
    const links = await page.locator('tbody th a').count();
    return links === 50 ? undefined : `${links} links`;
  })());
  await check(t, opened, 'import-done');
  await page.close();
};

const without = async (t, context, base) => {
  const page = await context.newPage();
  await page.goto(`${base}/imports`);
  await go(page, 'form[action="/imports"] button[type=submit]');
  t.check('without a script: what is missing is said', (await page.locator('.field.error').count()) === 2 ? undefined : await page.content());
  await upload(page, base, sheet(3, 500000));
  await go(page, 'form[action$="/columns"] button[type=submit]');
  for (let i = 0; i < 20 && !(await page.locator('form[action$="/start"]').count()); i++) {
    await page.waitForTimeout(300);
    await page.reload();
  }
  await go(page, 'form[action$="/start"] button');
  for (let i = 0; i < 20 && !(await page.locator('.page-head').textContent()).includes('已完成'); i++) {
    await page.waitForTimeout(300);
    await page.reload();
  }
  t.check('without a script: imported', (await page.locator('.page-head').textContent()).includes('已完成') ? undefined : page.url());
  await page.close();
};

export const checkImports = async (t, browser, base) => {
  for (const javaScriptEnabled of [true, false]) {
    const context = await browser.newContext({ javaScriptEnabled, locale: 'zh-CN' });
    await login(context, base, 'staff');
    await (javaScriptEnabled ? withScript : without)(t, context, base);
    await context.close();
  }
};
