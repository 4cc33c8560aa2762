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
import {
  Client, copy_program, edit, environment, folder, free_port, home_in, is_running, kill_all_with, long, pid_in, root, run,
  send, start, until,
} from './harness.ts';

/** Whether nobody listens at a port. */
const refused = (port: number): Promise<boolean> => Client.open(port).then((client) => {
  client.destroy();
  return false;
}, () => true);

const TRIES = long ? 6 : 3;
for (const whom of ['the starting command', 'the process that the pid file names'] as const) {
  void t.test(`TERM to ${whom}, at ${TRIES} moments of a start`, async (t) => {
    for (let i = 0; i < TRIES; i++) {
      const [dir, port] = [folder(t), await free_port()];
      const pidfile = join(dir, 'eliza_hup.pid');
      const env = environment({ ELIZA_PIDFILE: pidfile, ...home_in(dir) });
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
      await until('both processes to be gone', () => !is_running(named) && !is_running(target));
      t.pass(`${i}: nothing is left`);
    }
  });
}

/** Lines of the program at which a TERM comes, and in which process: `child` is what fork gave. */
const lines = [
  ['when the handlers have just been set', 'eliza_hup.js', /^END\(END_block\)/m, 'true'],
  ['before the pid file', 'Daemon.js', /^ *const fh = open_pid_file/m, 'true'],
  ['before the fork', 'Daemon.js', /^ *const child = fork_daemon/m, 'true'],
  ['at the fork', 'perl/Proc/Daemon.js', /^ *const child = fork\(\)/m, 'true'],
  ['after the fork, to the command', 'perl/Proc/Daemon.js', /^ *if \(child\) \{$/m, 'child > 0'],
  ['after the fork, to the daemon', 'perl/Proc/Daemon.js', /^ *if \(child\) \{$/m, 'child === 0'],
  ['when the command has nothing to do but wait', 'perl/Proc/Daemon.js', /^ *if \(readSync\(parent/m, 'true'],
  ['when the daemon has its pid file', 'Daemon.js', /^ *fh\.close\(\);/m, 'true'],
  ['when the daemon has its log', 'eliza_hup.js', /^log_notice\(qq ?`Server accepting/m, 'true'],
] as const;
for (const [name, file, place, condition] of lines) {
  for (const signal of long ? ['SIGTERM', 'SIGINT'] : ['SIGTERM']) {
    void t.test(`${signal} ${name}`, async (t) => {
      const [dir, port] = [folder(t), await free_port()];
      const program = copy_program(join(dir, 'copy'));
      const code = `if (${condition}) process.kill(process.pid, '${signal}');`;
      edit(join(dir, 'copy', file), place, (line) => `${code}\n${line}`);
      const pidfile = join(dir, 'eliza_hup.pid');
      const env = environment({ ELIZA_PIDFILE: pidfile, ...home_in(dir) });
      t.teardown(() => kill_all_with(`ELIZA_PIDFILE=${pidfile}`));
      const starter = await run(process.execPath, [program, String(port)], { env });
      t.not(starter.status, 0, 'the command claims no success');
      await until('the port to be closed', () => refused(port));
      await until('the pid file to be gone', () => !existsSync(pidfile));
      t.pass('no pid file is left');
    });
  }
}

void t.test('TERM right after a HUP, to the process that the pid file names', async (t) => {
  for (let i = 0; i < TRIES; i++) {
    const { pid, pidfile } = await start(t);
    const first = pid();
    send(first, 'SIGHUP');
    const next = await until('another pid in the file', () => {
      const now = pid_in(pidfile);
      return now === first ? 0 : now;
    });
    for (let turn = 0; turn < i; turn++) await new Promise((resume) => setImmediate(resume));
    if (is_running(next)) send(pid_in(pidfile) || next, 'SIGTERM');
    await until('the pid file to be gone', () => !existsSync(pidfile));
    t.pass(`${i}: nothing is left`);
  }
});
