/**
 * The pid file: made, believed, refused, removed.
 *
 * A student learns what a pid file can tell and what it cannot, and that a refusal must change nothing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  Client, environment, folder, free_port, freeze, home_in, is_root, is_running, needs_log, needs_root, one_user, root, run,
  send, start, status, terminate, until,
} from './harness.ts';

/** The pid of a process that has ended. */
async function dead_pid(): Promise<number> {
  const { stdout } = await run('sh', ['-c', 'echo $$']);
  return Number(stdout);
}

for (const { name, settings } of one_user) {
  void t.test(name, async (t) => {
    await t.test('made and removed', async (t) => {
      const { pid, pidfile, stop } = await start(t, settings);
      t.match(readFileSync(pidfile, 'latin1'), /^\d+$/, 'the pid, and nothing else');
      t.ok(is_running(pid()), 'of the daemon');
      t.equal(statSync(pidfile).mode & 0o777, 0o644, 'it can be read by all, written by its owner');
      await stop();
      t.notOk(existsSync(pidfile), 'TERM removes it');
    });

    await t.test('a second start is refused, and the first lives on', async (t) => {
      const first = await start(t, settings);
      const second = await start(t, { ...settings, dir: first.dir });
      const words = `^Server already running with PID ${first.pid()} \\(${first.pidfile}\\) at .*\\.\\n$`;
      t.match(second.stderr, new RegExp(words, 'm'),
        'it says which daemon runs, and which file says so');
      t.not(second.status, 0, 'its status is not 0');
      t.equal(Number(readFileSync(first.pidfile, 'latin1')), first.pid(), 'the pid file is still the first one’s');
      await (await Client.greeted(first.port)).bye();
    });

    for (const [what, text, complaint] of [
      ['that names a live process of somebody else', '1', /^Server already running with PID 1 \(\S+\) at /m],
      ['with garbage in it', 'garbage', /^Invalid PID file \S+ at /m],
      ['with nothing in it', '', /^Invalid PID file \S+ at /m],
      ['with a zero', '0', /^Invalid PID file \S+ at /m],
      ['with a number no pid can be', '99999999999', /^Invalid PID file \S+ at /m],
    ] as const) {
      await t.test(`a file ${what}`, async (t) => {
        const dir = folder(t);
        const pidfile = join(dir, 'eliza_hup.pid');
        writeFileSync(pidfile, text);
        const { status, stderr, port } = await start(t, { ...settings, dir });
        t.match(stderr, complaint, 'one clear line');
        t.not(status, 0, 'the status is not 0');
        t.equal(readFileSync(pidfile, 'latin1'), text, 'nothing has changed');
        await t.rejects(Client.open(port), { code: 'ECONNREFUSED' }, 'nobody listens');
        writeFileSync(pidfile, '');
      });
    }

    await t.test('a file that names a process of which only a zombie is left', async (t) => {
      const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'ignore'] });
      t.teardown(() => { parent.kill('SIGKILL'); });
      const [zombie] = await once(parent.stdout, 'data') as [Buffer];
      await freeze(parent.pid ?? 0); // it will not ask how its child has ended
      send(Number(zombie), 'SIGKILL');
      t.ok(await until('the zombie', () => status(Number(zombie), 'State').startsWith('Z')), 'a zombie is there');
      const dir = folder(t);
      writeFileSync(join(dir, 'eliza_hup.pid'), String(zombie).trim());
      chmodSync(join(dir, 'eliza_hup.pid'), 0o666); // an ordinary user's daemon may remove it too
      const { status: code, stderr } = await start(t, { ...settings, dir });
      t.match(stderr, /^Removing PID file for defunct server process/m, 'it counts as defunct');
      t.equal(code, 0, 'the daemon starts');
    });

    await t.test('a stale file, left by a daemon that was killed', async (t) => {
      const { pid, dir, pidfile } = await start(t, settings);
      const killed = pid();
      send(killed, 'SIGKILL');
      await until('the daemon to end', () => !is_running(killed));
      t.ok(existsSync(pidfile), 'the file is still there');
      const { status, stderr, port, pid: next } = await start(t, { ...settings, dir });
      t.equal(status, 0, 'a new daemon starts');
      t.match(stderr, new RegExp(`^Removing PID file for defunct server process ${killed}\\.$`, 'm'), 'removed with a warning');
      t.match(stderr, /^\t\S+\(\) called at eliza_hup\.js line \d+$/m, 'and with the way that led there');
      t.not(next(), killed, 'the file has the new pid');
      await (await Client.greeted(port)).bye();
    });

    await t.test('a folder that is not there', async (t) => {
      const { status, stderr } = await start(t, { ...settings, env: { ELIZA_PIDFILE: '/nowhere/eliza_hup.pid' } });
      t.match(stderr, /^Can't create \/nowhere\/eliza_hup\.pid: No such file or directory$/m, 'it says which file, and why');
      t.equal(status, 2, 'errno, as die has it');
    });
  });
}

void t.test('a pid that another process has by now', async (t) => {
  const dir = folder(t);
  const pidfile = join(dir, 'eliza_hup.pid');
  writeFileSync(pidfile, String(process.pid)); // alive, but not ours; and the file is older than this process
  utimesSync(pidfile, 1e9, 1e9);
  const { status, stderr, port } = await start(t, { dir });
  t.equal(status, 0, 'the daemon starts');
  t.match(stderr, /^Removing PID file for defunct server process \d+\.$/m, 'and says what it has removed');
  await (await Client.greeted(port)).bye();
});

void t.test('a pid that another process has, in a file of before the clock went back', async (t) => {
  const dir = folder(t);
  const pidfile = join(dir, 'eliza_hup.pid');
  writeFileSync(pidfile, String(process.pid));
  const tomorrow = Date.now() / 1000 + 86400;
  utimesSync(pidfile, tomorrow, tomorrow);
  const { status, stderr, port, pid } = await start(t, { dir });
  t.equal(status, 0, 'the daemon starts');
  t.match(stderr, /^Removing PID file for defunct server process \d+\.$/m, 'and says what it has removed');
  await (await Client.greeted(port)).bye();
  utimesSync(pidfile, tomorrow, tomorrow);
  const second = await start(t, { dir });
  t.match(second.stderr, new RegExp(`^Server already running with PID ${pid()} `, 'm'),
    'one that runs holds its lock, and is seen');
});

void t.test('a daemon whose pid file was replaced leaves the other one alone', async (t) => {
  const { pid, pidfile, stop } = await start(t);
  const daemon = pid();
  rmSync(pidfile);
  writeFileSync(pidfile, '1');
  send(daemon, 'SIGTERM');
  await until('the daemon to end', () => !is_running(daemon));
  t.equal(readFileSync(pidfile, 'latin1'), '1', 'it stays as it is');
  rmSync(pidfile);
  await stop();
});

void t.test('a start that fails after the pid file was made takes it away again', { skip: needs_log }, async (t) => {
  const dir = folder(t);
  mkdirSync(join(dir, 'eliza_hup.log'));
  const { status, stderr, pidfile } = await start(t, { dir });
  t.match(stderr, `Can't write the log ${join(dir, 'eliza_hup.log')}: Is a directory\n`, 'it says what is wrong with the log');
  t.equal(status, 21, 'the status is errno: EISDIR');
  t.notOk(existsSync(pidfile), 'no pid file is left');
});

void t.test('of two started at once, one runs and the other says why it does not', async (t) => {
  for (let i = 0; i < 3; i++) {
    const dir = folder(t);
    const both = await Promise.all([start(t, { dir }), start(t, { dir })]);
    t.same(both.map(({ status }) => status === 0).sort(), [false, true], 'exactly one');
    const loser = both.find(({ status }) => status !== 0);
    t.match(loser?.stderr, /^(Server already running with PID|Invalid PID file|Can't create|Can't unlink PID file) /m,
      'the other names its reason');
    t.ok(is_running(both[0].pid()), 'and the pid file names the one that runs');
    await both[0].stop();
  }
});

void t.test('when the command returns, the pid file is right', async (t) => {
  for (let i = 0; i < 4; i++) {
    const dir = folder(t);
    const [command, ...args] = [process.execPath, join(root, 'eliza_hup.js'), String(await free_port())];
    const env = environment({ ELIZA_PIDFILE: join(dir, 'pid'), ...home_in(dir) });
    const { status } = await run(command, args, { env });
    const pid = Number(readFileSync(join(dir, 'pid'), 'latin1'));
    t.equal(status, 0, 'the command returns 0');
    t.ok(is_running(pid), 'the pid in the file is a live one');
    await terminate(pid);
  }
});

void t.test('a full disk', { skip: existsSync('/dev/full') ? needs_root : 'no /dev/full here' }, async (t) => {
  const dir = folder(t);
  const full = join(dir, 'full');
  const { stderr, status } = await run('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', [
    `mkdir ${full}`, `mount -t tmpfs -o size=4k tmpfs ${full}`, `head -c 4096 /dev/zero > ${full}/much || true`,
    `exec ${process.execPath} ${join(root, 'eliza_hup.js')} ${await free_port()}`,
  ].join('; ')], { env: environment({ ELIZA_PIDFILE: join(full, 'pid'), ELIZA_HOME: join(dir, 'home') }) });
  t.match(stderr, /^Can't create \S+: No space left on device$/m, 'it says that the disk is full');
  t.equal(status, 28, 'the status is errno: ENOSPC');
});

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
  t.match(stderr, /^Can't unlink PID file \S+ at /m, 'it says which file it could not remove');
  t.equal(status, 13, 'the status is errno: EACCES');
  t.ok(existsSync(pidfile), 'the file is still there');
});
