/**
 * The processes: who the daemon is, who its children are, and what they can reach.
 *
 * A student learns to read /proc: ids, capabilities, root directory, descriptors; and what "giving up root for good" is.
 */
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  children, Client, descriptors, folder, is_root, needs_root, no_large_pages, root, run, start, status, until, users,
} from './harness.ts';

/** The event descriptors of a process: the kernel's own numbers of what is behind them. */
function events(pid: number): (string | undefined)[] {
  return descriptors(pid).filter((fd) => fd.endsWith('[eventfd]'))
    .map((fd) => /^eventfd-id: *(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${parseInt(fd)}`, 'latin1'))?.[1]);
}

for (const { name, settings } of users) {
  void t.test(name, async (t) => {
    const { port, pid, dir } = await start(t, { ...settings, syslog: 'own', env: { IFS: 'x', CDPATH: '/', KEPT: 'yes' } });
    const daemon = pid();
    const client = await Client.greeted(port);
    const child = await until('a child', () => children(daemon)[0]);
    const as_root = is_root && settings.user === undefined;

    await t.test('the daemon', (t) => {
      const stat = readFileSync(`/proc/${daemon}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
      t.equal(status(daemon, 'PPid'), '1', 'its parent is init');
      t.equal(stat[3], String(daemon), 'it leads a session of its own');
      t.equal(stat[4], '0', 'no terminal');
      t.equal(readlinkSync(`/proc/${daemon}/cwd`), '/', 'it works in /');
      t.equal(status(daemon, 'Umask'), '0000', 'its umask is 0');
      t.equal(status(daemon, 'Threads'), '1', 'it has one thread, so none can hold a lock when it forks');
      if (as_root) {
        t.equal(status(daemon, 'Uid'), '0 65534 0 65534', 'real and saved uid root, effective nobody');
        t.equal(status(daemon, 'Gid'), '65534 65534 65534 65534', 'all gids nogroup');
        t.equal(status(daemon, 'Groups'), '65534', 'no other group');
      }
      t.same(descriptors(daemon).filter((fd) => /^[012] /.test(fd)), ['0 /dev/null', '1 /dev/null', '2 /dev/null'],
        'its first three descriptors are /dev/null');
      const environ = readFileSync(`/proc/${daemon}/environ`, 'latin1');
      t.match(environ, 'KEPT=yes', 'the environment is kept');
      t.end();
    });

    await t.test('a child', (t) => {
      const ids = is_root ? '65534 65534 65534 65534' : status(daemon, 'Uid');
      t.equal(status(child, 'Uid'), ids, 'all four uids');
      t.equal(status(child, 'Gid'), is_root ? ids : status(daemon, 'Gid'), 'all four gids');
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) {
        t.equal(status(child, set), '0000000000000000', `no capability in ${set}`);
      }
      t.equal(status(child, 'NoNewPrivs'), '1', 'and no way to gain one by exec');
      t.equal(status(child, 'Threads'), '1', 'one thread');
      if (as_root) {
        t.equal(readlinkSync(`/proc/${child}/root`), join(dir, 'home'), 'its root directory is ELIZA_HOME');
        t.equal(readlinkSync(`/proc/${child}/cwd`), join(dir, 'home'), 'it works there');
        const { uid, mode } = statSync(join(dir, 'home'));
        t.same([uid, mode & 0o777], [0, 0o755], 'which was not there, and has been made; it is root’s');
      }
      const open = descriptors(child);
      t.equal(new Set(open.filter((fd) => /^[012] /.test(fd)).map((fd) => fd.slice(2))).size, 1, '0, 1 and 2 are the client');
      const others = open.filter((fd) => !/^[012] /.test(fd)).map((fd) => fd.split(' ')[1]);
      t.equal(others.filter((what) => what !== 'anon_inode:[eventfd]').length, 1, 'one is the log');
      const [event, ...more] = events(child);
      t.ok(event !== undefined && more.every((other) => other === event), 'the others are one event descriptor');
      t.notOk(events(daemon).includes(event), 'which is not the daemon’s');
      const maps = readFileSync(`/proc/${child}/maps`, 'latin1');
      t.notMatch(maps, /^\S+ .w.s/m, 'no memory that it shares and may write to');
      t.notMatch(maps, /^\S+ .wx/m, 'none where it could write code');
      t.end();
    });
    await client.bye();
  });
}

void t.test('a child cannot become root again', { skip: needs_root }, async (t) => {
  const program = join(root, 't', 'programs', 'privileges.js');
  const dir = folder(t);
  const { stdout, stderr } = await run(process.execPath, [program, '--foreground'], { cwd: dir });
  t.match(stderr, /^$/, 'nothing on STDERR');
  t.same(JSON.parse(stdout), {
    'setresuid': 'Operation not permitted',
    'setgroups': 'Operation not permitted',
    'chroot': 'Operation not permitted',
    '/etc/passwd': 'not there',
  }, 'every way back is refused, and the files of the system are not there');
});

void t.test('node’s code is in large pages, which a fork takes over whole', { skip: no_large_pages() }, async (t) => {
  const { pid, port } = await start(t, { user: 'nobody' });
  await until('large pages', () => {
    const maps = readFileSync(`/proc/${pid()}/smaps`, 'latin1').split(/^(?=[0-9a-f]+-)/m);
    return maps.some((map) => {
      const [, size] = /^Size: *(\d+) kB$/m.exec(map) ?? [];
      return map.split(' ')[1] === 'r-xp' && new RegExp(`^AnonHugePages: *${size ?? ''} kB$`, 'm').test(map);
    });
  });
  await (await Client.greeted(port)).bye();
});
