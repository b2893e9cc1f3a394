// SPDX-License-Identifier: Apache-2.0
// What the source checks share: the list of C files, a reading of C that knows comments from
// literals from code, and the way to report. Small on purpose: it is no parser.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

// Another root can be given, so that the checks can be tested on trees that must be refused.
export const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..'));

function* walk(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (/\.[ch]$/.test(entry.name)) yield path;
  }
}

// [{ path: 'src/…', text }] of the given folders, sorted by path.
export const cFiles = (...folders) => folders
  .flatMap((f) => [...walk(join(root, f))])
  .sort()
  .map((p) => ({ path: relative(root, p), text: readFileSync(p, 'utf8') }));

const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/g;
const blank = (s) => s.replace(/[^\n]/g, ' ');

// The text with comments and the insides of literals blanked, character for character.
export const codeOnly = (text) => text.replace(TOKEN, (t) =>
  (t[0] === '/' ? blank(t) : t[0] + blank(t.slice(1, -1)) + t[0]));

// The text with comments blanked.
export const withoutComments = (text) => text.replace(TOKEN, (t) => (t[0] === '/' ? blank(t) : t));

export const lineAt = (text, index) => text.slice(0, index).split('\n').length;

const problems = [];
export const problem = (where, what) => problems.push(`${where}: ${what}`);

// Ends the check: problems one a line and exit 1, or the one line that says what was looked at.
export const finish = (summary) => {
  problems.forEach((p) => console.log(p));
  console.log(problems.length > 0 ? `${problems.length} problems` : summary);
  process.exit(problems.length > 0 ? 1 : 0);
};
