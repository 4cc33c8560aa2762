/**
 * The tests' syslogd: binds a datagram socket at the path given and copies each datagram to STDOUT, then NUL newline.
 *
 * TERM ends it as if nothing could be lost by a restart: it takes no more, removes the socket's name, and copies what it
 * has got until then.
 *
 * @module
 */
import { chmodSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { C, libc, pollfd, readable, sockaddr_un } from '../perl/libc.ts';

const path = process.argv[2] ?? '/dev/log';
const early = `${path}.early`; // the name appears when the socket is ready, not before
const SHUT_RD = 0;
const address = sockaddr_un(early);
const fd = libc().socket(C.AF_UNIX, C.SOCK_DGRAM | C.SOCK_NONBLOCK, 0);
if (libc().bind(fd, address, address.length) !== 0) throw new Error(`cannot bind ${path}`);

/** Does something with a descriptor that does not block. @returns its result; undefined where it would have blocked */
function unless_it_blocks(action: () => number): number | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    return undefined;
  }
}

const room = pollfd(1, C.POLLOUT);
/** Writes to STDOUT, which does not block where node-tap has loaded itself into this process, and waits for room there. */
function put(bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) {
    libc().poll(room, 1, -1);
    done += unless_it_blocks(() => writeSync(1, bytes, done)) ?? 0;
  }
}

const datagram = Buffer.alloc(65536);
/** Copies what has come. */
function copy(): void {
  for (let length; (length = unless_it_blocks(() => readSync(fd, datagram))) !== undefined;) {
    put(Buffer.concat([datagram.subarray(0, length), Buffer.from('\0\n')]));
  }
}

const watch = readable(fd, copy); // without a reference it would end
process.once('SIGTERM', () => {
  libc().shutdown(fd, SHUT_RD); // who sends from here on is told that it has failed
  watch.close();
  rmSync(path);
  copy();
  process.exit();
});
chmodSync(early, 0o666);
renameSync(early, path);
