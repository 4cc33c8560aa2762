/**
 * A process's own memory, made ready for many forks. Perl has no counterpart: its memory is small and lies together.
 *
 * A fork counts each page up for the child, and the child's end counts it down again; each piece that lies apart from the
 * others takes page tables of its own, up to three. V8 puts every quarter of a megabyte of its heap at a place taken at random
 * from all of the address space. {@link gather} has it put one beside the other, and {@link enlarge} asks the
 * kernel to keep what is there in large pages, which it counts once.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { C, libc } from '../libc.ts';
import { LEFT, room } from './MemInfo.ts';

const LARGE = 2 ** 21; // where a large page has another size, it is one of 32 MB or more, too much for what is here
const ROOM = 2 ** 36; // more than any heap, and so little of the whole that V8's guesses fall outside

/** A mapping: an entry of /proc/self/smaps. */
interface Mapping {
  from: number;
  to: number;
  access: string;
  name: string;
  /** Bytes of it that are in memory. */
  present: number;
  /** Whether it does not count as memory that may be wanted: V8's heap is mapped so. */
  noreserve: boolean;
}

/** @throws Error where there is no /proc */
function mappings(): Mapping[] {
  return readFileSync('/proc/self/smaps', 'latin1').split(/^(?=[0-9a-f]+-)/m).flatMap((entry) => {
    const [, from = '', to = '', access = '', name = ''] = /^(\w+)-(\w+) (\S+) \S+ \S+ \S+ *(.*)$/m.exec(entry) ?? [];
    const present = 1024 * Number(/^Rss: *(\d+) kB$/m.exec(entry)?.[1]);
    const noreserve = (/^VmFlags:.*$/m.exec(entry)?.[0] ?? '').includes(' nr ');
    return { from: Number.parseInt(from, 16), to: Number.parseInt(to, 16), access, name, present, noreserve };
  });
}

/** Maps what lies between two addresses, if nothing is mapped there. @returns whether it has */
function take(from: number, to: number, access: number, flag: number): boolean {
  const { mmap, munmap } = libc();
  const flags = C.MAP_PRIVATE | C.MAP_ANONYMOUS | C.MAP_FIXED_NOREPLACE | flag;
  const got = mmap(from, to - from, access, flags, -1, 0);
  if (got !== -1 && got !== from) munmap(got, to - from); // before Linux 4.17, which takes the address for a wish
  return got === from;
}

/**
 * Takes the address space, but for some room below the libraries, where the kernel puts what has no place of its own. No
 * memory is used up by that, and whoever asks for some meanwhile gets it, from that room.
 *
 * @returns what gives it back
 * @throws Error where there is no /proc
 */
export function gather(): () => void {
  const all = mappings();
  let low = all.findLastIndex(({ name }) => /\/(?:libc|ld)[.-]/.test(name)); // musl's libc is its linker
  while (low > 0 && (all[low]?.from ?? 0) - (all[low - 1]?.to ?? 0) < ROOM) low--;
  const edge = all[low]?.from ?? 0;
  const top = edge - edge % LARGE; // so that the first piece ends where a large page does
  const fences: [from: number, length: number][] = [];
  const fence = (from: number, to: number): void => {
    if (to > from && take(from, to, C.PROT_NONE, C.MAP_NORESERVE)) fences.push([from, to - from]);
  };
  let at = 2 ** 32; // what is below is the program's and malloc's
  for (const { from, to, name } of all.slice(0, Math.max(low, 0))) {
    fence(at, from);
    at = Math.max(at, name === '[heap]' ? to + 2 ** 30 : to); // malloc's grows
  }
  fence(at, top - ROOM);
  fence(top, edge);
  return () => { for (const [from, length] of fences.splice(0)) libc().munmap(from, length); };
}

/**
 * Has the kernel put together in large pages what this process has written, at the addresses where it is. Where one would be
 * less than half full it is left; where memory is short, or the kernel cannot (it is older than 6.1, or has none free, or the
 * memory of this process is limited), all stays as it was.
 *
 * @throws Error where there are no large pages, or no /proc
 */
export function enlarge(): void {
  if (room() < LEFT) return;
  const thp = '/sys/kernel/mm/transparent_hugepage';
  if (readFileSync(`${thp}/enabled`, 'latin1').includes('[never]')) return;
  if (Number(readFileSync(`${thp}/hpage_pmd_size`, 'latin1')) !== LARGE) return;
  for (const { from, to, access, name, present, noreserve } of mappings()) {
    if (access !== 'rw-p' || !['', '[heap]'].includes(name) || 2 * present < Math.max(to - from, LARGE)) continue;
    // Up to where a large page begins or ends it is filled, and the kernel makes one mapping of both. malloc's goes on at its
    // end.
    const fill = (a: number, b: number): boolean => b <= a
      || take(a, b, C.PROT_READ | C.PROT_WRITE, noreserve ? C.MAP_NORESERVE : 0);
    const [start, end] = [Math.round(from / LARGE) * LARGE, Math.floor(to / LARGE) * LARGE];
    fill(start, from);
    const last = name === '' && to - end >= LARGE / 2 && fill(to, end + LARGE) ? end + LARGE : end;
    for (let at = start; at < last; at += LARGE) libc().madvise(at, LARGE, C.MADV_COLLAPSE);
  }
}
