// SPDX-License-Identifier: Apache-2.0
// Directs the preloaded disk (preload.c) of one program: a page of words of 64 bits that both
// have mapped, in the order of struct control in disk.h.
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const WORDS = ['cut_at', 'cut_db_at', 'cut_end', 'seed', 'how', 'error', 'fails', 'spare', 'alloc_at', 'alloc_run',
  'operations', 'database_writes', 'syncs', 'failed', 'allocations', 'alloc_failed', 'sectors_lost', 'sectors_kept', 'names_lost', 'cut'];
export const HOW = { all: 0, sectors: 1, pages: 2, tail: 3, none: 4, seeded: -1 };
export const FAIL = { write: 1, sync: 2, make: 4, hidden: 8 };
export const ERROR = { EIO: 5, ENOSPC: 28 };

const shim = process.argv[3] ?? 'build/tests/faults/faults_disk.so';

export class Disk {
  // All files below `root` are on this disk.
  constructor(root) {
    this.root = root;
    this.path = join(root, '.faults');
    this.fd = openSync(this.path, 'w+', 0o600);
    this.clear();
  }

  // For a program that is started now: no orders, all counts 0.
  clear(orders = {}) {
    writeSync(this.fd, Buffer.alloc(4096), 0, 4096, 0);
    this.set({ how: HOW.seeded, ...orders });
  }

  env(synchronous) {
    return { LD_PRELOAD: shim, FAULTS_CONTROL: this.path, FAULTS_ROOT: this.root, ...(synchronous ? { FAULTS_SYNCHRONOUS: synchronous } : {}) };
  }

  set(orders) {
    for (const [name, value] of Object.entries(orders)) {
      const word = Buffer.alloc(8);
      word.writeBigInt64LE(BigInt(value));
      if (!WORDS.includes(name)) throw new Error(name);
      writeSync(this.fd, word, 0, 8, 8 * WORDS.indexOf(name));
    }
  }

  get(name) {
    const word = Buffer.alloc(8);
    readSync(this.fd, word, 0, 8, 8 * WORDS.indexOf(name));
    return Number(word.readBigInt64LE());
  }

  close() {
    closeSync(this.fd);
  }
}

// mulberry32: the same numbers for the same seed.
export function draws(seed) {
  let s = seed >>> 0;
  return (below) => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), s | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
