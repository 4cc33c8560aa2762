/**
 * Conversations, while the log daemon is restarted, and while it stands still.
 */
import { join } from 'node:path';
import { type Daemon, log_daemon } from '../../tools/common/daemon.ts';
import { freeze, has_ended, is_root, pause, send, until } from '../../tools/common/processes.ts';
import { progress } from '../../tools/common/terminal.ts';
import {
  ALL_LOGGED, all_complete, at_end, comes_to_say, daemon, honest_talks, type Part, room, said, up_to,
} from './common.ts';
import type { Settings } from './settings.ts';

/** Restarts a daemon's log daemon. What the old one has got is not lost by that, so nothing may be. */
async function restart_log(server: Daemon): Promise<void> {
  const { syslogd, dev, log } = server;
  syslogd?.kill('SIGTERM');
  await until('the log daemon to end', () => !syslogd || has_ended(syslogd));
  server.syslogd = await log_daemon(at_end, join(dev, 'log'), log());
}

/** Conversations, while the log daemon is restarted. */
async function restarts(server: Daemon, { clients, log: conversations, restart }: Settings): Promise<Part> {
  const { port, log } = server;
  let [restarts, over] = [0, false];
  const restarting = async (): Promise<void> => {
    while (restart > 0 && !over) {
      await restart_log(server);
      progress(`log: ${said(log()).finished} of ${conversations} conversations, ${++restarts} restarts of its daemon`);
      await pause(1000 * restart);
    }
  };
  const talking = honest_talks(port, clients, up_to(conversations)).finally(() => { over = true; });
  const [talks] = await Promise.all([talking, restarting()]);
  const there = await comes_to_say(log, ({ accepted, finished }) => accepted === talks.length && finished === talks.length);
  return {
    rows: { 'conversations, restarts of the log daemon': `${talks.length}, ${restarts}` },
    promises: {
      'while it is restarted every conversation is complete': all_complete(talks),
      'and has its two lines in the log': there && said(log()).lost === 0,
    },
  };
}

/** Conversations, while the log daemon stands still, and some after that. */
async function stillness(server: Daemon, { clients, still }: Settings): Promise<Part> {
  const { port, log, syslogd } = server;
  const before = said(log());
  /** How many lines of conversations have come since then. */
  const come = (): number => said(log()).accepted + said(log()).finished - before.accepted - before.finished;
  await freeze(syslogd?.pid ?? 0);
  const end = performance.now() + 1000 * still;
  const talks = await honest_talks(port, clients, () => {
    progress(`log: its daemon stands still for ${Math.ceil((end - performance.now()) / 1000)} seconds more`);
    return performance.now() > end;
  });
  send(syslogd?.pid ?? 0, 'SIGCONT');
  const counted = await comes_to_say(log, ({ lost }) => come() + lost === 2 * talks.length);
  const kept = come();
  const later = await honest_talks(port, clients, up_to(2 * clients));
  const there = await comes_to_say(log, () => come() === kept + 2 * later.length);
  return {
    rows: {
      'conversations while it stood still': talks.length,
      'their lines: kept, counted as lost': `${kept}, ${said(log()).lost}`,
      'conversations after that': later.length,
    },
    promises: {
      'while it stands still every conversation is complete': all_complete(talks),
      'its two lines are kept, or counted as lost': counted,
      'after that nothing is lost': all_complete(later) && there,
    },
  };
}

/** The log daemon's part: with every line of the log counted. */
export async function log(settings: Settings): Promise<Part> {
  if (!is_root) return { rows: { 'left out': 'only root can give a daemon a log of its own' }, promises: {} };
  const server = await daemon({ ...room(2 * settings.clients), ...ALL_LOGGED }, { syslog: 'own' });
  const parts = [await restarts(server, settings)];
  if (settings.still > 0) parts.push(await stillness(server, settings));
  return {
    rows: Object.assign({}, ...parts.map(({ rows }) => rows)) as Part['rows'],
    promises: Object.assign({}, ...parts.map(({ promises }) => promises)) as Part['promises'],
  };
}
