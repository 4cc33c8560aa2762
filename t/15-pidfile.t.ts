/**
 * The pid file: made, believed, refused, removed.
 *
 * A student learns what a pid file can tell and what it cannot, and that a refusal must change nothing.
 */
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { alive, Client, folder, is_root, run, start, until, users } from './harness.ts';

/** The pid of a process that has ended. */
async function dead_pid(): Promise<number> {
  const { stdout } = await run('sh', ['-c', 'echo $$']);
  return Number(stdout);
}

for (const { name, settings } of users) {
  void t.test(name, async (t) => {
    await t.test('made and removed', async (t) => {
      const { pid, pidfile, stop } = await start(t, settings);
      t.match(readFileSync(pidfile, 'latin1'), /^\d+$/, 'the pid, and nothing else');
      t.ok(alive(pid()), 'of the daemon');
      t.equal(statSync(pidfile).mode & 0o777, 0o644);
      await stop();
      t.notOk(existsSync(pidfile));
    });

    await t.test('a second start is refused, and the first lives on', async (t) => {
      const first = await start(t, settings);
      const second = await start(t, { ...settings, dir: first.dir });
      t.match(second.stderr, new RegExp(`^Server already running with PID ${first.pid()} at .*\\.\\n$`, 'm'));
      t.not(second.status, 0);
      t.equal(Number(readFileSync(first.pidfile, 'latin1')), first.pid());
      await (await Client.greeted(first.port)).bye();
    });

    for (const [what, text, complaint] of [
      ['that names a live process of somebody else', '1', /^Server already running with PID 1 at /m],
      ['with garbage in it', 'garbage', /^Invalid PID file \S+ at /m],
      ['with nothing in it', '', /^Invalid PID file \S+ at /m],
      ['with a negative number', '-1', /^Invalid PID file \S+ at /m],
      ['with a zero', '0', /^Invalid PID file \S+ at /m],
      ['with a number and a blank', '12 ', /^Invalid PID file \S+ at /m],
      ['with a number no pid can be', '99999999999', /^Invalid PID file \S+ at /m],
    ] as const) {
      await t.test(`a file ${what}`, async (t) => {
        const dir = folder(t);
        const pidfile = join(dir, 'eliza_hup.pid');
        writeFileSync(pidfile, text);
        const { status, stderr, port } = await start(t, { ...settings, dir });
        t.match(stderr, complaint, 'one clear line');
        t.not(status, 0);
        t.equal(readFileSync(pidfile, 'latin1'), text, 'nothing has changed');
        await t.rejects(Client.open(port), { code: 'ECONNREFUSED' });
        writeFileSync(pidfile, '');
      });
    }

    await t.test('a stale file, left by a daemon that was killed', async (t) => {
      const { pid, dir, pidfile } = await start(t, settings);
      const killed = pid();
      process.kill(killed, 'SIGKILL');
      await until('the daemon to end', () => !alive(killed));
      t.ok(existsSync(pidfile));
      const { status, stderr, port, pid: next } = await start(t, { ...settings, dir });
      t.equal(status, 0);
      t.match(stderr, new RegExp(`^Removing PID file for defunct server process ${killed}\\.$`, 'm'), 'removed with a warning');
      t.match(stderr, /^\t\S+\(\) called at eliza_hup\.js line \d+$/m, 'and with the way that led there');
      t.not(next(), killed);
      await (await Client.greeted(port)).bye();
    });

    await t.test('a folder that is not there', async (t) => {
      const { status, stderr } = await start(t, { ...settings, env: { ELIZA_PIDFILE: '/nowhere/eliza_hup.pid' } });
      t.match(stderr, /^Can't create \/nowhere\/eliza_hup\.pid: No such file or directory$/m);
      t.equal(status, 2, 'errno, as die has it');
    });
  });
}

void t.test('a stale file in a folder that cannot be written', async (t) => {
  const dir = folder(t);
  const inner = join(dir, 'inner');
  mkdirSync(inner);
  const pidfile = join(inner, 'eliza_hup.pid');
  writeFileSync(pidfile, String(await dead_pid()));
  chmodSync(pidfile, 0o666);
  chmodSync(inner, 0o555);
  if (is_root) chownSync(inner, 0, 0);
  t.teardown(() => { chmodSync(inner, 0o755); });
  const { status, stderr } = await start(t, { dir, user: 'nobody', env: { ELIZA_PIDFILE: pidfile } });
  t.match(stderr, /^Can't unlink PID file \S+ at /m);
  t.equal(status, 13);
  t.ok(existsSync(pidfile));
});
