// SPDX-License-Identifier: Apache-2.0
// Refuses an include against the direction of the layers, a look into another module's private
// headers, and a cycle between modules; then prints who uses whom.
//
//   node tools/check-layers.mjs [ROOT]
import { basename, dirname } from 'node:path';
import { cFiles, finish, lineAt, problem, withoutComments } from './sources.mjs';

// base ← db, http, view ← kit ← mod ← app ← main. Rooms of one rank do not see each other.
const RANK = { base: 0, db: 1, http: 1, view: 1, kit: 2, mod: 3, app: 4, main: 5 };
// Public headers of modules beside mod/x/x.h, each with its reason.
const ALSO_PUBLIC = new Set([
  'mod/demand/clock.h', // pure rule: supervision and evaluation compute with the same clock
  'mod/demand/demand_view.h', // a demand's badges and times, on the start pages as well
  'mod/demand/demand_pages.h', // the start pages show lists of demands
]);

// "db/sqlite.c" → db; "mod/demand/web.c" → mod/demand; the registries that list all modules
// (app.c, mod/rules.c) and the commands, which know all modules → app; main.c → main.
function room(path) {
  const parts = path.split('/');
  if (parts[0] === 'mod') {
    return parts.length > 2 ? `mod/${parts[1]}` : 'app';
  }
  if (parts.length > 1) {
    return parts[0] === 'cmd' ? 'app' : parts[0];
  }
  return /^app\b/.test(parts[0]) ? 'app' : 'main';
}

const files = cFiles('src');

const layer = (r) => r.split('/')[0];
const isPublic = (header) => {
  const [, module, file] = header.split('/');
  return file === `${module}.h` || ALSO_PUBLIC.has(header);
};

// A .c includes its own header first, or a private header of its room that does so itself: thus
// every header is compiled once with nothing before it.
function leadsWith(header, mine) {
  const own = files.find((f) => f.path === `src/${mine}`);
  const first = files.find((f) => f.path === `src/${header}`);
  return !own || header === mine || dirname(header) === dirname(mine)
    && (first?.text.includes(`#include "${mine}"`) ?? false);
}

const edges = new Map(); // room → Set of rooms
for (const { path, text } of files) {
  const own = path.replace(/^src\//, '');
  const from = room(own);
  if (!(layer(from) in RANK)) {
    problem(path, `src/${layer(from)} is no layer`);
    continue;
  }
  if (!edges.has(from)) edges.set(from, new Set());
  let first = true;
  for (const m of withoutComments(text).matchAll(/^[ \t]*#[ \t]*include[ \t]*"([^"]+)"/gm)) {
    const where = `${path}:${lineAt(text, m.index)}`;
    const header = m[1];
    const to = room(header);
    const mine = own.replace(/\.c$/, '.h');
    if (first && own.endsWith('.c') && !leadsWith(header, mine)) {
      problem(where, `includes ${header} before its own header ${basename(mine)}`);
    }
    first = false;
    if (!files.some((f) => f.path === `src/${header}`)) {
      problem(where, `includes "${header}", which is not in src`);
    } else if (to !== from) {
      edges.get(from).add(to);
      if (RANK[layer(to)] > RANK[layer(from)]
        || (RANK[layer(to)] === RANK[layer(from)] && layer(to) !== 'mod')) {
        problem(where, `${from} must not use ${to} (${header})`);
      } else if (layer(to) === 'mod' && !isPublic(header)) {
        problem(where, `${header} is private to ${to}`);
      }
    }
  }
}

// A cycle, if there is one, as the list of its rooms.
function cycleFrom(start) {
  const walk = (at, trail) => {
    for (const next of edges.get(at) ?? []) {
      if (next === start) return [...trail, start];
      if (!trail.includes(next)) {
        const found = walk(next, [...trail, next]);
        if (found) return found;
      }
    }
    return null;
  };
  return walk(start, [start]);
}

const told = new Set();
for (const r of edges.keys()) {
  const cycle = told.has(r) ? null : cycleFrom(r);
  if (cycle) {
    problem('src', `cycle: ${cycle.join(' → ')}`);
    cycle.forEach((c) => told.add(c));
  }
}

for (const r of [...edges.keys()].sort((a, b) => RANK[layer(a)] - RANK[layer(b)] || a.localeCompare(b))) {
  const uses = [...edges.get(r)].filter((u) => u !== 'base').sort();
  console.log(`${r.padEnd(18)} ${uses.length > 0 ? `→ ${uses.join(', ')}` : ''}`.trimEnd());
}
finish(`${files.length} files, no include against the layers, no cycle`);
