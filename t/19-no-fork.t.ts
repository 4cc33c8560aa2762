/**
 * When fork fails: the client is told, the log says why, and the daemon lives on. The Perl original dies (Daemon.pm:69).
 *
 * A student learns that every system call can fail, and what a server owes to the client it has already accepted.
 */
import t from 'tap';
import { as_nobody, Client, installed, is_running, needs_log, run, start } from './harness.ts';

const needs_prlimit = installed('prlimit') ? false : 'prlimit is not installed';
void t.test('no more processes', { skip: needs_log || needs_prlimit }, async (t) => {
  const { port, pid, logged } = await start(t, { user: 'nobody' });
  const limit = async (nproc: string): Promise<number | null> => {
    const [command, ...args] = [...as_nobody, 'prlimit', '--pid', String(pid()), `--nproc=${nproc}:`];
    return (await run(command, args)).status;
  };
  t.equal(await limit('0'), 0, 'it may not have another process');
  const client = await Client.open(port);
  await client.end();
  t.equal(client.text, 'Eliza:\tI am busy, please try again later.\n', 'the client is told');
  await logged(/Can't fork: Resource temporarily unavailable$/);
  t.ok(is_running(pid()), 'the daemon lives on');
  t.equal(await limit('1000'), 0, 'now it may again');
  await (await Client.greeted(port)).bye();
  t.pass('and serves again when it can');
});
