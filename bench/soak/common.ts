/**
 * What every part of the soak has: its daemon, a client that talks as people do, and what the log says of clients.
 */
import { existsSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { Cleanup } from '../../tools/common/cleanup.ts';
import { type Daemon, has_log, type Settings as Start, start } from '../../tools/common/daemon.ts';
import { terminate, until } from '../../tools/common/processes.ts';
import { quantile } from '../../tools/common/statistics.ts';
import { LINES, WHOLE } from '../conversation.ts';

/** What a part has found: rows for the table, and whether each promise in it was kept. */
export interface Part {
  rows: Record<string, string | number>;
  promises: Record<string, boolean>;
}

/** One client's conversation, as seen from outside. */
export interface Talk {
  /** The client's own port; 0 while it has none. */
  port: number;
  begun: number;
  ended: number;
  text: string;
  /** From connect to the first prompt, and from each line to the next one, in ms. */
  waits: number[];
  error: string;
}

/** How long children may compute, in ms: a long line takes some of a child's minute of processor time, and there are many. */
export const PATIENCE = 15 * 60_000;

export const POLITE = /^Eliza:\tI (?:have too many patients just now|am busy), please try again later\.\n$/;

/**
 * Holds one conversation, to whatever end.
 *
 * @param port where
 * @param thought how long the client thinks before a line, in ms
 */
export function talk(port: number, thought = 0): Promise<Talk> {
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
export const at_end = new Cleanup();

let server: Daemon | undefined;

/** The part's daemon. @throws Error where it does not start */
export async function daemon(env: Record<string, string>, more: Start = {}): Promise<Daemon> {
  const started = await start(at_end, { ...more, env });
  if (started.status !== 0) throw new Error(`the daemon does not start: ${started.stderr}`);
  return server = started;
}

/** Ends the part's daemon, where it had one. @returns the promise that is about its end */
export async function end(): Promise<Record<string, boolean>> {
  if (!server) return {};
  const { pid, pidfile } = server;
  server = undefined;
  const last = await until('the daemon, which may be starting again', pid).catch(() => 0);
  const ended = last > 0 && await terminate(last).then(() => true, () => false);
  return { 'TERM ends the daemon, and its pid file is gone': ended && !existsSync(pidfile) };
}

/** The settings for as many conversations at once, all from one address. */
export function room(conversations: number): Record<string, string> {
  return { ELIZA_CONVERSATIONS: String(conversations), ELIZA_PER_ADDRESS: String(conversations) };
}

/** The setting with which every client has its lines in the log, however many come in a second. */
export const ALL_LOGGED = { ELIZA_LOG_RATE: '1000000' };

/** What a daemon's log says of its clients, in lines of each kind. */
export interface Said {
  accepted: number;
  finished: number;
  refused: number;
  /** Connections that it has only counted. */
  unlogged: number;
  /** Lines that it says were lost. */
  lost: number;
}

/** Counts what a log says of clients. */
export function said(log: readonly string[]): Said {
  const count = (what: RegExp): number => log.filter((line) => what.test(line)).length;
  const sum = (what: RegExp): number => log.reduce((sum, line) => sum + Number(what.exec(line)?.[1] ?? 0), 0);
  return {
    accepted: count(/\]: Accepting a connection from [\d.]+$/), finished: count(/\]: Connection from [\d.]+ finished$/),
    refused: count(/\]: Connection refused: /), unlogged: sum(/\]: (\d+) connections more, not logged one by one$/),
    lost: sum(/\]: (\d+) lines lost$/),
  };
}

/**
 * Waits for what a log must come to say, since its lines come a moment later than what they are about.
 *
 * @returns whether it says so in the end
 */
export function comes_to_say(log: () => readonly string[], what: (said: Said) => boolean): Promise<boolean> {
  return until('the lines of the log', () => what(said(log()))).catch(() => false);
}

/**
 * A promise about the log, where it can be read: an ordinary user's lines may go to the machine's.
 *
 * @param kept waits for what it must come to say
 */
export async function of_the_log(promise: string, kept: () => Promise<boolean>): Promise<Record<string, boolean>> {
  return has_log ? { [promise]: await kept() } : {};
}

/** How many children have ended by each signal, as the daemon's log has it. */
export function ended_by_signal(log: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of log) {
    const signal = /Child \d+ ended by signal (\d+)$/.exec(line)?.[1];
    if (signal !== undefined) counts[signal] = (counts[signal] ?? 0) + 1;
  }
  return counts;
}

/** The counts of {@link ended_by_signal} in words. */
export function in_words(counts: Record<string, number>): string | number {
  return Object.entries(counts).map((pair) => pair.join(': ')).join(', ') || 0;
}

/** How values are spread, in words. */
export function spread(values: number[], unit: string): string {
  if (values.length === 0) return 'none';
  return ([['median', 0.5], ['p95', 0.95], ['p99', 0.99], ['max', 1]] as const)
    .map(([name, q]) => `${name} ${quantile(values, q).toFixed(0)}`).join(', ') + ` ${unit}`;
}

/** @returns whether a child has taken its client's connection for its STDIN */
export function has_client(child: number): boolean {
  try {
    return readlinkSync(`/proc/${child}/fd/0`).startsWith('socket:');
  } catch {
    return false; // it has just ended
  }
}

/**
 * Conversations of honest clients, each of whom holds one after the other.
 *
 * @param clients how many hold one at once
 * @param over asked before each conversation, whether there is to be no more
 */
export async function honest_talks(port: number, clients: number, over: () => boolean): Promise<Talk[]> {
  const talks: Talk[] = [];
  let broken = 0;
  await Promise.all(Array.from({ length: clients }, async () => {
    while (!over()) {
      const one = await talk(port);
      talks.push(one);
      if (!WHOLE.test(one.text) && broken++ < 5) console.error(JSON.stringify(one));
    }
  }));
  return talks;
}

/** For {@link honest_talks}: so many conversations in all. */
export function up_to(conversations: number): () => boolean {
  let begun = 0;
  return () => begun++ >= conversations;
}

/** @returns whether nothing is missing from any of them */
export function all_complete(talks: readonly Talk[]): boolean {
  return talks.every(({ text }) => WHOLE.test(text));
}
