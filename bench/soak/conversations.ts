/**
 * Conversations, while the daemon is relaunched and its children are killed.
 */
import { randomInt } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import type { Daemon } from '../../tools/common/daemon.ts';
import { children, descriptors, pause, send, status, until } from '../../tools/common/processes.ts';
import { quantile } from '../../tools/common/statistics.ts';
import { progress } from '../../tools/common/terminal.ts';
import { WHOLE } from '../conversation.ts';
import { daemon, ended_by_signal, in_words, type Part, POLITE, spread, type Talk, talk } from './common.ts';
import type { Settings } from './settings.ts';

/** The client's port at the other end of a child's conversation; undefined while it has none. */
function client_of(child: number): number | undefined {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${child}/fd/0`))?.[1] ?? 'none';
    const row = readFileSync('/proc/net/tcp', 'latin1').split('\n').map((line) => line.trim().split(/\s+/))
      .find((fields) => fields[9] === inode);
    return parseInt(row?.[2]?.split(':')[1] ?? '', 16) || undefined;
  } catch {
    return undefined; // it has just ended
  }
}

/** How often each end of a conversation was seen. */
interface Ends {
  'complete': number;
  'cut by HUP': number;
  'cut by KILL': number;
  'refused politely': number;
  'connect refused': number;
  'lost': number;
}

/** What was done to the daemon beside the conversations. */
interface Disturbances {
  /** When HUP was sent, and when the relaunched daemon had its pid file. */
  hups: { sent: number; done: number }[];
  /** The port of each client whose child was killed, and when. */
  killed: Map<number, number>;
  kills: number;
}

/** How a conversation has ended: `lost` where nothing that was done to the daemon explains it. */
function end_of(one: Talk, { hups, killed }: Disturbances): keyof Ends {
  if (WHOLE.test(one.text)) return 'complete';
  if (POLITE.test(one.text)) return 'refused politely';
  if (one.port === 0) return 'connect refused';
  if ((killed.get(one.port) ?? 0) > one.begun) return 'cut by KILL';
  const greeted = one.begun + (one.waits[0] ?? 0); // by the old daemon, if the next one has not been there yet
  if (hups.some(({ sent, done }) => greeted < done && one.ended > sent)) return 'cut by HUP';
  return 'lost';
}

/** Relaunches the daemon, and waits until it has another pid. */
async function relaunch({ pid, log }: Daemon, { hups }: Disturbances): Promise<void> {
  const old = await until('a daemon', pid);
  const one = { sent: performance.now(), done: Infinity };
  hups.push(one);
  send(old, 'SIGHUP');
  await until('the relaunch', () => pid() > 0 && pid() !== old)
    .catch((error: unknown) => { throw new Error(`${String(error)}; the log ends in:\n${log().slice(-20).join('\n')}`); });
  // What the old daemon's clients were sent is taken in first, however late this process comes to it.
  for (let turns = 0; turns < 2; turns++) await new Promise((resume) => { setImmediate(resume); });
  one.done = performance.now();
}

/** Kills a random child that has a client. */
function kill_a_child({ pid }: Daemon, disturbances: Disturbances): void {
  const talking = children(pid());
  const child = talking.length > 0 ? talking[randomInt(talking.length)] : undefined;
  const client = child === undefined ? undefined : client_of(child);
  if (child === undefined || client === undefined || !send(child, 'SIGKILL')) return;
  disturbances.killed.set(client, performance.now());
  disturbances.kills++;
}

/** The daemon at one moment: conversations done until then, descriptors, resident memory in KB. */
interface Sample {
  done: number;
  fds: number;
  rss: number;
}

/** Looks at the daemon now and then. */
class Watch {
  readonly samples: Sample[] = [];
  /** The children that have stayed zombies for more than two seconds, while the daemon slept. */
  readonly zombies = new Set<number>();
  /** The children that are zombies now, and since when. */
  readonly #dead = new Map<number, number>();

  look(daemon: number, done: number): void {
    try {
      const now = children(daemon).filter((child) => readFileSync(`/proc/${child}/stat`, 'latin1').includes(') Z '));
      for (const child of this.#dead.keys()) if (!now.includes(child)) this.#dead.delete(child);
      for (const child of now) {
        const since = this.#dead.get(child) ?? performance.now();
        this.#dead.set(child, since);
        if (performance.now() - since > 2000 && status(daemon, 'State').startsWith('S')) this.zombies.add(child);
      }
      this.samples.push({ done, fds: descriptors(daemon).length, rss: parseInt(status(daemon, 'VmRSS')) });
    } catch {
      // a process has ended while we looked
    }
  }

  /** The median of a figure in each tenth of the conversations but the first, which warms up, as far as it was seen. */
  tenths(what: 'fds' | 'rss', done: number): number[] {
    const tenth = ({ done: then }: Sample): number => Math.min(9, Math.floor(10 * then / done));
    return Array.from({ length: 9 }, (_, n) =>
      quantile(this.samples.filter((sample) => tenth(sample) === n + 1).map((sample) => sample[what]), 0.5))
      .filter((median) => !Number.isNaN(median));
  }
}

/** Conversations, relaunches and kills. Every conversation is complete, or we have ended it. */
export async function conversations({ conversations, clients, hup, kill, minutes }: Settings): Promise<Part> {
  const room = String(2 * clients);
  const server = await daemon({ ELIZA_CONVERSATIONS: room, ELIZA_PER_ADDRESS: room });
  const { port, pid, log } = server;
  const ends = { 'complete': 0, 'cut by HUP': 0, 'cut by KILL': 0, 'refused politely': 0, 'connect refused': 0, 'lost': 0 };
  const disturbances: Disturbances = { hups: [], killed: new Map(), kills: 0 };
  const watch = new Watch();
  const greetings: number[] = [];
  let [begun, done] = [0, 0];

  const from = performance.now();
  const over = (): boolean => done >= conversations || performance.now() > from + 60_000 * minutes;
  const client = async (): Promise<void> => {
    while (!over() && begun++ < conversations) {
      const one = await talk(port, Math.random() < 0.05 ? 500 : 0); // some are thinking when a signal comes
      const end = end_of(one, disturbances);
      if (end === 'lost' && ends.lost < 5) console.error(JSON.stringify(one));
      ends[end]++;
      disturbances.killed.delete(one.port);
      greetings.push(...one.waits.slice(0, 1));
      done++;
      progress(`conversations: ${done} of ${conversations}, ${disturbances.hups.length} HUPs`);
    }
  };
  const every = async (seconds: number, action: () => void | Promise<void>): Promise<void> => {
    while (seconds > 0 && !over()) {
      await action();
      await pause(1000 * seconds);
    }
  };
  await Promise.all([
    ...Array.from({ length: clients }, client), every(hup, () => relaunch(server, disturbances)),
    every(kill, () => { kill_a_child(server, disturbances); }), every(0.25, () => { watch.look(pid(), done); }),
  ]);
  const seconds = (performance.now() - from) / 1000;
  await until('the last child to be reaped', () => children(pid()).length === 0).catch(() => undefined);
  children(pid()).forEach((child) => watch.zombies.add(child));
  const volume = `${done} at ${clients} clients, ${(done / seconds).toFixed(0)} a second`;
  return account({ volume, seconds, done, ends, disturbances, watch, greetings, signals: ended_by_signal(log()) });
}

/** What {@link conversations} has seen. */
interface Seen {
  /** How many conversations, in words. */
  volume: string;
  seconds: number;
  done: number;
  ends: Ends;
  disturbances: Disturbances;
  watch: Watch;
  greetings: number[];
  signals: Record<string, number>;
}

/** The table and the promises of {@link conversations}. */
function account({ volume, seconds, done, ends, disturbances: { hups, kills }, watch, greetings, signals }: Seen): Part {
  const { 9: by_kill = 0, ...others } = signals;
  const [fds, rss] = [watch.tenths('fds', done), watch.tenths('rss', done)];
  // What is lost with each conversation is more in the end than ever in the first half, in which a busy machine may raise it.
  // A run in which not every tenth was seen is too short to tell.
  const flat = (values: number[], more: number): boolean =>
    values.length < 9 || (values.at(-1) ?? 0) <= more * Math.max(...values.slice(0, values.length / 2));
  return {
    rows: {
      'conversations': volume,
      'seconds': seconds.toFixed(0),
      'HUPs, KILLs': `${hups.length}, ${kills}`,
      ...ends,
      'HUP until the new daemon serves': spread(hups.map(({ sent, done }) => done - sent), 'ms'),
      'connect until the prompt': spread(greetings, 'ms'),
      'children that the log says were killed': by_kill,
      'children that died of another signal': in_words(others),
      'zombies': watch.zombies.size,
      'descriptors of the daemon, at 10 % … 100 %': fds.join(' ') || 'not seen',
      'RSS of the daemon in MB, at 10 % … 100 %': rss.map((kb) => (kb / 1024).toFixed(1)).join(' ') || 'not seen',
    },
    promises: {
      'every conversation is complete, or we have ended it': ends.lost === 0,
      'no connect is refused': ends['connect refused'] === 0,
      'no client is turned away': ends['refused politely'] === 0,
      'no child dies of itself': Object.keys(others).length === 0 && by_kill <= kills,
      'no zombie': watch.zombies.size === 0,
      'descriptors stay flat': flat(fds, 1),
      'RSS stays flat': flat(rss, 1.1),
    },
  };
}
