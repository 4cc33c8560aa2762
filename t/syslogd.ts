/**
 * The tests' syslogd: binds a datagram socket at the path given and copies each datagram to STDOUT, then NUL newline.
 *
 * TERM ends it as if nothing could be lost by a restart: it takes no more, removes the socket's name, and copies what it
 * has got until then.
 *
 * @module
 */
import { chmodSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { C, libc, readable, sockaddr_un } from '../perl/libc.ts';

const path = process.argv[2] ?? '/dev/log';
const early = `${path}.early`; // the name appears when the socket is ready, not before
const SHUT_RD = 0;
const address = sockaddr_un(early);
const fd = libc().socket(C.AF_UNIX, C.SOCK_DGRAM | C.SOCK_NONBLOCK, 0);
if (libc().bind(fd, address, address.length) !== 0) throw new Error(`cannot bind ${path}`);

const datagram = Buffer.alloc(65536);
/** Copies what has come. */
function copy(): void {
  try {
    for (;;) writeSync(1, Buffer.concat([datagram.subarray(0, readSync(fd, datagram)), Buffer.from('\0\n')]));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
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
