/**
 * Slow readers: they paste all that they have to say, let the replies pile up until their child must wait for them, and then
 * take these in a little at a time.
 */
import { connect, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { children, memory, until } from '../../tools/common/processes.ts';
import { progress } from '../../tools/common/terminal.ts';
import {
  ALL_LOGGED, all_complete, comes_to_say, daemon, honest_talks, of_the_log, type Part, PATIENCE, room, spread,
} from './common.ts';
import type { Settings } from './settings.ts';

/** How many lines one pastes, and what: the replies say most of it back, and are more than what the kernel keeps for it. */
const PASTED = 150;
const LINE = `I want ${'x'.repeat(3500)}\n`;
/** What it reads at a time, in bytes, and how long it waits between, in ms. */
const [SIP, BETWEEN] = [8192, 5];
/** So many begin at once: the backlog has room for twenty; of a hundred the kernel cuts some off before they are accepted. */
const AT_ONCE = 10;
/** What it hears when nothing is missing. */
const ALL = new RegExp(`^(?:Eliza:\\t[^\\n]+\\nyou:\\t){${PASTED + 1}}Eliza:\\t[^\\n]+\\n$`);

/** A slow reader. */
interface Reader {
  socket: Socket;
  /** All that it has heard at the end of its conversation. */
  heard: Promise<string>;
}

/** Connects, and pastes. Nothing is read before the first `resume()` of its socket. */
function reader(port: number): Reader {
  const texts: string[] = [];
  const buffer = Buffer.alloc(SIP);
  const callback = (length: number): boolean => {
    texts.push(buffer.toString('latin1', 0, length));
    setTimeout(() => socket.resume(), BETWEEN);
    return false; // no more for now
  };
  const socket = connect({ port, host: '127.0.0.1', onread: { buffer, callback } }).pause();
  socket.write(LINE.repeat(PASTED) + 'bye\n');
  const heard = new Promise<string>((resolve) => {
    socket.on('error', (error) => texts.push(String(error))).on('close', () => { resolve(texts.join('')); });
  });
  return { socket, heard };
}

/** @returns whether a child has to wait until its client takes what it writes: it is in write(2) */
function waits(child: number): boolean {
  try {
    return /^(1|64) 0x1 /.test(readFileSync(`/proc/${child}/syscall`, 'latin1'));
  } catch {
    return false; // it has just ended
  }
}

/** The part: slow readers, and honest clients beside them. */
export async function slow({ slow, honest }: Settings): Promise<Part> {
  const { port, pid, log } = await daemon({ ...room(slow + 2 * honest), ...ALL_LOGGED });
  const readers: Reader[] = [];
  while (readers.length < slow) {
    readers.push(reader(port));
    if (readers.length % AT_ONCE > 0) continue;
    await until('a child for each', () => children(pid()).length === readers.length, PATIENCE);
  }
  const waiting = (): number[] => children(pid()).filter(waits);
  const all_wait = await until('each child to wait for its reader', () => {
    progress(`slow: ${waiting().length} of ${slow} have a child that waits for them`);
    return waiting().length === slow;
  }, PATIENCE).catch(() => false);
  const dirty = waiting().map((child) => memory(child, 'Private_Dirty'));
  let [ended, over] = [0, false];
  const talking = honest_talks(port, honest, () => {
    progress(`slow: ${ended} of ${slow} have read all`);
    return over;
  });
  for (const { socket, heard } of readers) {
    void heard.then(() => ended++);
    socket.resume();
  }
  const texts = await Promise.all(readers.map(({ heard }) => heard));
  over = true;
  const talks = await talking;
  const all = slow + talks.length;
  const whole = texts.filter((text) => ALL.test(text)).length;
  return {
    rows: {
      'slow readers': `${slow}, of ${PASTED} lines each`,
      'that heard every reply': whole,
      'honest conversations beside them': `${talks.length} by ${honest} clients`,
      'private dirty memory of a child that waits': spread(dirty, 'kB'),
    },
    promises: {
      'each child waits for its slow reader': all_wait,
      'and each of these hears every reply': whole === slow,
      'every honest conversation is complete': all_complete(talks),
      ...await of_the_log('each conversation has its two lines in the log', () =>
        comes_to_say(log, ({ accepted, finished }) => accepted === all && finished === all)),
    },
  };
}
