// SPDX-License-Identifier: Apache-2.0
// A list made one's own: a filter becomes a tab, columns and density stay, and the export holds
// exactly what is shown. All of it without a script.
import { axeProblem, DESKTOP, errorsProblem, login, open, PHONE, shoot, sidewaysProblem } from './lib.mjs';

const submit = (page, selector) => Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.click(selector)]);
const texts = async (page, selector) => (await page.locator(selector).allTextContents()).map((s) => s.replace(/\s+/g, ' ').trim());
const same = (a, b) => (JSON.stringify(a) === JSON.stringify(b) ? undefined : `${JSON.stringify(a)}, not ${JSON.stringify(b)}`);

const settings = async (page, base) => {
  await page.goto(`${base}/enterprises?size=medium`);
  await Promise.all([page.waitForNavigation(), page.click('.page-head a[href*="/layout"]')]);
};

const keepsView = async (t, page, base) => {
  await settings(page, base);
  await page.fill('[name=name]', '中型企业');
  await submit(page, 'form[action$="/views"] button[type=submit]');
  const tabs = await texts(page, '.views a');
  const rows = await page.locator('tbody tr').count();
  t.check('a kept filter is a tab with its count', same(tabs, ['全部', `中型企业 ${rows}`]));
  t.check('its tab is the current one', same(await texts(page, '.views [aria-current]'), [`中型企业 ${rows}`]));
  const chips = await texts(page, '.chip');
  t.check('its filter can be removed', chips.length === 1 && chips[0].startsWith('规模') ? undefined : chips.join());
  await settings(page, base);
  await page.fill('form[action$="/views"] [name=name]', '中型企业');
  await submit(page, 'form[action$="/views"] button[type=submit]');
  t.check('a name is used once', (await page.locator('#errors').count()) === 1 ? undefined : page.url());
  t.check('and what was typed is still there', await page.inputValue('form[action$="/views"] [name=name]') === '中型企业' ? undefined : 'gone');
};

const choosesColumns = async (t, page, base) => {
  await page.goto(`${base}/enterprises/layout`);
  for (const box of await page.locator('[name=column]:not([disabled])').all()) {
    await box.uncheck();
  }
  await page.check('[name=column][value=address]');
  await page.check('[name=column][value=town]');
  await page.check('[name=dense][value="1"]');
  await submit(page, 'form[action$="/layout"] .btn-primary');
  const heads = (await texts(page, 'thead th')).filter(Boolean);
  t.check('chosen columns are shown', same(heads, ['企业名称', '镇街', '地址']));
  t.check('the table is dense', (await page.locator('table.dense').count()) === 1 ? undefined : 'it is not');
  const csv = await page.context().request.get(new URL(await page.locator('a[href*=".csv"]').getAttribute('href'), base).href);
  const head = (await csv.text()).replace(/^\uFEFF/, '').split('\r\n')[0];
  t.check('the export has the same columns', head === '企业名称,统一社会信用代码,镇街,地址' ? undefined : head);
};

const renamesAndRemoves = async (t, page, base) => {
  await page.goto(`${base}/enterprises/layout`);
  await page.fill('.items [name=name]', '中型');
  await submit(page, '.items button:not([name])');
  await page.goto(`${base}/enterprises`);
  const [, tab] = await texts(page, '.views a');
  t.check('a view is renamed', tab?.startsWith('中型 ') ? undefined : tab);
  await page.goto(`${base}/enterprises/layout`);
  await submit(page, '.items button[name=remove]');
  await page.goto(`${base}/enterprises`);
  t.check('a view is removed', same(await texts(page, '.views a'), []));
  await page.goto(`${base}/enterprises/layout`);
  await submit(page, 'button[name=reset]');
  t.check('the layout is reset', (await page.locator('table.dense').count()) === 0 && (await page.locator('thead th').count()) > 3 ? undefined : 'it is not');
};

// Chosen in the list, looked at, confirmed: all of them or none.
const changesSeveral = async (t, page, base) => {
  await page.goto(`${base}/enterprises?town=${encodeURIComponent('云溪镇')}`);
  const names = (await texts(page, 'tbody a.t')).slice(0, 2);
  for (const i of [0, 1]) {
    await page.locator('tbody [name=id]').nth(i).check();
  }
  await submit(page, '.bulk button[value=state]');
  t.check('bulk: the chosen are shown', same(await texts(page, 'tbody a.t'), names));
  await page.selectOption('[name=state]', 'suspended');
  await submit(page, 'form .btn-primary');
  t.check('bulk: what they become', same(await texts(page, 'tbody td:nth-child(3)'), ['停业', '停业']));
  const review = page.url();
  await submit(page, 'form .btn-primary');
  t.check('bulk: it says how many', (await texts(page, 'main')).join(' ').includes('已修改 2 条') ? undefined : page.url());
  await page.goto(`${base}/enterprises?state=suspended`);
  t.check('bulk: they are changed', same((await texts(page, 'tbody a.t')).sort(), [...names].sort()));
  await page.goto(review);
  t.check('bulk: nothing is left to change', (await page.locator('form[method=post] .btn-primary').count()) === 0 ? undefined : 'it can be confirmed again');
  await page.goto(`${base}/enterprises/bulk?action=name&id=1`);
  t.check('bulk: only what the table says', (await page.locator('h1').textContent()).includes('没有这一页') ? undefined : page.url());
};

const looksRight = async (t, browser, base) => {
  for (const locale of ['zh-CN', 'en']) {
    for (const viewport of [DESKTOP, PHONE]) {
      const context = await browser.newContext({ locale });
      await login(context, base, 'staff');
      const { page, cdp, seen } = await open(context, `${base}/enterprises/layout?size=medium`, viewport);
      const name = `list settings ${locale} ${viewport.width}`;
      t.check(`${name}: axe`, await axeProblem(cdp));
      t.check(`${name}: sideways`, await sidewaysProblem(page));
      t.check(`${name}: errors`, errorsProblem(seen));
      await shoot(page, `list-settings-${locale}-${viewport.width}`, true);
      const bulk = await open(context, `${base}/enterprises/bulk?action=chamber&id=1&id=2&id=3&chamber_id=13`, viewport);
      t.check(`bulk ${locale} ${viewport.width}: axe`, await axeProblem(bulk.cdp));
      t.check(`bulk ${locale} ${viewport.width}: sideways`, await sidewaysProblem(bulk.page));
      t.check(`bulk ${locale} ${viewport.width}: errors`, errorsProblem(bulk.seen));
      await shoot(bulk.page, `bulk-${locale}-${viewport.width}`, true);
      await context.close();
    }
  }
};

export const listsScenario = async (t, browser, base) => {
  const signed = await browser.newContext({ locale: 'zh-CN' });
  await login(signed, base, 'staff');
  const context = await browser.newContext({ locale: 'zh-CN', javaScriptEnabled: false, storageState: await signed.storageState() });
  const page = await context.newPage();
  await keepsView(t, page, base);
  await choosesColumns(t, page, base);
  const other = await browser.newContext({ locale: 'zh-CN' });
  await login(other, base, 'leader');
  const theirs = await other.newPage();
  await theirs.goto(`${base}/enterprises`);
  t.check('another account has none of it', same(await texts(theirs, '.views a'), []));
  await other.close();
  await renamesAndRemoves(t, page, base);
  await changesSeveral(t, page, base);
  await context.close();
  await signed.close();
  await looksRight(t, browser, base);
};
