/**
 * Loaded before the program by `npm run trace`: writes down each system call that a line of the mirror files makes.
 *
 * The notes go where `--foreground` logs. A child's line of the log comes there by way of the daemon, so that the child is
 * heard to send it, too, in the order of what else it does. A child that has promised to write to its client alone is not
 * heard any more, but for what it logs.
 *
 * @module
 */
import { writeSync } from 'node:fs';
import { callers } from '../perl/perlfunc.ts';
import { libc, type Libc } from '../perl/libc.ts';

/** A call, as the probe writes it down. */
export interface Call {
  readonly pid: number;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly result: unknown;
  /** The line that made it: a mirror file's name without its ending, and the number in the compiled file. */
  readonly file: string;
  readonly line: number;
}

/** What a note begins with. */
export const NOTE = '\u001e';

const table = libc();
const fd = table.fcntl(2, 1030, 100); // F_DUPFD_CLOEXEC: STDERR itself will be a client's

function note(name: string, args: readonly unknown[], result: unknown): void {
  const frame = callers().find(({ file }) => file === 'eliza_hup.js' || file === 'Daemon.js');
  if (!frame) return;
  const call: Call = { pid: table.getpid(), name, args, result, file: frame.file.replace('.js', ''), line: frame.line };
  try {
    writeSync(fd, `${NOTE}${JSON.stringify(call)}\n`);
  } catch {
    // the child's promise
  }
}

function watch(name: keyof Libc): void {
  const real = table[name] as (...args: unknown[]) => unknown;
  const last = name === '_exit' || name === 'execvp'; // they do not return
  // A call that failed is passed over: to write it down would overwrite errno.
  Object.assign(table, {
    [name]: (...args: unknown[]) => {
      if (last) note(name, args, 0);
      const result = real(...args);
      const [, bytes, size] = args;
      const text = name === 'sendto' && Buffer.isBuffer(bytes) ? [bytes.toString('utf8', 0, Number(size))] : undefined;
      if (!last && result !== -1) note(name, text ?? args.filter((arg) => !ArrayBuffer.isView(arg)), result);
      return result;
    },
  });
}

// The trial run before a relaunch has its STDERR read by the daemon, which expects nothing of ours there.
const trial = process.argv.includes('-c');
for (const name of trial
  ? []
  : ['fork', 'kill', 'waitpid', 'chroot', 'setresuid', 'pthread_sigmask', 'signal', 'accept4', 'dup2', 'close', 'sendto',
      'execvp', '_exit'] as const) watch(name);
