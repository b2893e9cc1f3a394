// SPDX-License-Identifier: Apache-2.0
// The browser's part: htmx, its server-sent events, and small behaviours that pages ask for with
// data- attributes. Every page works without any of it.
import 'htmx.org/dist/htmx.esm.js'; // sets window.htmx; the plain build does not when bundled
import 'htmx.org/dist/ext/hx-sse.js';

const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
const typing = (e) => /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName);

// ---- clicks ------------------------------------------------------------------------------

// data-dialog="id" opens that dialog; a link keeps its href for browsers without dialogs.
// data-close shuts it; data-open="selector" unfolds hidden fields, data-insert="selector" puts the button's value
// into a text field, data-print prints.
const insert = (field, text) => {
  field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end');
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.focus();
};

document.addEventListener('click', (e) => {
  const b = e.target.closest('[data-dialog],[data-close],[data-open],[data-insert],[data-print]');
  if (!b) {
    $$('details.menu[open]').filter((d) => !d.contains(e.target)).forEach((d) => { d.open = false; });
    return;
  }
  const { dialog, open, insert: into } = b.dataset;
  if ('close' in b.dataset) {
    const d = b.closest('dialog[open]');
    if (!d) {
      return;
    }
    d.close();
  } else if (dialog) {
    const d = document.getElementById(dialog);
    if (!d || !d.showModal) {
      return;
    }
    d.showModal();
  } else if (open) {
    $(open).classList.add('open');
  } else if (into) {
    insert($(into), b.value);
  } else {
    print();
  }
  e.preventDefault();
});

// A dialog's content comes from the page its link names; what cannot be undone starts on Cancel.
document.addEventListener('htmx:after:swap', () => {
  const first = $('dialog[open] [data-first]') || $('dialog[open] input:not([type=hidden]),dialog[open] textarea,dialog[open] select');
  const here = document.activeElement;
  if (first && (here === first.closest('dialog') || !first.closest('dialog').contains(here))) {
    first.focus();
  }
});

// The session has ended. Whoever clicked goes where the link leads, by way of the login page;
// whoever is typing is not torn away from it.
document.addEventListener('htmx:response:error', (e) => {
  const { response, sourceElement: from } = e.detail.ctx;
  if (response.status === 401 && !/^(INPUT|TEXTAREA)$/.test(from.tagName)) {
    location.assign(from.href || location.href);
  }
});

// ---- the keyboard ------------------------------------------------------------------------

// '/' goes to the search field, '?' shows the dialog "keys", j and k walk a list of links
// (Enter opens the focused one, as everywhere), a letter presses what carries it as data-key.
const walk = (step) => {
  const links = $$('.mlist a');
  const here = links.indexOf(document.activeElement);
  const from = here >= 0 ? here : links.findIndex((a) => a.hasAttribute('aria-current'));
  const to = links[Math.max(0, Math.min(links.length - 1, from + step))];
  if (to) {
    to.focus();
  }
  return to;
};

const press = (key) => {
  if (key === '/') {
    const q = $('#q');
    return q && q.offsetParent && (q.focus(), true);
  }
  if (key === '?') {
    const d = $('dialog#keys');
    return d && d.showModal && (d.showModal(), true);
  }
  if (key === 'j' || key === 'k') {
    return walk(key === 'j' ? 1 : -1);
  }
  const target = /^[a-z]$/.test(key) && $(`[data-key="${key}"]`);
  if (!target) {
    return false;
  }
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) {
    target.focus();
  } else {
    target.click();
  }
  return true;
};

document.addEventListener('keydown', (e) => {
  if (e.key === 'Escape') {
    $$('details.menu[open]').forEach((d) => { d.open = false; $('summary', d).focus(); });
  }
  if (typing(e) || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || $('dialog[open]')) {
    return;
  }
  if (press(e.key)) {
    e.preventDefault();
  }
});

// ---- choosing rows and files -------------------------------------------------------------

const CHOSEN = 'tbody [name=id]';

document.addEventListener('change', (e) => {
  const table = e.target.closest('table');
  if (table && (e.target.matches('[data-all]') || e.target.matches(CHOSEN))) {
    const all = $('[data-all]', table);
    const boxes = $$(CHOSEN, table);
    if (e.target === all) {
      boxes.forEach((c) => { c.checked = all.checked; });
    }
    const n = boxes.filter((c) => c.checked).length;
    if (all) {
      all.checked = n === boxes.length;
      all.indeterminate = n > 0 && n < boxes.length;
    }
    $$('[data-chosen]', table.closest('form')).forEach((s) => { s.textContent = n; });
  }
  // data-max is the largest file in bytes, data-max-count how many: said before the upload.
  if (e.target.matches('input[type=file][data-max]')) {
    const f = e.target;
    const bad = [...f.files].some((x) => x.size > Number(f.dataset.max))
      || f.files.length > Number(f.dataset.maxCount || Infinity);
    const message = document.getElementById(`${f.id}-max`);
    if (message) {
      message.hidden = !bad;
    }
    if (bad) {
      f.value = '';
    }
  }
});

// ---- large uploads -----------------------------------------------------------------------

// form[data-progress] says how much of its file has gone up; the answer then takes the place of
// the page, as it would without a script.
const showAnswer = (request) => {
  if (request.responseURL && new URL(request.responseURL).pathname !== location.pathname) {
    location.assign(request.responseURL);
    return;
  }
  const page = new DOMParser().parseFromString(request.responseText, 'text/html');
  const main = $('main', page);
  if (!main) {
    location.reload();
    return;
  }
  $('main').replaceWith(main);
  const first = $('.err', main);
  if (first) {
    first.scrollIntoView({ block: 'center' });
  }
};

document.addEventListener('submit', (e) => {
  const form = e.target;
  if (!('progress' in form.dataset) || e.defaultPrevented) {
    return;
  }
  e.preventDefault();
  const bar = $('[data-progress-bar]', form);
  const text = $('[data-progress-text]', form);
  const button = $('button[type=submit]', form);
  const request = new XMLHttpRequest();
  request.upload.addEventListener('progress', (p) => {
    const percent = Math.round(100 * p.loaded / p.total);
    bar.hidden = false;
    bar.value = percent;
    text.textContent = percent < 100 ? `${text.dataset.sending} ${percent}%` : text.dataset.reading;
  });
  request.addEventListener('load', () => showAnswer(request));
  request.addEventListener('error', () => { button.disabled = false; form.submit(); });
  request.open('POST', form.action);
  button.disabled = true;
  request.send(new FormData(form));
});

// ---- drafts ------------------------------------------------------------------------------

// A form[data-draft=name] goes to /drafts/name two seconds after the last key; what it says
// stands in [data-draft-state], in the words of its data-saved and data-failed.
const waiting = new Map();

// Never kept: what belongs to one sending, and secrets.
const secret = /^(csrf|token|version|password.*|code|draft_name)$/;
const fields = (form) => [...new FormData(form)].filter(([, v]) => typeof v === 'string');

// What only serves the sending is not part of a draft; the server is told which form it is of,
// so that a draft that arrives after its form is dropped.
const draftOf = (form) => {
  const body = new URLSearchParams(fields(form).filter(([name]) => !secret.test(name)));
  const token = form.elements.token;
  if (token) {
    body.set('sent_as', token.value);
  }
  return body;
};

const saveDraft = async (form) => {
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  const state = $('[data-draft-state]', form);
  let ok = false;
  try {
    const r = await fetch(`${document.documentElement.dataset.base}/drafts/${encodeURIComponent(form.dataset.draft)}`, {
      method: 'POST', credentials: 'same-origin', keepalive: true,
      headers: { 'HX-Request': 'true', 'X-CSRF-Token': $('meta[name=csrf]').content },
      body: draftOf(form),
    });
    ok = r.ok && !r.redirected;
  } catch { /* no network: said below */ }
  if (state) {
    const at = new Date().toLocaleTimeString('zh-CN', { hour12: false, timeZone: 'Asia/Shanghai' });
    state.textContent = ok ? `${state.dataset.saved} ${at}` : state.dataset.failed;
  }
};

document.addEventListener('input', (e) => {
  const form = e.target.form;
  if (form && form.dataset.draft) {
    clearTimeout(waiting.get(form));
    waiting.set(form, setTimeout(() => saveDraft(form), 2000));
  }
});

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') {
    [...waiting.keys()].forEach(saveDraft);
  }
});

// ---- a session that ended while somebody was typing ----------------------------------------

// form[data-keep] leaves its text in this tab when it is sent. When the answer is the login
// page ([data-login]), the text comes back with the form afterwards; any other page drops it.
// A form in a dialog, or shown again at the address it was sent to, is found on its own page:
// that of its action, or the one where the form was first seen.
const KEPT = 'kept';
const HOMES = 'homes';

const homes = () => JSON.parse(sessionStorage.getItem(HOMES) || '{}');

const homeOf = (form) => {
  const action = form.getAttribute('action');
  if (form.closest('dialog')) {
    return action;
  }
  return location.pathname === action && homes()[action] || location.pathname;
};

const keep = (form) => {
  const text = fields(form).filter(([name]) => !secret.test(name));
  const files = $$('input[type=file]', form).some((f) => f.files.length > 0);
  sessionStorage.setItem(KEPT, JSON.stringify({
    at: Date.now(), from: location.pathname, path: homeOf(form), action: form.getAttribute('action'), text, files,
  }));
};

const refill = (form, text, files) => {
  const seen = {};
  text.forEach(([name, value]) => {
    const all = [].concat(form.elements[name] || []).flatMap((x) => (x.length && !x.form ? [...x] : [x]));
    const el = all[seen[name] = (name in seen ? seen[name] + 1 : 0)] || all[0];
    if (!el || el.type === 'hidden') {
      return;
    }
    const same = all.find((x) => x.value === value);
    if (/^(checkbox|radio)$/.test((same || el).type)) {
      if (same) {
        same.checked = true;
      }
    } else {
      el.value = value;
    }
  });
  const details = form.closest('details');
  if (details) {
    details.open = true;
  }
  const note = $('[data-kept]', form) || $('[data-kept]');
  if (note) {
    note.hidden = false;
    $('[data-kept-files]', note).hidden = !files;
  }
};

const rescue = () => {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) || 'null');
  if (!kept || Date.now() - kept.at > 30 * 60 * 1000) {
    sessionStorage.removeItem(KEPT);
    return;
  }
  if ($('[data-login]')) {
    sessionStorage.setItem(KEPT, JSON.stringify({ ...kept, lost: true }));
    return;
  }
  if (kept.lost && kept.path !== location.pathname) {
    if (kept.from === location.pathname) {
      location.replace(kept.path); // where the form was shown again, or its dialog was open
    }
    return; // on the way back, say through the home page
  }
  sessionStorage.removeItem(KEPT);
  const form = kept.lost && $$('form[data-keep]').find((f) => f.getAttribute('action') === kept.action);
  if (form) {
    refill(form, kept.text, kept.files);
  }
};

// ---- sending -----------------------------------------------------------------------------

// A second press while the first is under way is dropped; the server would know it anyway by
// the form's token.
document.addEventListener('submit', (e) => {
  const form = e.target;
  if (e.defaultPrevented || form.method !== 'post') {
    return;
  }
  if (form.dataset.sending) {
    e.preventDefault();
    return;
  }
  form.dataset.sending = '1';
  setTimeout(() => { delete form.dataset.sending; }, 8000);
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  if (form.hasAttribute('data-keep')) {
    try {
      keep(form);
    } catch { /* storage is full or switched off */ }
  }
});

addEventListener('pageshow', (e) => {
  $$('form[data-sending]').forEach((f) => { delete f.dataset.sending; });
  if (e.persisted && $('[data-fresh]')) {
    location.reload();
  }
});

try {
  const seen = $$('form[data-keep]').map((f) => [f.getAttribute('action'), location.pathname]);
  sessionStorage.setItem(HOMES, JSON.stringify({ ...homes(), ...Object.fromEntries(seen.filter(([a, b]) => a !== b)) }));
  rescue();
} catch { /* no session storage */ }
const errors = $('#errors');
if (errors) {
  errors.focus();
}
