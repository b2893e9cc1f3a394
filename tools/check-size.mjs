// SPDX-License-Identifier: Apache-2.0
// Refuses functions of more than 80 lines, files of 1,000 lines and more, and files without
// licence line; prints the median and the longest function.
//
//   node tools/check-size.mjs [ROOT]
import { cFiles, codeOnly, finish, lineAt, problem } from './sources.mjs';

const FUNCTION_MOST = 80;
const FILE_LESS = 1000;
// A test file is one long table of cases more often than not.
const TEST_FILE_LESS = 1500;

// Functions as .clang-format lays them out: the name in column 0, its body's braces too.
// Yields { name, line, lines } with lines counted from the name to the closing brace.
export function* functions(text) {
  const code = codeOnly(text);
  for (const m of code.matchAll(/^([A-Za-z_]\w*)\([^;{}]*?\)\s*\n\{[\s\S]*?^\}/gm)) {
    yield { name: m[1], line: lineAt(code, m.index), lines: m[0].split('\n').length };
  }
}

const lengths = [];
const files = cFiles('src', 'tests', 'bench');
for (const { path, text } of files) {
  const lines = text.split('\n').length - 1;
  if (lines >= (path.startsWith('tests/') ? TEST_FILE_LESS : FILE_LESS)) {
    problem(path, `${lines} lines; split it by what it is about`);
  }
  if (!text.startsWith('// SPDX-License-Identifier: Apache-2.0\n')) {
    problem(path, 'does not begin with its SPDX line');
  }
  for (const f of functions(text)) {
    if (path.startsWith('src/')) lengths.push(f.lines);
    if (f.lines > FUNCTION_MOST) {
      problem(`${path}:${f.line}`, `${f.name} has ${f.lines} lines, ${FUNCTION_MOST} are the most`);
    }
  }
}
lengths.sort((a, b) => a - b);
const at = (share) => lengths[Math.floor((lengths.length - 1) * share)];
finish(`${files.length} files, ${lengths.length} functions in src: median ${at(0.5)} lines, `
  + `p90 ${at(0.9)}, longest ${at(1)}`);
