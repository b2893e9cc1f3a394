// SPDX-License-Identifier: Apache-2.0
// Pages as a browser without scripts uses them: logging in, forms with their tokens, forged
// posts, guessing passwords, headers of every answer.
import { Browser, District, assert, finish, password, test } from './lib.mjs';

const d = await new District().serve();

await test('everybody of the demonstration can log in and sees a start page', async () => {
  for (const who of ['admin', 'staff', 'secretary', 'officer', 'leader', 'member']) {
    const b = new Browser(d);
    const r = await b.login(who);
    assert.equal(r.status, 303, `${who}: ${r.text.slice(0, 300)}`);
    assert.equal(r.headers.get('location'), '/');
    const home = await b.go('/');
    assert.equal(home.status, 200, `${who}: ${home.status}`);
    assert.ok(home.text.includes('<html'), who);
    for (const page of ['/demands', '/me/password', '/notices']) {
      assert.equal((await b.go(page)).status, 200, `${who} ${page}`);
    }
  }
});

await test('the session cookie is kept from scripts and other sites', async () => {
  const b = new Browser(d);
  const csrf = await b.csrf('/login');
  const r = await fetch(`${d.url}/login`, {
    method: 'POST', redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: [...b.jar].map(([k, v]) => `${k}=${v}`).join('; ') },
    body: new URLSearchParams({ csrf, login: 'staff', password }).toString(),
  });
  const cookie = r.headers.getSetCookie().find((c) => c.startsWith('hq='));
  assert.match(cookie, /HttpOnly/i);
  assert.match(cookie, /SameSite=(Lax|Strict)/i);
  assert.ok(cookie.split(';')[0].length > 40);
});

await test('a post without its token, or with another\'s, is refused', async () => {
  const b = new Browser(d);
  await b.login('member');
  const other = new Browser(d);
  await other.login('jinhe', 'x').catch(() => {});
  const form = { title: '伪造的诉求', body: '内容' };
  assert.equal((await b.go('/demands', { method: 'POST', form })).status, 403);
  assert.equal((await b.go('/demands', { method: 'POST', form: { ...form, csrf: '' } })).status, 403);
  assert.equal((await b.go('/demands', { method: 'POST', form: { ...form, csrf: 'ab'.repeat(36) } })).status, 403);
  const stolen = await other.csrf('/login');
  assert.equal((await b.go('/demands', { method: 'POST', form: { ...form, csrf: stolen } })).status, 403);
  const csrf = await b.csrf('/demands/new');
  for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
    assert.equal((await b.go('/demands', { method: 'POST', form: { ...form, csrf }, headers })).status, 403, JSON.stringify(headers));
  }
  const list = await d.ok('staff', 'GET', `/demands?q=${encodeURIComponent('伪造的诉求')}`);
  assert.equal(list.items.length, 0);
  const good = await b.go('/demands', { method: 'POST', form: { ...form, title: '真的诉求', csrf } });
  assert.equal(good.status, 303, good.text.slice(0, 500));
});

await test('a script of a page whose session ended neither moves its page nor spoils its login form', async () => {
  const b = new Browser(d);
  const csrf = await b.csrf('/login?next=/enterprises/new');
  const cookies = new Map(b.jar);
  for (const path of ['/organizations/options?q=2', '/demands', '/login', '/notices']) {
    const r = await new Browser(d).go(path, { headers: { 'hx-request': 'true' } });
    assert.deepEqual(r.headers.getSetCookie(), [], path);
    if (path !== '/login') {
      assert.equal(r.status, 401, path);
      assert.equal(r.headers.get('location'), null, path);
      assert.equal(r.headers.get('hx-reswap'), 'none', path);
      assert.ok(!r.text.includes('<'), path);
    }
  }
  assert.deepEqual(b.jar, cookies);
  const r = await b.go('/login', { method: 'POST', form: { csrf, login: 'staff', password, next: '/enterprises/new' } });
  assert.equal(r.headers.get('location'), '/enterprises/new');
});

await test('a login form that another tab has outdated is shown again and then works', async () => {
  const b = new Browser(d);
  const csrf = await b.csrf('/login');
  b.jar.clear();
  await b.csrf('/login'); // the other tab
  const form = { login: 'staff', password, next: '/me' };
  const again = await b.go('/login', { method: 'POST', form: { ...form, csrf } });
  assert.equal(again.status, 403);
  assert.ok(again.text.includes('页面已过期，请再提交一次'), again.text.slice(0, 300));
  assert.ok(again.text.includes('value="staff"'));
  assert.ok(again.text.includes('value="/me"'));
  assert.ok(!again.text.includes(password));
  const fresh = /name="csrf"[^>]*value="([0-9a-f]+)"/.exec(again.text)[1];
  const r = await b.go('/login', { method: 'POST', form: { ...form, csrf: fresh } });
  assert.equal(r.headers.get('location'), '/me');
});

await test('a form that is sent again with other words says so and can then be sent', async () => {
  const b = new Browser(d);
  await b.login('member');
  const page = (await b.go('/demands/new')).text;
  const form = (text, more) => ({ csrf: /name="csrf"[^>]*value="([0-9a-f]+)"/.exec(text)[1], token: /name="token" value="([^"]+)"/.exec(text)[1], ...more });
  const first = await b.go('/demands', { method: 'POST', form: form(page, { title: '第一次', body: '内容' }) });
  assert.equal(first.status, 303);
  const twice = await b.go('/demands', { method: 'POST', form: form(page, { title: '第一次', body: '内容' }) });
  assert.equal(twice.headers.get('location'), first.headers.get('location'), 'pressed twice is once');
  const other = await b.go('/demands', { method: 'POST', form: form(page, { title: '第二次', body: '退回来改过' }) });
  assert.equal(other.status, 409);
  assert.ok(other.text.includes('这张表单已经提交过一次'), other.text.slice(0, 500));
  assert.ok(other.text.includes('退回来改过'));
  const sent = await b.go('/demands', { method: 'POST', form: form(other.text, { title: '第二次', body: '退回来改过' }) });
  assert.equal(sent.status, 303);
  assert.notEqual(sent.headers.get('location'), first.headers.get('location'));
});

await test('a form with mistakes comes back with what was typed', async () => {
  const b = new Browser(d);
  await b.login('member');
  const csrf = await b.csrf('/demands/new');
  const r = await b.go('/demands', { method: 'POST', form: { csrf, title: '', body: '写了很多 <b>"内容"</b>', contact_mobile: '123' } });
  assert.equal(r.status, 422);
  assert.ok(r.text.includes('写了很多 &lt;b&gt;'), 'the text is gone');
  assert.ok(!r.text.includes('<b>"内容"'), 'markup was not escaped');
  assert.ok(r.text.includes('123'));
});

await test('texts of others are shown as texts', async () => {
  const x = '<img src=x onerror=alert(1)>"\'{{x}}';
  const made = await d.ok('member', 'POST', '/demands', { title: x, body: x, hope: x, contact_name: '<script>x</script>' });
  for (const who of ['member', 'staff']) {
    const b = new Browser(d);
    await b.login(who);
    for (const path of ['/demands', `/demands/${made.id}`, '/', `/demands?q=${encodeURIComponent('onerror')}`]) {
      const page = await b.go(path);
      assert.equal(page.status, 200, `${who} ${path}`);
      assert.ok(!page.text.includes('<img src=x'), `${who} ${path} shows markup`);
      assert.ok(!page.text.includes('<script>x'), `${who} ${path} shows a script`);
    }
  }
});

await test('after logging out the session is gone', async () => {
  const b = new Browser(d);
  await b.login('staff');
  const old = new Browser(d);
  old.jar = new Map(b.jar);
  const csrf = await b.csrf('/demands');
  const out = await b.go('/logout', { method: 'POST', form: { csrf } });
  assert.equal(out.status, 303);
  assert.equal((await old.go('/demands')).status, 303);
});

await test('where one wanted to go is kept, but never elsewhere', async () => {
  const b = new Browser(d);
  const r = await b.go('/demands?state=closed');
  assert.equal(r.status, 303);
  assert.equal(r.headers.get('location'), `/login?next=${encodeURIComponent('/demands?state=closed')}`);
  assert.equal((await b.login('staff', password, '/demands')).headers.get('location'), '/demands');
  for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)', '/\t/evil.example', '/x\r\nSet-Cookie: a=b']) {
    const answer = await new Browser(d).login('staff', password, next);
    assert.ok([303, 400, 422].includes(answer.status), `${next}: ${answer.status}`);
    const to = new URL(answer.headers.get('location') ?? '/', d.url);
    assert.equal(to.origin, d.url, `${next} leads to ${to}`);
  }
});

await test('every answer carries its headers', async () => {
  const b = new Browser(d);
  await b.login('staff');
  for (const path of ['/', '/demands', '/login', '/nothing', '/api/v1/me', '/api/v1/nothing']) {
    const { headers } = await b.go(path);
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/, path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(headers.get('x-frame-options'), 'DENY', path);
    assert.equal(headers.get('cache-control'), 'no-store', path);
    assert.ok(!headers.get('server') || !/\d/.test(headers.get('server')), path);
  }
});

// Last, since this address then waits.
await test('guessing gets slower, and says the same for accounts that do not exist', async () => {
  const said = new Map();
  for (const who of ['officer', 'nobody-here']) {
    const texts = [];
    let stopped = false;
    for (let i = 0; i < 12 && !stopped; i++) {
      const b = new Browser(d);
      const r = await b.login(who, `wrong-password-${i}`);
      assert.ok(!b.jar.has('hq'), 'a session after a wrong password');
      texts.push(`${r.status} ${r.headers.get('location') ?? ''}`);
      stopped = r.status === 429;
      if (stopped) assert.ok(Number(r.headers.get('retry-after')) >= 1, 'says when to come back');
    }
    assert.ok(stopped, `${who} may guess for ever: ${texts}`);
    said.set(who, texts[0]);
    const b = new Browser(d);
    assert.equal((await b.login(who, password)).status, 429);
  }
  assert.equal(said.get('officer'), said.get('nobody-here'));
  assert.equal((await new Browser(d).login('leader')).status, 303, 'others wait, too');
});

finish();
