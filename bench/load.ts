/**
 * The clients of a load, in a process of their own: `node load.js PORT CLIENTS SECONDS`. Each holds one conversation
 * after the other: connect, greeting, two lines and their replies, bye, end.
 *
 * They are plain descriptors under poll(2): a client that costs little leaves the machine to the server.
 */
import { closeSync, readSync, writeSync } from 'node:fs';
import { libc } from '../perl/libc.ts';
import { LINES, WHOLE } from './conversation.ts';

/** What a load has seen; the process prints it as JSON. */
export interface Seen {
  /** Conversations that were complete, as {@link WHOLE} says. */
  complete: number;
  /** Conversations that were not. */
  lost: number;
  /** From the first connect to the last end. */
  seconds: number;
  /** From connect to the prompt after the greeting, in ms, for each conversation. */
  greetings: number[];
}

interface Conversation {
  fd: number;
  start: number;
  text: string;
  said: number;
}

const [POLLIN, EVENTS, SIZE] = [1, 4, 8]; // struct pollfd: int fd, short events, short revents
const DEADLINE = 60_000;

const [port = 0, clients = 1, seconds = 1] = process.argv.slice(2).map(Number);
const seen: Seen = { complete: 0, lost: 0, seconds: 0, greetings: [] };
const buffer = Buffer.alloc(4096);
const address = Buffer.from([2, 0, port >> 8, port & 255, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);

function open(): Conversation {
  const { socket, connect } = libc();
  const start = performance.now();
  const fd = socket(2, 1 | 0o4000, 0); // SOCK_NONBLOCK: one client's connect must not hold up the others
  connect(fd, address, address.length);
  return { fd, start, text: '', said: 0 };
}

/**
 * TCP_QUICKACK, which the kernel forgets after a while. The Perl writes a prompt and a reply one by one, and Nagle's
 * algorithm keeps the second back until the first has been acknowledged: without this 40 ms later, which would be measured
 * as the server's time.
 */
function acknowledge(fd: number): void {
  libc().setsockopt(fd, 6, 12, Int32Array.of(1), 4);
}

/** Reads what has come and answers it; false at the end. */
function turn(one: Conversation): boolean {
  let length = 0;
  try {
    length = readSync(one.fd, buffer);
  } catch {
    // reset: it counts as lost
  }
  acknowledge(one.fd);
  one.text += buffer.toString('latin1', 0, length);
  if (length > 0 && one.text.endsWith('\nyou:\t')) {
    if (one.said === 0) seen.greetings.push(performance.now() - one.start);
    const line = LINES[one.said++];
    if (line !== undefined) writeSync(one.fd, line);
  }
  return length > 0;
}

const start = performance.now();
const end = start + 1000 * seconds;
const open_ones = Array.from({ length: clients }, open);
const pollfds = Buffer.alloc(SIZE * clients);
while (open_ones.length > 0) {
  open_ones.forEach(({ fd }, i) => {
    pollfds.writeInt32LE(fd, SIZE * i);
    pollfds.writeInt32LE(POLLIN, SIZE * i + EVENTS);
  });
  libc().poll(pollfds, open_ones.length, 1000);
  const now = performance.now();
  for (let i = open_ones.length - 1; i >= 0; i--) {
    const one = open_ones[i];
    if (!one) continue;
    const ready = pollfds.readInt16LE(SIZE * i + EVENTS + 2) !== 0;
    if (ready ? turn(one) : now - one.start < DEADLINE) continue;
    closeSync(one.fd);
    if (WHOLE.test(one.text)) seen.complete++;
    else seen.lost++;
    if (now < end && seen.lost < 1000) open_ones[i] = open();
    else open_ones.splice(i, 1);
  }
}
seen.seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify(seen));
