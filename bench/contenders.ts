/**
 * What is measured: ways to let each telnet client talk to ELIZA in a process of its own.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Cleanup } from '../tools/common/cleanup.ts';
import { folder, home_in } from '../tools/common/daemon.ts';
import { free_port } from '../tools/common/network.ts';
import {
  environment, has_ended, installed, is_root, no_chatbot_eliza, pid_in, root, terminate, until,
} from '../tools/common/processes.ts';

/** A server under way. */
export interface Server {
  /** The process that listens. */
  pid: () => number;
  port: number;
  /** How long its command took, in ms, where it leaves a daemon behind. */
  start: number | undefined;
  /** Ends it. */
  stop: () => Promise<void>;
}

/** One way of doing it. */
export interface Contender {
  name: string;
  /** Why it cannot be measured here, or false. */
  missing: string | false;
  /** Whether it starts a whole interpreter for each client: then few are enough to know what one costs. */
  heavy: boolean;
  /** Whether HUP makes it start again. */
  hup: boolean;
  start: (script?: string) => Promise<Server>;
}

const here = (name: string): string => join(root, 'bench', name);
const doctor = join(root, 'Chatbot', 'doctor.txt');

/** Waits until a server greets. */
export async function greeted(port: number): Promise<void> {
  await until(`a greeting on port ${port}`, () => new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1'); // no Client, whose waits would take milliseconds that are measured here
    socket.once('data', () => {
      socket.end('bye\n');
      resolve(true);
    });
    for (const end of ['close', 'error']) socket.once(end, () => { resolve(false); });
  }));
}

/** A server that stays in the foreground. */
async function attached(port: number, command: string, ...args: string[]): Promise<Server> {
  const child: ChildProcess = spawn(command, args, { stdio: 'ignore', env: environment() });
  const pid = child.pid ?? 0;
  await greeted(port);
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await until(`${command} to end`, () => has_ended(child));
  };
  return { pid: () => pid, port, start: undefined, stop };
}

/** A server that leaves the terminal, and writes its pid into a file. */
async function daemon(
  port: number, at_end: Cleanup, pidfile: string, command: string, args: string[], env = {}, cwd = root,
): Promise<Server> {
  const begin = performance.now();
  const { status, stderr } = spawnSync(command, args, { env: environment(env), cwd, encoding: 'latin1' });
  const start = performance.now() - begin;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: status ${status ?? 'none'}: ${stderr}`);
  const pid = (): number => pid_in(pidfile);
  await until(pidfile, pid);
  await greeted(port);
  const stop = async (): Promise<void> => {
    await terminate(pid());
    await at_end.run();
  };
  return { pid, port, start, stop };
}

const peer_missing = no_chatbot_eliza();

/** Ours: eliza_hup.js, with its limits out of the way and a line in the log for every conversation. */
const ours: Contender = {
  name: 'eliza_hup.ts', missing: false, heavy: false, hup: true,
  async start(script = doctor) {
    const at_end = new Cleanup();
    const [dir, port] = [folder(at_end), await free_port()];
    const pidfile = join(dir, 'eliza_hup.pid');
    const many = '100000';
    return daemon(port, at_end, pidfile, process.execPath, [join(root, 'eliza_hup.js'), String(port)], {
      ELIZA_PIDFILE: pidfile, ELIZA_SCRIPT: script, ...home_in(dir),
      ELIZA_CONVERSATIONS: many, ELIZA_PER_ADDRESS: many, ELIZA_LOG_RATE: many,
    });
  },
};

/** The Perl of our own writing, which does what ours does. */
const peer: Contender = {
  name: 'Perl, Chatbot::Eliza', missing: peer_missing, heavy: false, hup: true,
  async start(script = doctor) {
    const at_end = new Cleanup();
    const [dir, port] = [folder(at_end), await free_port()];
    mkdirSync(join(dir, 'home'));
    copyFileSync(script, join(dir, 'home', 'doctor.txt'));
    const pidfile = join(dir, 'peer.pid');
    return daemon(port, at_end, pidfile, 'perl', [
      here('peer.pl'), String(port), pidfile, join(dir, 'home'), script, join(dir, 'peer.log'),
    ]);
  },
};

/** The reader's own, as it is: its pid file, its user and its folder are those of the listing. */
function readers(dir: string): Contender {
  return {
    name: 'eliza_hup.pl', missing: is_root ? peer_missing : 'only root can start it', heavy: false, hup: true,
    async start() {
      const port = await free_port();
      return daemon(port, new Cleanup(), '/var/run/eliza_hup.pid', 'perl', ['-w', '-T', 'eliza_hup.pl', String(port)], {}, dir);
    },
  };
}

const spawning = (name: string, how: 'spawn' | 'handle'): Contender => ({
  name, missing: false, heavy: true, hup: false,
  async start() {
    const port = await free_port();
    return attached(port, process.execPath, here('spawn.js'), how, String(port));
  },
});

const socat: Contender = {
  name: 'socat, a node per client', heavy: true, hup: false,
  missing: installed('socat') ? false : 'needs socat',
  async start() {
    const port = await free_port();
    const listen = `TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,backlog=20,fork`;
    return attached(port, 'socat', listen, `EXEC:${process.execPath} ${here('terminal.js')}`);
  },
};

const floor: Contender = {
  name: 'floor: Perl that only echoes', missing: installed('perl') ? false : 'needs perl', heavy: false, hup: false,
  async start() {
    const port = await free_port();
    return attached(port, 'perl', here('floor.pl'), String(port));
  },
};

/**
 * @param perl the folder of the reader's eliza_hup.pl, if any
 * @returns all contenders, ours first, the Perl second
 */
export function contenders(perl?: string): [Contender, Contender, ...Contender[]] {
  return [
    ours, peer, ...(perl === undefined ? [] : [readers(perl)]),
    spawning('a new node per client', 'spawn'), spawning('child_process.fork, handle passed', 'handle'), socat,
    floor,
  ];
}
