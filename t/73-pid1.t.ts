/**
 * The daemon as process 1, as in a container: a process that loses its parent becomes its child.
 *
 * A student learns what init owes to a system: to reap what it has not forked, and to end when it is told to, although
 * the kernel keeps from process 1 every signal that it has no handler for.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import {
  children, Client, environment, folder, free_port, has_ended, installed, is_root, is_running, pid_exists, root, send, status,
  type Test, until,
} from './harness.ts';

const skip = is_root && installed('unshare') ? false : 'needs root and unshare';

const needs_setpriv = installed('setpriv') ? false : 'setpriv is not installed';

/** A daemon that is process 1. */
interface Contained {
  port: number;
  /** Its pid, seen from outside. */
  pid: number;
  /** What it has logged. */
  said: () => string;
  ended: () => boolean;
}

/** The daemon as process 1 of a pid namespace, under a command of ours, where there is one. */
async function contain(t: Test, ...before: string[]): Promise<Contained> {
  const dir = folder(t);
  const port = await free_port();
  // What a container that was killed leaves behind: a pid file that names process 1, and a draft of one.
  for (const name of ['pid', 'pid.1']) writeFileSync(join(dir, name), '1');
  const env = environment({ ELIZA_PIDFILE: join(dir, 'pid'), ELIZA_HOME: join(dir, 'home') });
  const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const eliza = [process.execPath, join(root, 'eliza_hup.js'), '--foreground', String(port)];
  const namespace = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const unshare = spawn('env', ['-i', ...words, ...namespace, ...before, ...eliza], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  unshare.stderr.on('data', (data) => { said += String(data); });
  const ended = (): boolean => has_ended(unshare);
  t.teardown(async () => {
    unshare.kill('SIGKILL');
    await until('it to end', ended);
  });
  await until('the start', () => said.includes('Server accepting') || ended());
  const [pid = 0] = children(unshare.pid ?? 0);
  return { port, pid, said: () => said, ended };
}

void t.test('process 1', { skip }, async (t) => {
  // A process whose parent ends at once: it is the daemon's now.
  const { port, pid, said, ended } = await contain(t, 'sh', '-c', '(sleep 1000 >/dev/null 2>&1 &); exec "$0" "$@"');
  t.match(status(pid, 'NSpid'), / 1$/, 'it is');
  const client = await Client.greeted(port);
  t.match(said(), /eliza_hup\.js\[1\]: Server accepting connections on port \d+\n/, 'the log is on STDERR');

  const lost = await until('the orphan', () => children(pid).find((child) => status(child, 'Name') === 'sleep'));
  send(lost, 'SIGKILL');
  await until('the orphan to be reaped', () => !pid_exists(lost));
  t.match(await client.say('Whose child am I?'), /^Eliza:\t/, 'the conversation goes on');

  send(pid, 'SIGHUP');
  await client.end();
  await until('the relaunch', () => said().match(/Server accepting/g)?.length === 2);
  t.ok(is_running(pid), 'HUP: the same process, relaunched');
  t.same(children(pid), [], 'with no child, not even a zombie');
  await (await Client.greeted(port)).bye();
  await until('no child, not even a zombie', () => children(pid).length === 0);

  const last = await Client.greeted(port);
  send(pid, 'SIGTERM');
  await last.end();
  await until('the end', ended);
  t.match(said(), /TERM signal received, terminating children\.\.\.\n.*Server exiting normally\n$/, 'TERM: it ends');
});

void t.test('with the capabilities that deploy/ leaves it', { skip: skip || needs_setpriv }, async (t) => {
  const { port, pid, said } = await contain(t, 'setpriv', '--bounding-set', '-all,+setuid,+setgid,+sys_chroot');
  const client = await Client.greeted(port);
  const [child = 0] = children(pid);
  t.equal(status(child, 'Uid'), '65534 65534 65534 65534', 'a conversation is nobody');
  t.equal(status(child, 'CapEff'), '0000000000000000', 'without capabilities');
  send(pid, 'SIGHUP');
  await client.end();
  await until('the relaunch', () => said().match(/Server accepting/g)?.length === 2);
  await (await Client.greeted(port)).bye();
  send(pid, 'SIGTERM');
  await until('the end', () => said().includes('exiting normally'));
  t.notMatch(said(), /Can't|EPERM|Operation not permitted/, 'it missed no right');
});

void t.test('as an ordinary user, with no capability at all', { skip: skip || needs_setpriv }, async (t) => {
  const drop = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set', '-all'];
  const pidfile = join(tmpdir(), `hup-${process.pid}.pid`); // the test's folder is root's
  const { port, pid, said, ended } = await contain(t, ...drop, 'env', '-u', 'ELIZA_HOME', `ELIZA_PIDFILE=${pidfile}`);
  await (await Client.greeted(port)).bye();
  send(pid, 'SIGTERM');
  await until('the end', ended);
  t.match(said(), /Server exiting normally\n$/, 'TERM: it ends');
});
