/**
 * One row of `npm run matrix`, run by the Node that is looked at, on the system that is looked at: the daemon is started,
 * talks, is relaunched and ended, and its tests are run.
 *
 * What it does is told on STDERR; the row goes to STDOUT, as one line of JSON.
 *
 * @module
 */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { LINES, WHOLE } from '../bench/conversation.ts';
import { Cleanup } from './common/cleanup.ts';
import { type Daemon, start } from './common/daemon.ts';
import { Client } from './common/network.ts';
import { root, send, terminate, until } from './common/processes.ts';
import { two_at_a_time } from './matrix-run.ts';

const [CONVERSATIONS, CLIENTS, HUPS] = [500, 8, 5];

/** The daemon's own tests: not the bot's, the documents' or the tools'. An argument says which of them. */
const TESTS = /^(?:[01]\d|2[0-8]|70)-.*\.t\.js$/;
const WANTED = new RegExp(process.argv[2] ?? '');

/** What a row says. */
export interface Row {
  readonly node: string;
  readonly libuv: string;
  readonly machine: string;
  /** `started`, or the reason it gives. */
  readonly start: string;
  /** How many conversations were complete, and how many children died of a signal. */
  readonly complete: number;
  readonly died: number;
  /** After how many HUPs it served again. */
  readonly hups: number;
  /** Whether TERM ended it, and removed its pid file. */
  readonly term: boolean;
  /** How many test files were run, and those that failed, each with what failed in it. */
  readonly tests: number;
  readonly failed: readonly { readonly file: string; readonly what: readonly string[] }[];
}

const told = (text: string): void => { process.stderr.write(`  ${text}\n`); };

/** Holds conversations. @returns how many were complete */
async function talk(port: number): Promise<number> {
  let [begun, complete] = [0, 0];
  const client = async (): Promise<void> => {
    while (begun++ < CONVERSATIONS) {
      try {
        const one = await Client.greeted(port);
        for (const line of LINES.filter((line) => !line.startsWith('bye'))) await one.say(line, '');
        if (WHOLE.test(await one.bye())) complete++;
      } catch {
        // it is counted by what is missing
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return complete;
}

/** Relaunches the daemon, and talks to each that follows. @returns how often that went well */
async function hang_up({ pid, port }: Daemon): Promise<number> {
  for (let done = 0; done < HUPS; done++) {
    try {
      const before = await until('a daemon', pid);
      send(before, 'SIGHUP');
      await until('the relaunch', () => pid() > 0 && pid() !== before);
      await (await Client.greeted(port)).bye();
    } catch {
      return done;
    }
  }
  return HUPS;
}

/** Ends it. @returns whether it went, and its pid file with it */
async function end({ pid }: Daemon): Promise<boolean> {
  const last = pid();
  if (last === 0) return false;
  return terminate(last).then(() => pid() === 0, () => false);
}

type Life = Pick<Row, 'start' | 'complete' | 'died' | 'hups' | 'term'>;

/** A daemon's whole life. */
async function live(): Promise<Life> {
  const at_end = new Cleanup();
  try {
    const daemon = await start(at_end);
    if (daemon.status !== 0) {
      return { start: daemon.stderr.trim() || `status ${String(daemon.status)}`, complete: 0, died: 0, hups: 0, term: false };
    }
    told('started');
    const complete = await talk(daemon.port);
    told(`${complete} of ${CONVERSATIONS} conversations were complete`);
    const hups = await hang_up(daemon);
    told(`${hups} of ${HUPS} HUPs relaunched it`);
    const term = await end(daemon);
    told(`TERM ${term ? 'ended it' : 'did not end it'}`);
    const died = daemon.log().filter((line) => /Child \d+ ended by signal \d+$/.test(line)).length;
    return { start: 'started', complete, died, hups, term };
  } finally {
    await at_end.run();
  }
}

/** Runs a test file. @returns what is not ok in it; undefined where all is */
function test(file: string): Promise<string[] | undefined> {
  const child = spawn(process.execPath, ['--enable-source-maps', join('t', file)], {
    cwd: root, env: { ...process.env, TAP_TIMEOUT: '300' }, stdio: ['ignore', 'pipe', 'ignore'], // seconds; as .taprc has it
  });
  let tap = '';
  child.stdout.setEncoding('utf8').on('data', (data: string) => { tap += data; });
  return new Promise((resolve) => child.once('close', (status) => {
    const what = tap.split('\n').filter((line) => /^\s*not ok/.test(line)).map((line) => line.trim());
    resolve(status === 0 ? undefined : what.length > 0 ? what : [`status ${String(status)}`]);
  }));
}

/** Runs the tests, two files at a time, as `npm test` does. */
async function tests(): Promise<Pick<Row, 'tests' | 'failed'>> {
  const files = readdirSync(join(root, 't')).filter((name) => TESTS.test(name) && WANTED.test(name)).sort();
  const failed: { file: string; what: string[] }[] = [];
  await two_at_a_time(files, async (file) => {
    const what = await test(file);
    told(`${file}: ${what === undefined ? 'ok' : 'not ok'}`);
    what?.forEach(told);
    if (what !== undefined) failed.push({ file, what });
  });
  return { tests: files.length, failed };
}

const pages = spawnSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }).stdout.trim();
const machine = `${process.arch}, Linux ${release()}, pages of ${Number(pages) / 1024} KB`;
const row: Row = { node: process.version, libuv: process.versions.uv, machine, ...await live(), ...await tests() };
process.stdout.write(`${JSON.stringify(row)}\n`);
