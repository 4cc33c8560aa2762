/**
 * What comes from outside and means nothing to the daemon: signals that it has no use for, and errors of accept that are the
 * client's.
 *
 * A student learns that the default of most signals is to end the process, and that accept may fail without any fault of
 * the server's.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import {
  children, Client, environment, folder, free_port, home_in, installed, long, pid_in, root, send, start, until,
} from './harness.ts';

const { SIGUSR1, SIGUSR2, SIGQUIT, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR } = constants.signals;
const strays = [SIGUSR1, SIGUSR2, SIGQUIT, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, 34, 64];

void t.test('signals that mean nothing to it', async (t) => {
  const { port, pid, pidfile, log, logged, running } = await start(t, { args: ['--foreground'], attached: true });
  for (const when of ['at first', 'after a HUP']) {
    const client = await Client.greeted(port);
    const talking = children(pid());
    t.equal(talking.length, 1, `${when}: one conversation`);
    for (const signal of strays) for (const one of [pid(), ...talking]) send(one, signal);
    await client.say('Are you still there?');
    t.match(await client.bye(), /\n$/, `${when}: the conversation goes on`);
    await (await Client.greeted(port)).bye();
    t.pass(`${when}: the daemon serves another client`);
    send(pid(), 'SIGHUP');
    await logged(/Server accepting/, when === 'at first' ? 2 : 3);
  }
  await Client.greeted(port);
  for (const one of [...children(pid()), pid()]) send(one, 'SIGINT'); // as Ctrl-C in a terminal does
  t.equal((await running).status, 0, 'Ctrl-C ends it, with status 0');
  t.notMatch(log().join('\n'), /Debugger|ended by signal/, 'no debugger, no child that has ended by a signal');
  t.notOk(existsSync(pidfile), 'and its pid file is gone');
});

const no_strace = installed('strace') ? false : 'strace, which makes accept fail, is not installed';
const errors = ['EPROTO', 'ENETDOWN', 'EHOSTUNREACH', 'ETIMEDOUT', 'EPERM', 'EOPNOTSUPP', 'ENONET'];
for (const error of long ? errors : errors.slice(0, 2)) {
  void t.test(`accept fails with ${error}`, { skip: no_strace }, async (t) => {
    const [dir, port] = [folder(t), await free_port()];
    const pidfile = join(dir, 'eliza_hup.pid');
    const env = environment({ ELIZA_PIDFILE: pidfile, ...home_in(dir) });
    const strace = ['-o', '/dev/null', '-e', 'trace=accept4', '-e', `inject=accept4:error=${error}:when=1..3`];
    const command = [process.execPath, join(root, 'eliza_hup.js'), '--foreground', String(port)];
    const tracer = spawn('strace', [...strace, ...command], { env, stdio: 'ignore' });
    const ended = new Promise((resolve) => tracer.once('close', resolve));
    t.teardown(() => { tracer.kill('SIGKILL'); });
    const daemon = await until('the pid file', () => pid_in(pidfile));
    await (await Client.greeted(port)).bye();
    t.pass('it tries again, and serves its client');
    send(daemon, 'SIGTERM');
    await ended;
    t.notOk(existsSync(pidfile), 'it has lived on, to end at TERM');
  });
}
