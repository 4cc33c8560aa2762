/**
 * Linux::MemInfo, named after the CPAN module: how much memory there is left to take, in the machine and in each control
 * group around this process.
 *
 * @module
 */
import { readFileSync } from 'node:fs';

/** What must be left: the daemon grows, its children take some, and a HUP has a second program look whether it could start. */
export const LEFT = 64 * 2 ** 20;

/** A kind of control groups: which line of /proc/self/cgroup names the group, where it is, and what its files are called. */
const kinds = [
  { group: /^0::(\/.*)$/m, at: '/sys/fs/cgroup', limit: 'memory.max', used: /^anon (\d+)$/m },
  {
    group: /^\d+:(?:\S+,)?memory(?:,\S+)?:(\/.*)$/m, at: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes',
    used: /^total_rss (\d+)$/m,
  },
];

/** @returns a file's text; '' where there is none */
function text(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/**
 * Looks at what the machine has, and at the limit of each group from this process's up to the outermost that can be seen.
 * Memory that the kernel would give back, since it only holds what is on a disk too, counts as free.
 *
 * @param root where /proc and /sys are: '' but in a test
 * @returns bytes; Infinity where nothing says how many
 */
export function room(root = ''): number {
  const machine = /^MemAvailable: +(\d+) kB$/m.exec(text(`${root}/proc/meminfo`))?.[1];
  const rooms = machine === undefined ? [] : [1024 * Number(machine)];
  const groups = text(`${root}/proc/self/cgroup`);
  for (const { group, at, limit, used } of kinds) {
    const names = group.exec(groups)?.[1]?.split('/').filter(Boolean);
    // In a container the outermost group may be at the top, whatever the name is outside.
    for (let depth = names?.length ?? -1; depth >= 0; depth--) {
      const folder = [`${root}${at}`, ...names?.slice(0, depth) ?? []].join('/');
      const most = Number(text(`${folder}/${limit}`).trim() || 'max'); // NaN: none
      const taken = Number(used.exec(text(`${folder}/memory.stat`))?.[1] ?? 0);
      if (!Number.isNaN(most)) rooms.push(most - taken);
    }
  }
  return Math.min(...rooms);
}
