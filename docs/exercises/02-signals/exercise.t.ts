/**
 * Exercise 2: Which signal, and to whom
 *
 * Tells the story of answers.txt to a real server, and compares what happened with the answers.
 */
import { existsSync } from 'node:fs';
import t from 'tap';
import { Answers, perl_line } from '../../../t/answers.ts';
import { children, Client, pid_exists, send, start, until } from '../../../t/harness.ts';

void t.test('Which signal, and to whom', async (t) => {
  const attached = { args: ['--foreground'], attached: true };
  const { port, pid, pidfile, log, logged } = await start(t, attached);
  const server = pid();
  const count = (what: RegExp): number => log().filter((line) => what.test(line)).length;

  /** Connects, and gives the client and the child that talks with it, whose first line the log has. */
  async function connected(): Promise<[Client, number]> {
    const [before, accepted] = [children(server), count(/Accepting/)];
    const client = await Client.greeted(port);
    await logged(/Accepting/, accepted + 1);
    return [client, await until('a new child', () => children(server).find((child) => !before.includes(child)))];
  }

  /** Ends a child by a signal. @returns how many lines the log has gained by that, when another client has come and gone */
  async function lines_of_an_end(child: number, signal: NodeJS.Signals): Promise<number> {
    const [before, finished] = [log().length, count(/finished/)];
    send(child, signal);
    await until('the end of a child', () => !pid_exists(child));
    await (await Client.greeted(port)).bye();
    await logged(/finished/, finished + 1);
    return log().length - before - 2; // that client's two
  }

  const answers = new Answers(t, 'answers.txt');
  const [, first] = await connected();
  const [, second] = await connected();
  const by_term = await lines_of_an_end(first, 'SIGTERM');
  answers.is(1, pid_exists(server), [[false, 'a child has no handler of its parent’s, see Daemon.pm:73']]);
  answers.is(2, by_term, [[1, 'a process that a signal ends comes to none of its lines any more']]);
  answers.is(3, await lines_of_an_end(second, 'SIGKILL'));

  const [third] = await connected();
  send(server, 'SIGHUP');
  await logged(/Server accepting/, 2);
  await (await Client.greeted(port)).bye(); // whoever was to be hung up on has been
  answers.is(4, !third.closed);
  await until('the pid file', () => pid() > 0);
  answers.is(5, pid() === server, [[false, 'exec keeps the process; and with --foreground nothing forks']]);

  const last = pid();
  send(last, 'SIGTERM');
  await until('the end of the server', () => !pid_exists(last));
  await logged(/exiting normally/);
  answers.is(6, count(/exiting normally/));
  answers.is(7, existsSync(pidfile));

  const other = await start(t, attached);
  send(other.pid(), 'SIGINT');
  await other.logged(/exiting normally/);
  answers.is(8, other.log().flatMap((line) => /(\w+) signal received/.exec(line)?.[1] ?? []).join(' '));
  answers.explains(9, perl_line(/PID_File\.unlink\(pidfile\); .*very process/));
});
