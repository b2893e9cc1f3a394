// SPDX-License-Identifier: Apache-2.0
// A check that never refuses proves nothing. Gives each source check small trees it must refuse,
// and one it must accept.
//
//   node tools/check-selftest.mjs
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const SPDX = '// SPDX-License-Identifier: Apache-2.0\n';
const GOOD = {
  'src/base/a.h': '#pragma once\n',
  'src/base/a.c': '#include "base/a.h"\n\nint\na(void)\n{\n    return 0;\n}\n',
  'src/kit/k.h': '#include "base/a.h"\n',
  'src/mod/x/x.h': '#include "kit/k.h"\n',
  'src/mod/x/x_private.h': '',
  'src/mod/y/y.h': '',
  'src/mod/y/y_store.c': '#include "mod/x/x.h"\nconst char *s = "SELECT 1 FROM t WHERE a = $1";\n',
  'src/mod/rules.c': '#include "mod/x/x.h"\n',
  'src/main.c': '',
  'tests/t.c': '// "SELECT %s"\n',
  'bench/b.c': '',
};
const lines = (n) => 'x();\n'.repeat(n);
// [check, what it must say, files added to the good tree]
const CASES = [
  ['layers', /base must not use kit/, { 'src/base/b.c': '#include "kit/k.h"\n' }],
  ['layers', /kit must not use mod\/x/, { 'src/kit/b.c': '#include "mod/x/x.h"\n' }],
  ['layers', /db must not use http/, { 'src/db/b.c': '#include "http/h.h"\n', 'src/http/h.h': '' }],
  ['layers', /mod\/x must not use app/, { 'src/mod/x/b.c': '#include "app.h"\n', 'src/app.h': '' }],
  ['layers', /x_private.h is private/, { 'src/mod/y/b.c': '#include "mod/x/x_private.h"\n' }],
  ['layers', /cycle: mod\/x → mod\/y → mod\/x/, { 'src/mod/x/b.c': '#include "mod/y/y.h"\n' }],
  ['layers', /before its own header/, { 'src/kit/k.c': '#include "base/a.h"\n#include "kit/k.h"\n' }],
  ['layers', /not in src/, { 'src/kit/b.c': '#include "kit/gone.h"\n' }],
  ['size', /f has 84 lines/, { 'src/base/b.c': `int\nf(void)\n{\n${lines(81)}}\n` }],
  ['size', /1001 lines/, { 'src/base/b.c': lines(1000) }],
  ['size', /SPDX/, { 'src/base/b.c': null }],
  ['sql', /SQL in a printf/, { 'src/mod/x/x_store.c': 'f(buf_printf(b, "SELECT a FROM %s", t));\n' }],
  ['sql', /SQL in a printf/, { 'src/base/b.c': 'snprintf(b, n, "DELETE"\n   " FROM t");\n' }],
  ['sql', /SQL in a call/, { 'src/mod/x/x.c': 'run(tx, "SELECT a FROM t");\n' }],
  ['sql', /text is computed/, { 'src/mod/x/x_store.c': 'struct s s = {.sql = make(x)};\n' }],
  ['sql', /HTML outside/, { 'src/kit/b.c': 'puts("<p class=a>");\n' }],
  ['sql', /outside src\/db/, { 'src/kit/b.c': 'sqlite3_exec(h, s, 0, 0, 0);\n' }],
  ['sql', /no bound/, { 'src/base/b.c': 'strcat(a, b);\n' }],
];

function run(check, added) {
  const tree = mkdtempSync(join(tmpdir(), 'huiqiao-check-'));
  for (const [path, text] of Object.entries({ ...GOOD, ...added })) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text === null ? 'no licence\n' : SPDX + text);
  }
  const r = spawnSync(process.execPath, [join(here, `check-${check}.mjs`), tree], { encoding: 'utf8' });
  rmSync(tree, { recursive: true });
  return { status: r.status, text: r.stdout + r.stderr };
}

let wrong = 0;
const expect = (ok, what, text) => {
  if (!ok) {
    wrong += 1;
    console.log(`${what}\n${text.replace(/^/gm, '    ')}`);
  }
};
for (const check of ['layers', 'size', 'sql']) {
  const r = run(check, {});
  expect(r.status === 0, `${check} refuses a good tree:`, r.text);
}
for (const [check, says, added] of CASES) {
  const r = run(check, added);
  expect(r.status === 1 && says.test(r.text), `${check} does not say ${says}:`, r.text);
}
console.log(`${CASES.length} bad trees and a good one, ${wrong} judged wrongly`);
process.exit(wrong > 0 ? 1 : 0);
