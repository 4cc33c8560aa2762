/**
 * TERM while the daemon starts: whenever it comes, and to whichever process, it ends both, and no pid file is left.
 *
 * A student learns that a signal may come between any two lines, and that a program which has not got as far as its handlers
 * must not lose it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { environment, folder, free_port, is_root, pid_in, root, send, start, status, until } from './harness.ts';

/** A process that is there, and has not ended. */
const runs = (pid: number): boolean => existsSync(`/proc/${pid}`) && !status(pid, 'State').startsWith('Z');

const TRIES = 12;
for (const whom of ['the starting command', 'the process that the pid file names'] as const) {
  void t.test(`TERM to ${whom}, at ${TRIES} moments of a start`, async (t) => {
    for (let i = 0; i < TRIES; i++) {
      const [dir, port] = [folder(t), await free_port()];
      const pidfile = join(dir, 'eliza_hup.pid');
      const env = environment({ ELIZA_PIDFILE: pidfile, ...is_root ? { ELIZA_HOME: join(dir, 'home') } : {} });
      const starter = spawn(process.execPath, [join(root, 'eliza_hup.js'), String(port)], { env, stdio: 'ignore' });
      const ended = new Promise<number | null>((resolve) => starter.once('close', resolve));
      const named = await until('the pid file', () => pid_in(pidfile));
      for (let turn = 0; turn < i; turn++) await new Promise((resume) => setImmediate(resume)); // a little later each time
      const target = whom === 'the starting command' ? starter.pid ?? 0 : pid_in(pidfile) || named;
      if (starter.exitCode === null || target !== starter.pid) send(target, 'SIGTERM');
      const code = await ended;
      if (code === 0 && target === starter.pid) { // it came too late: the daemon serves, and is ended as ever
        const daemon = pid_in(pidfile);
        t.ok(daemon > 0, `${i}: the command had done its work`);
        send(daemon, 'SIGTERM');
      } else {
        t.ok(code !== 0 || target !== starter.pid, `${i}: a command that was ended claims no success`);
      }
      await until('the pid file to be gone', () => !existsSync(pidfile));
      await until('both processes to be gone', () => !runs(named) && !runs(target));
      t.pass(`${i}: nothing is left`);
    }
  });
}

void t.test('TERM right after a HUP, to the process that the pid file names', async (t) => {
  for (let i = 0; i < 6; i++) {
    const { pid, pidfile } = await start(t);
    const first = pid();
    send(first, 'SIGHUP');
    const next = await until('another pid in the file', () => {
      const now = pid_in(pidfile);
      return now === first ? 0 : now;
    });
    for (let turn = 0; turn < i; turn++) await new Promise((resume) => setImmediate(resume));
    if (runs(next)) send(pid_in(pidfile) || next, 'SIGTERM');
    await until('the pid file to be gone', () => !existsSync(pidfile));
    t.pass(`${i}: nothing is left`);
  }
});
