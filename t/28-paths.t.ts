/**
 * Paths that somebody else could lead elsewhere: none of them is used.
 *
 * A student learns that a path is as safe as the least safe folder on the way, that a link belongs to who has made it, and
 * that in /tmp anybody may have been there first.
 */
import {
  chmodSync, chownSync, existsSync, lchownSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  as_nobody, Client, environment, folder, free_port, home_in, installed, is_root, needs_root, nobody, pid_in, root, run,
  terminate, type Test, until,
} from './harness.ts';

const program = join(root, 'eliza_hup.js');
const stranger = { uid: 12345, gid: 12345 };

/** Asks -c about the program with some environment. @returns what it said */
async function asked(env: Record<string, string>, ...before: string[]): Promise<string> {
  const [command, ...args] = [...before, process.execPath, program, '-c', '1200'];
  const { status, stderr } = await run(command, args, { env: environment(env) });
  return `${stderr}${String(status)}`;
}

void t.test('ELIZA_HOME', { skip: needs_root }, async (t) => {
  const dir = folder(t);
  const at = (name: string): string => join(dir, name);
  const tell = async (home: string): Promise<string> => asked({ ELIZA_PIDFILE: at('pid'), ELIZA_HOME: home });
  for (const name of ['open', 'foreign', 'sticky', 'good', 'closed']) mkdirSync(at(name));
  chmodSync(at('open'), 0o777);
  chmodSync(at('sticky'), 0o1777);
  chownSync(at('foreign'), stranger.uid, stranger.gid);
  symlinkSync(at('good'), at('our-link'));
  symlinkSync(at('good'), at('sticky/foreign-link'));
  lchownSync(at('sticky/foreign-link'), stranger.uid, stranger.gid);
  symlinkSync('round', at('round'));
  writeFileSync(at('file'), '');
  for (const [home, why] of [
    ['open/home', `${at('open')} must not be writable by others`],
    ['foreign/home', `${at('foreign')} must be root's`],
    ['sticky/foreign-link', `${at('sticky/foreign-link')} must be root's`],
    ['sticky/foreign-link/home', `${at('sticky/foreign-link')} must be root's`],
    ['sticky', `${at('sticky')} must be root's, and writable by root alone`],
    ['file', `${at('file')} is not a folder`],
    ['round', `${at('round')} is a link that leads nowhere`],
  ] as const) {
    t.equal(await tell(at(home)), `eliza_hup.js: ELIZA_HOME: ${why}\n2`, `${home}: one line says what is wrong on the way`);
  }
  for (const home of ['/', '/..', '/tmp/..']) {
    t.equal(await tell(home), 'eliza_hup.js: ELIZA_HOME: / would lock nobody in\n2', `${home}: it is no lock`);
  }
  for (const home of ['good', 'our-link', 'good/new', 'sticky/new']) {
    t.equal(await tell(at(home)), 'eliza_hup.js syntax OK\n0', `${home}: nobody else can change it`);
  }
});

const users: [words: string, before: string[], owner: { uid: number; gid: number }, whose: string][] = [
  ...is_root ? [['as root', [], { uid: 0, gid: 0 }, "root's"] as [string, string[], typeof nobody, string]] : [],
  ['as an ordinary user', as_nobody, is_root ? nobody : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    "yours or root's"],
];
for (const [words, before, owner, whose] of users) {
  const home = (dir: string): Record<string, string> => before.length === 0 ? home_in(dir) : {};

  void t.test(`the pid file, ${words}`, async (t) => {
    const dir = folder(t);
    if (is_root) chownSync(dir, owner.uid, owner.gid);
    const at = (name: string): string => join(dir, name);
    const make = (name: string, mode: number, { uid, gid } = owner): void => {
      mkdirSync(at(name));
      chmodSync(at(name), mode);
      if (is_root) chownSync(at(name), uid, gid);
    };
    make('open', 0o777);
    make('sticky', 0o1777);
    make('closed', 0o700);
    writeFileSync(at('precious'), '1234');
    symlinkSync(at('precious'), at('link'));
    mkdirSync(at('folder'));
    symlinkSync(at('closed'), at('our-link'));
    if (is_root) lchownSync(at('our-link'), owner.uid, owner.gid);
    const cases = [
      ['open/pid', `${at('open')} must not be writable by others`],
      ['link', `${at('link')} is not a file`],
      ['folder', `${at('folder')} is not a file`],
    ];
    if (is_root) {
      make('foreign', 0o755, stranger);
      writeFileSync(at('sticky/foreign'), '1');
      chownSync(at('sticky/foreign'), stranger.uid, stranger.gid);
      symlinkSync(at('closed'), at('sticky/foreign-link'));
      lchownSync(at('sticky/foreign-link'), stranger.uid, stranger.gid);
      cases.push(
        ['foreign/pid', `${at('foreign')} must be ${whose}`],
        ['sticky/foreign', `${at('sticky/foreign')} must be ${whose}`],
        ['sticky/foreign-link/pid', `${at('sticky/foreign-link')} must be ${whose}`],
      );
    }
    for (const [name = '', why = ''] of cases) {
      const said = await asked({ ELIZA_PIDFILE: at(name), ...home(dir) }, ...before);
      t.equal(said, `eliza_hup.js: ELIZA_PIDFILE: ${why}\n2`, `${name}: one line says what is wrong on the way`);
    }
    t.equal(readFileSync(at('precious'), 'utf8'), '1234', 'what a link leads to is as it was');
    for (const name of ['closed/pid', 'sticky/pid', 'our-link/pid']) {
      const said = await asked({ ELIZA_PIDFILE: at(name), ...home(dir) }, ...before);
      t.match(said, /^eliza_hup\.js syntax OK\n0$/, `${name}: nobody else can change it`);
    }
  });
}

void t.test('the folder in /tmp of a user who is not root', async (t) => {
  const { uid, gid } = is_root ? nobody : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const name = `eliza_hup-${uid}`;
  const own = (path: string): void => { if (is_root) lchownSync(path, uid, gid); };
  const tell = async (t: Test, prepare: (tmp: string) => void): Promise<{ said: string; tmp: string }> => {
    const tmp = folder(t);
    chmodSync(tmp, 0o1777);
    prepare(tmp);
    return { said: await asked({ TMPDIR: tmp, XDG_RUNTIME_DIR: join(tmp, 'nowhere') }, ...as_nobody), tmp };
  };
  const complaint = (tmp: string): string =>
    `eliza_hup.js: ${join(tmp, name)}: is not yours alone; name a pid file in ELIZA_PIDFILE\n2`;

  const fresh = await tell(t, () => undefined);
  t.equal(fresh.said, 'eliza_hup.js syntax OK\n0', 'it is made where there is none');
  t.same(readdirSync(fresh.tmp), [name], 'under a name of the user’s');

  const linked = await tell(t, (tmp) => {
    mkdirSync(join(tmp, 'secrets'), { mode: 0o700 });
    symlinkSync(join(tmp, 'secrets'), join(tmp, name));
    own(join(tmp, 'secrets'));
    own(join(tmp, name));
  });
  t.equal(linked.said, complaint(linked.tmp), 'a link, though it leads to a folder of the user’s, is refused');
  t.same(readdirSync(join(linked.tmp, 'secrets')), [], 'and nothing is written there');

  const open = await tell(t, (tmp) => {
    mkdirSync(join(tmp, name));
    chmodSync(join(tmp, name), 0o755);
    own(join(tmp, name));
  });
  t.equal(open.said, complaint(open.tmp), 'one that others can read is refused');

  const foreign = await tell(t, (tmp) => {
    mkdirSync(join(tmp, name), { mode: 0o700 });
    if (is_root) lchownSync(join(tmp, name), stranger.uid, stranger.gid);
    else chmodSync(join(tmp, name), 0o500);
  });
  if (is_root) t.equal(foreign.said, complaint(foreign.tmp), 'one of somebody else’s is refused');

  const given = await tell(t, (tmp) => {
    mkdirSync(join(tmp, 'nowhere'));
    chmodSync(join(tmp, 'nowhere'), 0o777);
    own(join(tmp, 'nowhere'));
  });
  t.equal(given.said, 'eliza_hup.js syntax OK\n0', 'an XDG_RUNTIME_DIR that others can write');
  t.ok(existsSync(join(given.tmp, name)), 'is passed over');
});

const skip = needs_root || (installed('unshare') ? false : 'unshare is not installed');
void t.test('process 1 of a container, in a volume that everybody may write', { skip }, async (t) => {
  const dir = folder(t);
  const volume = join(dir, 'volume');
  mkdirSync(volume);
  chmodSync(volume, 0o777); // as Kubernetes makes them
  const env = { ELIZA_PIDFILE: join(volume, 'pid'), ...home_in(dir) };
  const namespace = ['unshare', '--pid', '--fork', '--mount-proc'];
  t.match(await asked(env), `${volume} must not be writable by others\n2`, 'beside other processes it is refused');
  t.equal(await asked(env, ...namespace), 'eliza_hup.js syntax OK\n0', 'who is process 1 is alone there');
});

void t.test('a daemon in a folder of its user’s in /tmp', async (t) => {
  const tmp = folder(t);
  chmodSync(tmp, 0o1777);
  const port = await free_port();
  const [command, ...args] = [...as_nobody, process.execPath, program, String(port)];
  const { uid } = is_root ? nobody : { uid: process.getuid?.() ?? 0 };
  const pidfile = join(tmp, `eliza_hup-${uid}`, 'eliza_hup.pid');
  t.teardown(() => terminate(pid_in(pidfile)).catch(() => undefined));
  const { status } = await run(command, args, { env: environment({ TMPDIR: tmp, XDG_RUNTIME_DIR: '' }) });
  t.equal(status, 0, 'it starts');
  await (await Client.greeted(port)).bye();
  const first = pid_in(pidfile);
  process.kill(first, 'SIGHUP');
  await until('another pid', () => ![0, first].includes(pid_in(pidfile)));
  await (await Client.greeted(port)).bye();
  t.pass('and is relaunched there');
});
