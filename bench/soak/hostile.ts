/**
 * Hostile clients in a crowd, with the limits as they are by default, and honest ones beside them.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { Client } from '../../tools/common/network.ts';
import { children, descriptors, memory, pause, until } from '../../tools/common/processes.ts';
import { progress } from '../../tools/common/terminal.ts';
import { WHOLE } from '../conversation.ts';
import {
  daemon, ended_by_signal, has_client, honest_talks, in_words, type Part, PATIENCE, spread, type Talk,
} from './common.ts';
import type { Settings } from './settings.ts';

const IAC = 255;

/** What hostile clients do. Each has two seconds, then its socket is destroyed. */
const hostilities: Record<string, (socket: Socket) => void | Promise<void>> = {
  'random bytes': (socket) => { socket.write(randomBytes(20_000)); },
  'a storm of IAC': (socket) => {
    socket.write(Buffer.from(Array.from({ length: 30_000 }, () => [IAC, 251 + randomInt(4), randomInt(256)]).flat()));
    socket.write(Buffer.from([IAC, 250, ...randomBytes(10_000)]));
  },
  'a line of 1 MB': (socket) => { socket.write(`${'i '.repeat(500_000)}\n`); },
  'one byte now and then': async (socket) => {
    for (const byte of 'I remember nothing at all') {
      socket.write(byte);
      await pause(50);
    }
    socket.destroy();
  },
  'talk, then RST': (socket) => { socket.write('I am leaving.\n', () => { socket.resetAndDestroy(); }); },
  'half close': (socket) => { socket.end('I am still'); },
  'connect and leave': (socket) => { socket.destroy(); },
  'talk without listening': (socket) => {
    socket.pause();
    socket.write('my dog\nmemory\n'.repeat(20_000));
  },
};

const soon = (wait: number): boolean => wait < 1000;

/** One hostile client, from an address that is not the honest ones'. */
function annoy(port: number, hostility: (socket: Socket) => void | Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    const timer = setTimeout(() => socket.destroy(), 2000);
    const act = async (): Promise<void> => { await hostility(socket); };
    socket.on('connect', () => { void act(); }).on('data', () => undefined).on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** The most children with a client that were there at once, and the most private memory that one of them had, in KB. */
interface Most {
  talking: number;
  dirty: number;
}

/** Looks at a daemon's children that have a client. */
function look_at_children(daemon: number, most: Most): void {
  const talking = children(daemon).filter(has_client);
  most.talking = Math.max(most.talking, talking.length);
  for (const child of talking) {
    try {
      most.dirty = Math.max(most.dirty, memory(child, 'Private_Dirty'));
    } catch {
      // it has just ended
    }
  }
}

/** The most log lines that have the same second. */
function lines_in_a_second(log: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const line of log) counts.set(line.slice(0, 15), (counts.get(line.slice(0, 15)) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

/** Hostile clients in a crowd, with the limits as they are by default, and honest ones beside them. */
export async function hostile({ hostile, honest, crowd }: Settings): Promise<Part> {
  const { port, pid, log } = await daemon({});
  const daemon_pid = pid();
  await (await Client.greeted(port)).bye();
  const fds = descriptors(daemon_pid).length;
  const kinds = Object.values(hostilities);
  const most: Most = { talking: 0, dirty: 0 };
  let [sent, gone] = [0, 0];
  const over = (): boolean => gone >= hostile;

  const annoy_on = async (): Promise<void> => {
    for (let n; (n = sent++) < hostile; gone++) await annoy(port, kinds[n % kinds.length] ?? (() => undefined));
  };
  const look = async (): Promise<void> => {
    while (!over()) {
      await pause(100);
      look_at_children(daemon_pid, most);
      progress(`hostile: ${gone} of ${hostile}`);
    }
  };
  const from = performance.now();
  const talking = honest_talks(port, honest, over);
  await Promise.all([...Array.from({ length: crowd }, annoy_on), talking, look()]);
  const seconds = (performance.now() - from) / 1000;
  const nothing_left = await until('what is left over to go', () =>
    children(daemon_pid).length === 0 && descriptors(daemon_pid).length <= fds, PATIENCE).catch(() => false);

  const talks = await talking;
  const part = account_of_honest(talks, most, log());
  return {
    rows: {
      'hostile clients': `${hostile}, ${crowd} at once, ${kinds.length} kinds, in ${seconds.toFixed(0)} s`,
      'honest conversations beside them': `${talks.length} by ${honest} clients`,
      ...part.rows,
      'children left over': children(daemon_pid).length,
    },
    promises: { ...part.promises, 'nothing is left over': nothing_left },
  };
}

/** What honest clients and the daemon have noticed of the hostile ones: rows and promises. */
function account_of_honest(talks: readonly Talk[], most: Most, log: string[]): Part {
  const greetings = talks.flatMap(({ waits }) => waits.slice(0, 1));
  const waits = talks.flatMap(({ waits }) => waits.slice(1));
  const complete = talks.filter(({ text }) => WHOLE.test(text)).length;
  const died = ended_by_signal(log);
  return {
    rows: {
      'complete': complete,
      'an honest one waits for the prompt': spread(greetings, 'ms'),
      'and then for each reply': spread(waits, 'ms'),
      'within a second':
        `${greetings.filter(soon).length} of ${greetings.length}, ${waits.filter(soon).length} of ${waits.length}`,
      'conversations at once, at most': most.talking,
      'private dirty memory of a child, at most': `${(most.dirty / 1024).toFixed(1)} MB`,
      'log lines in a second, at most': lines_in_a_second(log),
      'children that died of a signal': in_words(died),
    },
    promises: {
      'every honest conversation is complete': complete === talks.length,
      'the limits hold': most.talking <= 64,
      'no child dies of a signal': Object.keys(died).length === 0,
    },
  };
}
