/**
 * The tests' syslogd: binds a datagram socket at the path given and copies each datagram to STDOUT, then NUL newline.
 *
 * @module
 */
import { chmodSync, readSync, renameSync, writeSync } from 'node:fs';
import { libc, sockaddr_un } from '../perl/libc.ts';

const path = process.argv[2] ?? '/dev/log';
const early = `${path}.early`; // the name appears when the socket is ready, not before
const [AF_UNIX, SOCK_DGRAM] = [1, 2];
const address = sockaddr_un(early);
const fd = libc().socket(AF_UNIX, SOCK_DGRAM, 0);
if (libc().bind(fd, address, address.length) !== 0) throw new Error(`cannot bind ${path}`);
chmodSync(early, 0o666);
renameSync(early, path);

const datagram = Buffer.alloc(65536);
for (;;) {
  const length = readSync(fd, datagram);
  writeSync(1, Buffer.concat([datagram.subarray(0, length), Buffer.from('\0\n')]));
}
