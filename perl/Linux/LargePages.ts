/**
 * Node's code in large pages, for what forks. Perl has no counterpart: its code is small.
 *
 * A fork copies page tables for a process's data, not for the files it has mapped: for each piece of node's code the
 * child asks the kernel again, some 130 times in a conversation. A large page it has at once. Node's own switch for this,
 * `--use-largepages`, is gone from Node 26.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { C, libc } from '../libc.ts';
import { LEFT, room } from './MemInfo.ts';

const THP = '/sys/kernel/mm/transparent_hugepage';

/**
 * Moves the code of this process's files to large pages, as far as they fill some. Where that fails, or memory is short, all
 * stays as it was: code in its file the kernel can throw away and read again, a copy it must keep.
 */
export function code_to_large_pages(): void {
  try {
    if (readFileSync(`${THP}/enabled`, 'latin1').includes('[never]')) return;
    const size = Number(readFileSync(`${THP}/hpage_pmd_size`, 'latin1'));
    const maps = readFileSync('/proc/self/maps', 'latin1').matchAll(/^(\w+)-(\w+) r-xp .* \//gm);
    const pieces = Array.from(maps, ([, from = '', to = '']) => {
      const start = Math.ceil(Number.parseInt(from, 16) / size) * size;
      return { start, length: Math.floor(Number.parseInt(to, 16) / size) * size - start };
    }).filter(({ length }) => length > 0);
    if (room() < pieces.reduce((sum, { length }) => sum + length, LEFT)) return;
    for (const { start, length } of pieces) move(start, length, size);
  } catch {
    // a kernel without large pages, or a process that may not look: slower, and otherwise the same
  }
}

/** Copies code, and puts the copy in its place. For other threads it is one moment: the kernel holds them back meanwhile. */
function move(start: number, length: number, size: number): void {
  const { mmap, munmap, madvise, memcpy, mprotect, mremap } = libc();
  const room = mmap(0, length + size, C.PROT_READ | C.PROT_WRITE, C.MAP_PRIVATE | C.MAP_ANONYMOUS, -1, 0);
  if (room === -1) return;
  const copy = Math.ceil(room / size) * size;
  const before = in_large_pages();
  const moved = madvise(copy, length, C.MADV_HUGEPAGE) === 0
    && memcpy(copy, start, length) === copy
    // a fragmented memory has only small pages to give, and those would make each fork dearer
    && in_large_pages() - before >= length
    && mprotect(copy, length, C.PROT_READ | C.PROT_EXEC) === 0
    && mremap(copy, length, length, C.MREMAP_MAYMOVE | C.MREMAP_FIXED, start) === start;
  if (moved) {
    munmap(room, copy - room);
    munmap(copy + length, room + size - copy);
  } else {
    munmap(room, length + size);
  }
}

/** @returns how many bytes of this process's memory are in large pages */
function in_large_pages(): number {
  const [, kilobytes] = /^AnonHugePages: *(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'latin1')) ?? [];
  return Number(kilobytes) * 1024;
}
