/**
 * A soak: the daemon under more than it will meet in a year, and an account of every client; `--help` says more.
 *
 * The listening socket's backlog is 20, as in the Perl: a client that finds it full waits until the kernel tries again,
 * a second later. That is time, not loss, and counted so.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { Cleanup, leave_nothing } from '../tools/common/cleanup.ts';
import { command_line } from '../tools/common/command.ts';
import { type Daemon, start } from '../tools/common/daemon.ts';
import { Client } from '../tools/common/network.ts';
import { children, descriptors, memory, pause, send, status, until } from '../tools/common/processes.ts';
import { quantile } from '../tools/common/statistics.ts';
import { progress } from '../tools/common/terminal.ts';
import { LINES, WHOLE } from './conversation.ts';

const defaults = {
  conversations: 2000, clients: 32, hup: 2, kill: 1, minutes: 15, idle: 50, hostile: 100, honest: 4, crowd: 16,
};
type Settings = typeof defaults;

const HELP = `Usage: npm run soak -- [OPTIONS]

Three parts, each left out by a 0. A table goes to STDERR, the same as JSON to STDOUT; the status is 1 when a promise was
broken.

  --conversations N  conversations, while the daemon is relaunched and children are killed
  --clients N        at once
  --hup SECONDS      HUP so often; 0 for never
  --kill SECONDS     and KILL to a random child so often
  --minutes N        for so long at most

  --idle N           conversations at once, all silent; then each is spoken to

  --hostile N        hostile clients
  --crowd N          so many of them at once
  --honest N         beside so many honest ones

  --help             print this and end
  --version          print the version and end

By default: ${Object.entries(defaults).map(([name, value]) => `--${name} ${value}`).join(' ')}.
`;

/** What a part has found: rows for the table, and whether each promise in it was kept. */
interface Part {
  rows: Record<string, string | number>;
  promises: Record<string, boolean>;
}

/** One client's conversation, as seen from outside. */
interface Talk {
  /** The client's own port; 0 while it has none. */
  port: number;
  begun: number;
  ended: number;
  text: string;
  /** From connect to the first prompt, and from each line to the next one, in ms. */
  waits: number[];
  error: string;
}

const POLITE = /^Eliza:\tI (?:have too many patients just now|am busy), please try again later\.\n$/;

/**
 * Holds one conversation, to whatever end.
 *
 * @param port where
 * @param thought how long the client thinks before a line, in ms
 */
function talk(port: number, thought = 0): Promise<Talk> {
  return new Promise((resolve) => {
    const one: Talk = { port: 0, begun: performance.now(), ended: 0, text: '', waits: [], error: '' };
    let said = 0;
    let since = one.begun;
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    socket.on('connect', () => { one.port = socket.localPort ?? 0; });
    socket.on('data', (data) => {
      one.text += String(data);
      if (!one.text.endsWith('\nyou:\t')) return;
      one.waits.push(performance.now() - since);
      const say = (): void => {
        since = performance.now();
        if (socket.writable) socket.write(LINES[said++] ?? 'bye\n');
      };
      if (thought > 0) setTimeout(say, thought);
      else say();
    });
    socket.on('error', (error) => { one.error = 'code' in error ? String(error.code) : error.message; });
    socket.on('close', () => {
      one.ended = performance.now();
      resolve(one);
    });
  });
}

/** What is done at the end of a part: the daemon's end, and the removal of its folder. */
const at_end = new Cleanup();

async function daemon(env: Record<string, string>): Promise<Daemon> {
  return start(at_end, { env });
}

/** How many children have ended by each signal, as the daemon's log has it. */
function ended_by_signal(log: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of log) {
    const signal = /Child \d+ ended by signal (\d+)$/.exec(line)?.[1];
    if (signal !== undefined) counts[signal] = (counts[signal] ?? 0) + 1;
  }
  return counts;
}

/** The counts of {@link ended_by_signal} in words. */
function in_words(counts: Record<string, number>): string | number {
  return Object.entries(counts).map((pair) => pair.join(': ')).join(', ') || 0;
}

function spread(values: number[], unit: string): string {
  if (values.length === 0) return 'none';
  return ([['median', 0.5], ['p95', 0.95], ['p99', 0.99], ['max', 1]] as const)
    .map(([name, q]) => `${name} ${quantile(values, q).toFixed(0)}`).join(', ') + ` ${unit}`;
}

/** @returns whether a child has taken its client's connection for its STDIN */
function has_client(child: number): boolean {
  try {
    return readlinkSync(`/proc/${child}/fd/0`).startsWith('socket:');
  } catch {
    return false; // it has just ended
  }
}

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
  if (hups.some(({ sent, done }) => one.begun < done && one.ended > sent && one.ended < done + 100)) return 'cut by HUP';
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
  /** The children that have stayed zombies for more than two seconds. */
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
        if (performance.now() - since > 2000) this.zombies.add(child);
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
async function conversations({ conversations, clients, hup, kill, minutes }: Settings): Promise<Part> {
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
  const flat = (values: number[], more: number): boolean => (values.at(-1) ?? 0) <= more * (values[0] ?? 0);
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

/** Many conversations at once, all silent; then each is spoken to. */
async function idle({ idle }: Settings): Promise<Part> {
  const { port, pid } = await daemon({ ELIZA_CONVERSATIONS: String(idle), ELIZA_PER_ADDRESS: String(idle) });
  const clients: Client[] = [];
  while (clients.length < idle) {
    clients.push(await Client.greeted(port));
    progress(`idle: ${clients.length} of ${idle} open`);
  }
  const talking = children(pid());
  const pss = talking.map((child) => memory(child, 'Pss'));
  const dirty = talking.map((child) => memory(child, 'Private_Dirty'));
  const answers = await Promise.all(clients.map(async (client) => {
    const before = performance.now();
    await client.say('Are you still there?');
    return performance.now() - before;
  }));
  const said = await Promise.all(clients.map((client) => client.bye()));
  const whole = said.filter((text) => /^(?:Eliza:\t[^\n]+\nyou:\t){2}Eliza:\t[^\n]+\n$/.test(text)).length;
  return {
    rows: {
      'conversations at once': talking.length,
      'that answered when spoken to, all at once': whole,
      'after': spread(answers, 'ms'),
      'a conversation\'s Pss': spread(pss, 'kB'),
      'a conversation\'s private dirty memory': spread(dirty, 'kB'),
      'Pss of daemon and conversations together':
        `${((pss.reduce((a, b) => a + b, 0) + memory(pid(), 'Pss')) / 1024).toFixed(0)} MB`,
    },
    promises: { 'all are open at once': talking.length === idle, 'all answer': whole === idle },
  };
}

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

/** Conversations of honest clients until told to stop. */
async function honest_talks(port: number, over: () => boolean): Promise<Talk[]> {
  const talks: Talk[] = [];
  while (!over()) {
    const one = await talk(port);
    talks.push(one);
    if (!WHOLE.test(one.text)) console.error(JSON.stringify(one));
  }
  return talks;
}

/** Hostile clients in a crowd, with the limits as they are by default, and honest ones beside them. */
async function hostile({ hostile, honest, crowd }: Settings): Promise<Part> {
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
  const talking = Array.from({ length: honest }, () => honest_talks(port, over));
  await Promise.all([...Array.from({ length: crowd }, annoy_on), ...talking, look()]);
  const seconds = (performance.now() - from) / 1000;
  await until('the last child to end', () => children(daemon_pid).length === 0).catch(() => undefined);

  const talks = (await Promise.all(talking)).flat();
  const left = children(daemon_pid).length;
  const part = account_of_honest(talks, most, log());
  return {
    rows: {
      'hostile clients': `${hostile}, ${crowd} at once, ${kinds.length} kinds, in ${seconds.toFixed(0)} s`,
      'honest conversations beside them': `${talks.length} by ${honest} clients`,
      ...part.rows,
      'children left over': left,
    },
    promises: { ...part.promises, 'nothing is left over': left === 0 && descriptors(daemon_pid).length === fds },
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

/** The command line's numbers. */
function settings(): Settings {
  const names = Object.keys(defaults) as (keyof Settings)[];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { number } = command_line({ name: 'soak', help: HELP, options });
  const chosen = { ...defaults };
  const seconds: readonly string[] = ['hup', 'kill', 'minutes'];
  const some: readonly string[] = ['clients', 'crowd']; // without one of these a part would never end
  for (const name of names) {
    chosen[name] = number(name, defaults[name], { from: some.includes(name) ? 1 : 0, whole: !seconds.includes(name) });
  }
  return chosen;
}

const chosen = settings();
leave_nothing();
const results: Record<string, Part> = {};
for (const [name, part] of Object.entries({ conversations, idle, hostile })) {
  if (chosen[name as keyof Settings] === 0) continue;
  const { rows, promises } = results[name] = await part(chosen).finally(() => at_end.run());
  progress();
  console.error(`\n${name}`);
  for (const [what, value] of Object.entries(rows)) console.error(`  ${what.padEnd(44)} ${value}`);
  for (const [what, kept] of Object.entries(promises)) console.error(`  ${kept ? 'kept   ' : 'BROKEN '} ${what}`);
}
console.log(JSON.stringify(results));
process.exitCode = Object.values(results).every(({ promises }) => Object.values(promises).every(Boolean)) ? 0 : 1;
