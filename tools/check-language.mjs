// SPDX-License-Identifier: Apache-2.0
// Compares the Chinese texts of the program with the English catalogue lang/en.json.
//
//   node tools/check-language.mjs            lists missing, unused and faulty entries
//   node tools/check-language.mjs --write    adds the missing ones with empty text, sorted
//
// Exit 1 when an entry is missing, empty or faulty. Texts are: [[…]] in templates; in C the
// literals in T(…), tr(…), trf(…) and the notices' tell_…(…), in initialisers of tables (.label = "…", also by
// position) and in macros (FIELD("…")). Other Han literals are listed with --loose only, since
// nothing translates them. A file whose tables are data says so in a comment "language: data".
import { readdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const catalogueFile = join(root, 'lang', 'en.json');
const han = /\p{Script=Han}/u;

function* files(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else yield path;
  }
}

// key → { where: first place, html: used in a template }
const used = new Map();
const loose = [];

function use(key, where, html) {
  const known = used.get(key);
  if (known) known.html ||= html;
  else used.set(key, { where, html });
}

const lineAt = (text, index) => text.slice(0, index).split('\n').length;

function scanTemplate(path, text) {
  for (const m of text.matchAll(/\[\[([\s\S]*?)\]\]/g)) {
    // The same trimming as the template engine's.
    const key = m[1].replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
    use(key, `${path}:${lineAt(text, m.index)}`, true);
  }
}

const escapes = { n: '\n', t: '\t', r: '\r', '0': '\0', a: '\x07', b: '\b', f: '\f', v: '\v' };

function unescapeC(body) {
  const pattern = /\\(?:x([0-9a-fA-F]+)|u([0-9a-fA-F]{4})|([\s\S]))/g;
  return body.replace(pattern, (_, x, u, c) => {
    if (x || u) return String.fromCodePoint(parseInt(x || u, 16));
    return escapes[c] ?? c;
  });
}

// Literals of a C source, neighbours joined, each with the code in front of it, in which
// comments are gone and literals are "".
function* literals(text) {
  const token =
    /\/\/(?:\\\n|[^\n])*|\/\*[\s\S]*?\*\/|"((?:\\[\s\S]|[^"\\\n])*)"|'(?:\\[\s\S]|[^'\\\n])*'/g;
  let code = '';
  let end = 0;
  let open = null;
  for (const m of text.matchAll(token)) {
    const between = text.slice(end, m.index);
    end = m.index + m[0].length;
    if (open && between.trim() !== '') {
      yield open;
      open = null;
      code += '""';
    }
    code += between;
    if (m[1] !== undefined) {
      open ??= { value: '', at: m.index, before: code };
      open.value += unescapeC(m[1]);
    }
  }
  if (open) yield open;
}

// Inside of a T(…), or of a tr(…) or trf(…) that is not closed yet.
const marked = /\bT\(\s*$|\b(?:trf?|\w*tell_\w+|notice_to_\w+)\((?:[^();]|\((?:[^()]|\([^()]*\))*\))*$/;

// In an initialiser of a table, by name or position, or in the arguments of a macro.
function inTable(code) {
  if (/\.\w+\s*=\s*$/.test(code)) return true;
  let depth = 0;
  for (let i = code.length - 1; i >= 0; i--) {
    if (')}]'.includes(code[i])) depth++;
    else if ('({['.includes(code[i]) && depth-- === 0) {
      if (code[i] === '{') return /[{,]\s*$/.test(code);
      return code[i] === '(' && /\b[A-Z][A-Z0-9_]*\s*$/.test(code.slice(0, i));
    }
  }
  return false;
}

function scanC(path, text) {
  const data = /language: data/.test(text);
  for (const { value, at, before } of literals(text)) {
    if (!han.test(value)) continue;
    const where = `${path}:${lineAt(text, at)}`;
    const code = before.slice(-20000);
    if (marked.test(code.slice(-600)) || (!data && inTable(code))) use(value, where, false);
    else if (!data) loose.push(`${where}: ${JSON.stringify(value)}`);
  }
}

const sorted = (list) => [...list].sort().join(' ');
const count = (text, c) => text.split(c).length - 1;

// What is wrong with a translation, or ''.
function fault(key, english, html) {
  const places = (s) => sorted(new Set(s.match(/\{\d\}/g)));
  const tags = (s) => sorted(s.match(/\{\{\{?[^}]*\}?\}\}/g) ?? []);
  const one = key !== plain(key); // may leave its "1" out
  if (places(key) !== places(english) && !(one && places(key) === places(`{0}${english}`))) {
    return 'other {0} places';
  }
  if (html && tags(key) !== tags(english)) return 'other {{tags}}';
  if (html && count(english, '"') > count(key, '"')) return 'a " would end an attribute';
  if (html && count(english, '<') !== count(key, '<')) return 'other elements';
  if (/\[\[|\]\]/.test(english)) return 'holds translation marks';
  return '';
}

for (const path of files(join(root, 'src'))) {
  const name = relative(root, path);
  if (/\/pages\/[^/]*\.html$/.test(name)) scanTemplate(name, readFileSync(path, 'utf8'));
  else if (/\.[ch]$/.test(name)) scanC(name, readFileSync(path, 'utf8'));
}

const catalogue = existsSync(catalogueFile)
  ? JSON.parse(readFileSync(catalogueFile, 'utf8'))
  : {};
const known = new Map(Object.entries(catalogue));
const missing = [...used].filter(([key]) => !known.get(key));
const plain = (key) => key.replace(/\|one$/, ''); // "…|one": the same text when {0} is 1
const unused = [...known.keys()].filter((key) => !used.has(plain(key)));
for (const key of known.keys()) {
  if (key !== plain(key) && used.has(plain(key))) used.set(key, used.get(plain(key)));
}
const faulty = [...used]
  .map(([key, u]) => [key, u, known.get(key) ? fault(key, known.get(key), u.html) : ''])
  .filter(([, , why]) => why);

for (const [key, u] of missing) console.log(`missing  ${u.where}: ${JSON.stringify(key)}`);
for (const key of unused) console.log(`unused   ${JSON.stringify(key)}`);
for (const [key, u, why] of faulty) {
  console.log(`faulty   ${u.where}: ${JSON.stringify(key)}: ${why}`);
}
if (process.argv.includes('--loose')) for (const l of loose) console.log(`loose    ${l}`);
console.log(
  `${used.size} texts, ${missing.length} missing, ${unused.length} unused, ` +
    `${faulty.length} faulty, ${loose.length} Han literals outside of T() (--loose)`
);

if (process.argv.includes('--write')) {
  for (const [key] of missing) known.set(key, '');
  const all = Object.fromEntries([...known].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  writeFileSync(catalogueFile, `${JSON.stringify(all, null, 1)}\n`);
} else if (missing.length + faulty.length > 0) {
  process.exit(1);
}
