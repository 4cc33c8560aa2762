/**
 * The tests' syslogd: binds a datagram socket at the path given and copies each datagram to STDOUT, then NUL newline.
 *
 * @module
 */
import { chmodSync, readSync, renameSync, writeSync } from 'node:fs';
import { libc } from '../perl/libc.ts';

const path = process.argv[2] ?? '/dev/log';
const early = `${path}.early`; // the name appears when the socket is ready, not before
const [AF_UNIX, SOCK_DGRAM] = [1, 2];
const address = Buffer.alloc(110);
new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_UNIX;
address.write(early, 2);
const fd = libc().socket(AF_UNIX, SOCK_DGRAM, 0);
if (libc().bind(fd, address, 2 + early.length + 1) !== 0) throw new Error(`cannot bind ${path}`);
chmodSync(early, 0o666);
renameSync(early, path);

const datagram = Buffer.alloc(65536);
for (;;) {
  const length = readSync(fd, datagram);
  writeSync(1, Buffer.concat([datagram.subarray(0, length), Buffer.from('\0\n')]));
}
