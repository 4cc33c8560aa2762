/**
 * docs/systemd/: the unit files, as systemd itself reads, weighs and runs them: a systemd of the test's own, process 1 of
 * a pid namespace, with folders of its own where it reads and writes.
 *
 * A student learns what a service manager takes from a service before it starts, and that a line which takes too much shows
 * only when the service is run.
 */
import { spawn } from 'node:child_process';
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  children, Client, environment, folder, free_port, has_ended, installed, needs_root, type Outcome, root, run, send, status,
  type Test, until,
} from './harness.ts';

const units = ['eliza-hup.service', 'eliza-hup.socket', 'eliza-hup@.service'];
const unit = (name: string): string => join(root, 'docs', 'systemd', name);
const no_analyze = installed('systemd-analyze') ? false : 'systemd-analyze is not installed';

void t.test('systemd finds nothing to complain about', { skip: no_analyze }, async (t) => {
  const dir = folder(t);
  // An instance, since a template alone is not checked.
  const files = units.map((name) => [name, join(dir, name.replace('@', '@1201'))] as const);
  for (const [name, file] of files) writeFileSync(file, readFileSync(unit(name)));
  const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', ...files.map(([, file]) => file)]);
  const ours = (stdout + stderr).split('\n').filter((line) => line.includes('eliza') && !line.includes('is not executable'));
  t.same(ours, [], 'but that no program is in /opt here');
});

void t.test('the exposure of each service is below 2.0', { skip: no_analyze }, async (t) => {
  for (const name of units.filter((name) => name.endsWith('.service'))) {
    const { stdout, stderr } = await run('systemd-analyze', ['security', '--offline=true', '--no-pager', unit(name)]);
    if (stderr.includes('unrecognized option')) {
      t.pass(`${name}: this systemd-analyze looks at running services only`, { skip: true });
      continue;
    }
    const figure = /Overall exposure level for \S+: (\d+\.\d)/.exec(stdout)?.[1] ?? 'none';
    t.ok(Number(figure) < 2, `${name}: ${figure}`);
  }
});

/** What systemd takes for its machine: folders of this mount namespace alone, but for the root folder, which is read only. */
const MACHINE = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/opt /mnt/opt/eliza-hup /mnt/dev /mnt/dev/pts /mnt/dev/shm
touch /mnt/opt/node
mount --bind "$ROOT" /mnt/opt/eliza-hup
mount --bind "$NODE" /mnt/opt/node
for device in null zero full random urandom tty; do touch /mnt/dev/$device; mount --bind /dev/$device /mnt/dev/$device; done
ln -s pts/ptmx /mnt/dev/ptmx
ln -s /run/systemd/journal/dev-log /mnt/dev/log
mkdir /mnt/units
cp "$UNITS"/* /mnt/units
mkdir /mnt/groups
mount -t cgroup2 cgroup2 /mnt/groups
mkdir "/mnt/groups/$GROUP"
mount -t tmpfs tmpfs /sys/fs/cgroup
mount --rbind /mnt/opt /opt
mount --rbind /mnt/dev /dev
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var
mkdir /var/tmp
mount --bind /mnt/units /etc/systemd/system
mount -o remount,bind,ro /
`;

/** Its process 1, in a control group that is removed when it has ended. */
const BOOT = `${MACHINE}
sh -c '
  echo $$ >"/mnt/groups/$GROUP/cgroup.procs"
  exec unshare --cgroup --pid --ipc --uts --mount --fork sh -c "
    mount -t proc proc /proc
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    container=test exec /lib/systemd/systemd --system --unit=test.target --log-target=journal --show-status=0
  " 2>/dev/null
' || true
find "/mnt/groups/$GROUP" -depth -type d -exec rmdir {} +
`;

/** Why this machine can run no systemd for us, or false. */
async function no_systemd(): Promise<string | false> {
  if (needs_root) return needs_root;
  const missing = ['/lib/systemd/systemd', 'systemctl', 'journalctl', 'unshare', 'nsenter'].filter((name) => !installed(name));
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  const { status } = await run('unshare', ['--mount', '--cgroup', '--pid', '--fork', 'sh', '-ec',
    'mount -t tmpfs tmpfs /mnt; mkdir /mnt/c; mount -t cgroup2 cgroup2 /mnt/c; mkdir /mnt/c/eliza-no; rmdir /mnt/c/eliza-no']);
  return status === 0 ? false : 'this container may not mount file systems and make control groups';
}

/** A running systemd: how to command it, and the processes that it started. */
interface Manager {
  command: (...args: string[]) => Promise<Outcome>;
  pid: number;
}

/** Runs systemd with the units, each port in them replaced by one that is free. */
async function systemd(t: Test, ports: Record<string, number>): Promise<Manager> {
  const dir = folder(t);
  for (const name of units) {
    let text = readFileSync(unit(name), 'utf8').replace('/usr/bin/node', '/opt/node');
    for (const [port, free] of Object.entries(ports)) text = text.replaceAll(port, String(free));
    writeFileSync(join(dir, name), text);
  }
  // What a machine starts beside them is left out, but for the log.
  for (const name of ['test', 'sysinit', 'basic', 'sockets', 'network', 'multi-user']) {
    writeFileSync(join(dir, `${name}.target`), '[Unit]\nDefaultDependencies=no\nWants=systemd-journald.service\n');
  }
  const boot = spawn('unshare', ['--mount', 'sh', '-c', BOOT], {
    env: environment({ ROOT: root, NODE: process.execPath, UNITS: dir, GROUP: `eliza-test-${process.pid}` }),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let pid = 0; // of systemd: with it everything in its namespace ends
  t.teardown(async () => {
    if (pid > 0) send(pid, 'SIGKILL');
    await until('systemd to end', () => has_ended(boot));
  });
  pid = await until('systemd', () => {
    if (has_ended(boot)) throw new Error('systemd does not start');
    const [first] = children(boot.pid ?? 0).flatMap(children);
    return first !== undefined && readFileSync(`/proc/${first}/comm`, 'latin1') === 'systemd\n' ? first : 0;
  });
  const command = (...args: string[]): Promise<Outcome> => run('nsenter', [
    '--target', String(pid), '--mount', '--pid', '--uts', '--ipc', '--cgroup', '--', ...args]);
  await until('systemd to listen', async () => (await command('systemctl', 'is-system-running')).stdout.startsWith('running'));
  return { command, pid };
}

/** The daemon that systemd has started on a port. */
const daemon_on = ({ pid }: Manager, port: number): number => children(pid).find((child) =>
  readFileSync(`/proc/${child}/cmdline`, 'latin1').endsWith(`/eliza_hup.js\0--foreground\0${port}\0`)) ?? 0;

type Assert = Pick<typeof t, 'equal' | 'match' | 'notMatch' | 'same'>;

/** A whole life of a service: conversations before and after a reload, and one that is under way at the end. */
async function life(t: Assert, manager: Manager, service: string, port: number,
  look: (daemon: number, child: number) => void): Promise<void> {
  const { command } = manager;
  const door = service.includes('@') ? [] : ['eliza-hup.socket'];
  for (const when of ['at first', 'after a reload']) {
    const client = await Client.greeted(port);
    const daemon = daemon_on(manager, port);
    const [child = 0] = children(daemon);
    look(daemon, child);
    t.match(await client.say('I am sad.'), /^Eliza:\t.*sad/, `${when}, ELIZA answers`);
    await client.bye();
    if (when === 'at first') t.equal((await command('systemctl', 'reload', service)).status, 0, 'it is reloaded');
  }
  const client = await Client.greeted(port);
  t.equal((await command('systemctl', 'stop', ...door, service)).status, 0, 'it is stopped');
  await client.end();
  const { stdout } = await command('systemctl', 'show', '--property=Result,NRestarts,ExecMainStatus', service);
  t.same(stdout.trim().split('\n').sort(), ['ExecMainStatus=0', 'NRestarts=0', 'Result=success'], 'and has ended well');
  const lines = (await command('journalctl', '--quiet', '--output=cat', `_SYSTEMD_UNIT=${service}`)).stdout;
  t.same([lines.match(/Accepting a connection/g)?.length, lines.match(/ finished$/gm)?.length], [3, 2],
    'the journal has the lines of its conversations');
  t.notMatch(lines, /Operation not permitted|ended by signal|Child error|died/, 'and none of what it may not do');
}

void t.test('systemd runs them', { skip: await no_systemd() }, async (t) => {
  const [port, other] = [await free_port(), await free_port()];
  const manager = await systemd(t, { 1200: port });
  const { command } = manager;
  /** The network that a process is in. */
  const network = (pid: number): string => readlinkSync(`/proc/${pid}/ns/net`);

  await t.test('with a socket', async (t) => {
    t.equal((await command('systemctl', 'start', 'eliza-hup.socket')).status, 0, 'systemd opens the door');
    await life(t, manager, 'eliza-hup.service', port, (daemon, child) => {
      t.equal(status(daemon, 'CapBnd'), '00000000000400c0', 'the daemon can only change users and groups, and chroot');
      t.not(network(daemon), network(process.pid), 'there is no network where it is');
      t.equal(readlinkSync(`/proc/${child}/root`), '/run/eliza-hup/home', 'a conversation is in the folder of its own');
      t.equal(status(child, 'Uid'), '65534 65534 65534 65534', 'as nobody');
    });
  });

  await t.test('without root', async (t) => {
    const service = `eliza-hup@${other}.service`;
    t.equal((await command('systemctl', 'start', service)).status, 0, 'it starts');
    await life(t, manager, service, other, (daemon, child) => {
      t.equal(status(daemon, 'CapBnd'), '0000000000000000', 'the daemon has no capability, nor can it get one');
      const [uid = '0'] = status(child, 'Uid').split(' ');
      t.ok(Number(uid) >= 61184 && Number(uid) <= 65519, 'a conversation is a user’s that systemd made for it');
    });
  });
});
