/**
 * Proc::Daemon: the fork that makes a daemon. The process that starts it waits until it is ready, and exits with 0 then.
 *
 * @module
 */
import { closeSync, readSync, writeSync } from 'node:fs';
import { fork } from '../fork.ts';
import { C, libc } from '../libc.ts';
import { die } from '../perlfunc.ts';
import { SIG } from '../perlipc.ts';
import { attempt, set_errno } from '../perlvar.ts';

let pipe: [reader: number, writer: number] | undefined;
let handlers: Pick<typeof SIG, 'TERM' | 'INT'> = { TERM: 'DEFAULT', INT: 'DEFAULT' };

/**
 * Forks, with a pipe by which the child says that it is ready. Until then TERM and INT end either process at once: the
 * starter only waits, and would run no handler.
 *
 * @returns as fork
 */
export function fork_daemon(): number | undefined {
  const ends = new Int32Array(2);
  if (set_errno(libc().pipe2(ends, C.O_CLOEXEC)) === 0) {
    pipe = [ends[0] ?? -1, ends[1] ?? -1];
    handlers = { TERM: SIG.TERM, INT: SIG.INT };
    SIG.TERM = SIG.INT = 'DEFAULT';
  }
  return fork();
}

/**
 * In the parent: waits until the daemon is ready.
 *
 * @returns the status to exit with: 0, or 255 when the daemon ended before
 */
export function wait_ready(): number {
  if (!pipe) return 0;
  const [reader, writer] = pipe;
  closeSync(writer);
  return readSync(reader, Buffer.alloc(1)) === 1 ? 0 : 255;
}

/**
 * In the daemon, once: tells the parent.
 *
 * @throws PerlDie when the parent has gone: a signal that ended the command was meant for the daemon
 */
export function ready(): void {
  if (!pipe) return;
  const [reader, writer] = pipe;
  pipe = undefined;
  closeSync(reader); // or the write below would succeed although the parent has gone
  Object.assign(SIG, handlers); // before the parent ends: TERM may come as soon as it has
  if (!attempt(() => { writeSync(writer, '.'); })) die('Ended while it started\n');
  closeSync(writer);
}
