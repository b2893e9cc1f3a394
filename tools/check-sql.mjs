// SPDX-License-Identifier: Apache-2.0
// Refuses what opens the door to injection: SQL in a printf format or anywhere but in a constant
// table of statements, a statement whose text is computed, the database library outside src/db,
// HTML in a literal outside the templates, and C functions without a bound.
//
//   node tools/check-sql.mjs [ROOT]
import { cFiles, codeOnly, finish, lineAt, problem, withoutComments } from './sources.mjs';

const LITERAL = /"(?:[^"\\\n]|\\[\s\S])*"(?:\s*"(?:[^"\\\n]|\\[\s\S])*")*/g;
const SQL = /\b(?:SELECT\s+[\w(*'?$]|INSERT\s+(?:OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|(?:CREATE|DROP|ALTER)\s+(?:\w+\s+)*?(?:TABLE|INDEX|TRIGGER|VIEW)\s|PRAGMA\s|ATTACH\s)/;
const SQL_START = /^\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|REPLACE)\s/;
// `{{<frame` is a template's parent, not a tag.
const HTML = /(?<!\{\{)<\/?[a-z][a-z0-9-]*(?:[\s>/]|$)/;
const UNBOUNDED = /\b(strcat|sprintf|vsprintf|gets|strtok|asctime|ctime|system|popen|mktemp|tmpnam)\s*\(/g;

// Where SQL may stand above src/db: in a macro or in an initialiser, never in a call. `before`
// reaches back to the last ; { or }, so a call shows as an open parenthesis. DB_INSERTS is part
// of an initialiser (src/db/db.h).
const isConstant = (before) =>
  /^\s*#\s*define\b/m.test(before) || !/\w\s*\([^)]*$/.test(before.replace(/\bDB_INSERTS\s*\(/g, ''));

// Write the statements of each kind of record, and of what refers to it, once, at start, from its
// tables: names the program declares, nothing a person typed. `huiqiao sql` lists what they wrote.
// The dialect says the patches, which are ours too, again in another engine's words.
const GENERATORS = new Set([
  'src/kit/record_sql.c', 'src/kit/record_merge_sql.c', 'src/db/dialect.c',
]);

// The options of a datalist: a fragment of one tag, each value through html_text.
const FRAGMENTS = new Set(['src/kit/code.c: <option value=\\"', 'src/kit/code.c: \\"></option>']);

const ONE = /"((?:[^"\\\n]|\\[\s\S])*)"/g;
const joined = (literals) => [...literals.matchAll(ONE)].map((m) => m[1]).join('');

// Every literal with the call or initialiser it stands in, roughly: the code before it back to
// the last ; { or }.
function* literals(text) {
  const plain = withoutComments(text);
  const code = codeOnly(text);
  for (const m of plain.matchAll(LITERAL)) {
    const before = code.slice(0, m.index);
    const start = Math.max(...[';', '{', '}'].map((c) => before.lastIndexOf(c))) + 1;
    yield { index: m.index, value: joined(m[0]), before: before.slice(start) };
  }
}

let statements = 0;
const files = cFiles('src');
for (const { path, text } of files) {
  const at = (index) => `${path}:${lineAt(text, index)}`;
  const upper = /^src\/(?:kit|mod|app|cmd|main)/.test(path);
  for (const { index, value, before } of literals(text)) {
    const printed = /\b\w*printf\s*\([^;]*$/.test(before);
    if (SQL_START.test(value) && SQL.test(value)) {
      statements += 1;
    }
    if (GENERATORS.has(path)) {
      continue;
    }
    if (printed && SQL.test(value)) {
      problem(at(index), 'SQL in a printf format; bind parameters instead');
    } else if (upper && !isConstant(before) && SQL_START.test(value) && SQL.test(value)) {
      problem(at(index), 'SQL in a call; it belongs in a constant statement');
    }
    if (upper && HTML.test(value) && !FRAGMENTS.has(`${path}: ${value}`)) {
      problem(at(index), 'HTML outside the templates');
    }
  }
  const code = codeOnly(text);
  for (const m of code.matchAll(/\.sql(?:_\w+)?\s*=\s*([^\s=])/g)) {
    // A literal, a macro of literals, NULL; never a call or a variable.
    if (upper && !GENERATORS.has(path) && !/["A-Z]/.test(m[1])) {
      problem(at(m.index), 'a statement’s text is computed');
    }
  }
  if (!path.startsWith('src/db/')) {
    for (const m of code.matchAll(/\b(?:sqlite3|PQ)_?[a-z]\w*\s*\(/g)) {
      problem(at(m.index), `${m[0].slice(0, -1).trim()} is called outside src/db`);
    }
  }
  for (const m of code.matchAll(UNBOUNDED)) {
    problem(at(m.index), `${m[1]} has no bound or starts a shell`);
  }
}
finish(`${files.length} files, ${statements} statements, none computed or printed`);
