/**
 * A soak: the daemon under more than it will meet in a year, and an account of every client.
 *
 *     npm run soak -- --conversations 100000 --clients 32 --hup 2 --kill 1 --idle 500 --hostile 1000
 *
 * Three parts, each left out by a 0: conversations while the daemon is relaunched every --hup seconds and a random child
 * is killed every --kill seconds, for --minutes at most; idle conversations, all at once; hostile clients, a --crowd at
 * once, beside --honest ones. A table goes to STDERR, the same as JSON to STDOUT; the status is 1 when a promise was
 * broken.
 *
 * The listening socket's backlog is 20, as in the Perl: a client who finds it full waits for the kernel to knock again,
 * a second later. That is time, not loss, and counted so.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { children, Client, type Daemon, descriptors, start, status, until } from '../t/harness.ts';

const defaults = {
  conversations: 2000, clients: 32, hup: 2, kill: 1, minutes: 15, idle: 50, hostile: 100, honest: 4, crowd: 16,
};
type Settings = typeof defaults;

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

const LINES = ['I need some help.\n', 'My mother thinks so.\n', 'bye\n'];
const WHOLE = /^(?:Eliza:\t[^\n]+\nyou:\t){3}Eliza:\t[^\n]+\n$/;
const POLITE = /^Eliza:\tI (?:have too many patients just now|am busy), please try again later\.\n$/;

const pause = (ms: number): Promise<void> => new Promise((resume) => setTimeout(resume, ms));

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
const finally_do: (() => unknown)[] = [];

async function daemon(env: Record<string, string>): Promise<Daemon> {
  return start({ teardown: (action: () => unknown) => { finally_do.unshift(action); } }, { env });
}

/** Whose children have ended how, by the daemon's own log: a count for each signal. */
function ended_by_signal(log: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of log) {
    const signal = /Child \d+ ended by signal (\d+)$/.exec(line)?.[1];
    if (signal !== undefined) counts[signal] = (counts[signal] ?? 0) + 1;
  }
  return counts;
}

function quantile(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
}

function spread(values: number[], unit: string): string {
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

/** Conversations, relaunches and kills. Every conversation is complete, or we have ended it. */
async function conversations({ conversations, clients, hup, kill, minutes }: Settings): Promise<Part> {
  const room = String(2 * clients);
  const { port, pid, log } = await daemon({ ELIZA_CONVERSATIONS: room, ELIZA_PER_ADDRESS: room });
  const ends = { 'complete': 0, 'cut by HUP': 0, 'cut by KILL': 0, 'refused politely': 0, 'connect refused': 0, 'lost': 0 };
  const hups: { sent: number; done: number }[] = [];
  const killed = new Map<number, number>(); // a client's port, and when
  const samples: { done: number; fds: number; rss: number }[] = [];
  const greetings: number[] = [];
  let [begun, done, kills] = [0, 0, 0];
  const odd: Talk[] = [];

  const end_of = (one: Talk): keyof typeof ends => {
    if (WHOLE.test(one.text)) return 'complete';
    if (POLITE.test(one.text)) return 'refused politely';
    if (one.port === 0) return 'connect refused';
    if ((killed.get(one.port) ?? 0) > one.begun) return 'cut by KILL';
    if (hups.some(({ sent, done }) => one.begun < done && one.ended > sent && one.ended < done + 100)) return 'cut by HUP';
    odd.push(one);
    return 'lost';
  };
  const from = performance.now();
  const over = (): boolean => done >= conversations || performance.now() > from + 60_000 * minutes;
  const client = async (): Promise<void> => {
    while (!over() && begun++ < conversations) {
      const one = await talk(port, Math.random() < 0.05 ? 500 : 0); // some are thinking when a signal comes
      ends[end_of(one)]++;
      killed.delete(one.port);
      if (one.waits[0] !== undefined) greetings.push(one.waits[0]);
      done++;
    }
  };
  const every = async (seconds: number, action: () => void | Promise<void>): Promise<void> => {
    while (seconds > 0 && !over()) {
      await action();
      await pause(1000 * seconds);
    }
  };
  const relaunch = async (): Promise<void> => {
    const old = pid();
    const one = { sent: performance.now(), done: Infinity };
    hups.push(one);
    process.kill(old, 'SIGHUP');
    await until('the relaunch', () => pid() > 0 && pid() !== old)
      .catch((error: unknown) => { throw new Error(`${String(error)}; the log ends in:\n${log().slice(-20).join('\n')}`); });
    one.done = performance.now();
  };
  const kill_one = (): void => {
    const talking = children(pid());
    const child = talking.length > 0 ? talking[randomInt(talking.length)] : undefined;
    const other = child === undefined ? undefined : client_of(child);
    if (child === undefined || other === undefined) return;
    try {
      process.kill(child, 'SIGKILL');
    } catch {
      return; // it has ended by itself
    }
    killed.set(other, performance.now());
    kills++;
  };
  const dead = new Map<number, number>(); // children that have ended, and when we saw it
  const zombies = new Set<number>(); // those that stay so for seconds
  const sample = (): void => {
    try {
      const daemon = pid();
      const now = children(daemon).filter((child) => readFileSync(`/proc/${child}/stat`, 'latin1').includes(') Z '));
      for (const child of dead.keys()) if (!now.includes(child)) dead.delete(child);
      for (const child of now) {
        if (!dead.has(child)) dead.set(child, performance.now());
        if (performance.now() - (dead.get(child) ?? 0) > 2000) zombies.add(child);
      }
      samples.push({ done, fds: descriptors(daemon).length, rss: parseInt(status(daemon, 'VmRSS')) });
    } catch {
      // a process has ended while we looked
    }
  };

  await Promise.all([
    ...Array.from({ length: clients }, client), every(hup, relaunch), every(kill, kill_one), every(0.25, sample),
  ]);
  const seconds = (performance.now() - from) / 1000;
  await until('the last child to be reaped', () => children(pid()).length === 0).catch(() => undefined);
  children(pid()).forEach((child) => zombies.add(child));

  const tenth = (n: number, what: 'fds' | 'rss'): number => quantile(samples
    .filter((sample) => Math.min(9, Math.floor(10 * sample.done / done)) === n).map((sample) => sample[what]), 0.5);
  const { 9: by_kill = 0, ...others } = ended_by_signal(log());
  const flat = (what: 'fds' | 'rss', more: number): boolean => !(tenth(9, what) > more * tenth(1, what));
  for (const one of odd.slice(0, 5)) console.error(JSON.stringify(one));
  return {
    rows: {
      'conversations': `${done} at ${clients} clients, ${(done / seconds).toFixed(0)} a second`,
      'seconds': seconds.toFixed(0),
      'HUPs, KILLs': `${hups.length}, ${kills}`,
      ...ends,
      'HUP until the new daemon serves': spread(hups.map(({ sent, done }) => done - sent), 'ms'),
      'connect until the prompt': spread(greetings, 'ms'),
      'children that the log says were killed': by_kill,
      'children that died of another signal': Object.entries(others).map((pair) => pair.join(': ')).join(', ') || 0,
      'zombies': zombies.size,
      'descriptors of the daemon, at 10 % … 100 %': Array.from({ length: 9 }, (_, n) => tenth(n + 1, 'fds')).join(' '),
      'RSS of the daemon in MB, at 10 % … 100 %':
        Array.from({ length: 9 }, (_, n) => (tenth(n + 1, 'rss') / 1024).toFixed(1)).join(' '),
    },
    promises: {
      'every conversation is complete, or we have ended it': ends.lost === 0,
      'no connect is refused': ends['connect refused'] === 0,
      'nobody is turned away': ends['refused politely'] === 0,
      'no child dies of itself': Object.keys(others).length === 0 && by_kill <= kills,
      'no zombie': zombies.size === 0,
      'descriptors stay flat': flat('fds', 1),
      'RSS stays flat': flat('rss', 1.1),
    },
  };
}

/** A sum over a process's memory, in kB, from smaps_rollup. */
function memory(pid: number, field: 'Pss' | 'Private_Dirty'): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1]);
}

/** Many conversations at once, all silent; then each is spoken to. */
async function idle({ idle }: Settings): Promise<Part> {
  const { port, pid } = await daemon({ ELIZA_CONVERSATIONS: String(idle), ELIZA_PER_ADDRESS: String(idle) });
  const clients: Client[] = [];
  while (clients.length < idle) clients.push(await Client.greeted(port));
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
    const patience = setTimeout(() => socket.destroy(), 2000);
    const act = async (): Promise<void> => { await hostility(socket); };
    socket.on('connect', () => { void act(); }).on('data', () => undefined).on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(patience);
      resolve();
    });
  });
}

/** Hostile clients in a crowd, with the limits as they are by default, and honest ones beside them. */
async function hostile({ hostile, honest, crowd }: Settings): Promise<Part> {
  const { port, pid, log } = await daemon({});
  const daemon_pid = pid();
  await (await Client.greeted(port)).bye();
  const fds = descriptors(daemon_pid).length;
  const kinds = Object.values(hostilities);
  let [sent, gone, most, largest] = [0, 0, 0, 0];
  const greetings: number[] = [];
  const waits: number[] = [];
  const ends = { complete: 0, other: 0 };

  const nasty = async (): Promise<void> => {
    for (let n; (n = sent++) < hostile;) {
      await annoy(port, kinds[n % kinds.length] ?? (() => undefined));
      gone++;
    }
  };
  const decent = async (): Promise<void> => {
    while (gone < hostile) {
      const one = await talk(port);
      greetings.push(...one.waits.slice(0, 1));
      waits.push(...one.waits.slice(1));
      ends[WHOLE.test(one.text) ? 'complete' : 'other']++;
      if (!WHOLE.test(one.text)) console.error(JSON.stringify(one));
    }
  };
  const look = async (): Promise<void> => {
    while (gone < hostile) {
      await pause(100);
      const talking = children(daemon_pid).filter(has_client);
      most = Math.max(most, talking.length);
      for (const child of talking) {
        try {
          largest = Math.max(largest, memory(child, 'Private_Dirty'));
        } catch {
          // it has just ended
        }
      }
    }
  };
  const from = performance.now();
  await Promise.all([...Array.from({ length: crowd }, nasty), ...Array.from({ length: honest }, decent), look()]);
  const seconds = (performance.now() - from) / 1000;
  await until('the last child to end', () => children(daemon_pid).length === 0).catch(() => undefined);

  const lines = new Map<string, number>();
  for (const line of log()) lines.set(line.slice(0, 15), (lines.get(line.slice(0, 15)) ?? 0) + 1);
  const died = ended_by_signal(log());
  return {
    rows: {
      'hostile clients': `${hostile}, ${crowd} at once, ${kinds.length} kinds, in ${seconds.toFixed(0)} s`,
      'honest conversations beside them': `${ends.complete + ends.other} by ${honest} clients`,
      'complete': ends.complete,
      'an honest one waits for the prompt': spread(greetings, 'ms'),
      'and then for each reply': spread(waits, 'ms'),
      'within a second':
        `${greetings.filter(soon).length} of ${greetings.length}, ${waits.filter(soon).length} of ${waits.length}`,
      'conversations at once, at most': most,
      'private dirty memory of a child, at most': `${(largest / 1024).toFixed(1)} MB`,
      'log lines in a second, at most': Math.max(...lines.values()),
      'children that died of a signal': Object.entries(died).map((pair) => pair.join(': ')).join(', ') || 0,
      'children left over': children(daemon_pid).length,
    },
    promises: {
      'every honest conversation is complete': ends.other === 0,
      'the limits hold': most <= 64,
      'no child dies of a signal': Object.keys(died).length === 0,
      'nothing is left over': children(daemon_pid).length === 0 && descriptors(daemon_pid).length === fds,
    },
  };
}

/** The command line's numbers. */
function settings(): Settings {
  const names = Object.keys(defaults) as (keyof Settings)[];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ options });
  const chosen = { ...defaults };
  for (const name of names) chosen[name] = Number(values[name] ?? defaults[name]);
  return chosen;
}

const chosen = settings();
const results: Record<string, Part> = {};
for (const [name, part] of Object.entries({ conversations, idle, hostile })) {
  if (chosen[name as keyof Settings] === 0) continue;
  const { rows, promises } = results[name] = await part(chosen).finally(async () => {
    for (const action of finally_do.splice(0)) await action();
  });
  console.error(`\n${name}`);
  for (const [what, value] of Object.entries(rows)) console.error(`  ${what.padEnd(44)} ${value}`);
  for (const [what, kept] of Object.entries(promises)) console.error(`  ${kept ? 'kept   ' : 'BROKEN '} ${what}`);
}
console.log(JSON.stringify(results));
process.exitCode = Object.values(results).every(({ promises }) => Object.values(promises).every(Boolean)) ? 0 : 1;
