/**
 * Where it runs, and what it says where it does not: one line on STDERR, and a status that is not 0.
 *
 * A student learns that what a program takes for granted (the interpreter's age, /proc, a group's name, enough memory) is
 * the first thing that differs elsewhere, and that only the program itself can say so in words.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { room } from '../perl/Linux/MemInfo.ts';
import { needed } from '../perl/version.ts';
import {
  at_rest, Client, copy_program, environment, folder, free_port, home_in, installed, needs_root, type Outcome, pid_in, root,
  run, send, start, status, terminate, type Test,
} from './harness.ts';

const program = join(root, 'eliza_hup.js');
const eliza = join(root, 'tools', 'eliza.js');

const needs_setpriv = installed('setpriv') ? false : 'setpriv is not installed';
const needs_unshare = installed('unshare') ? false : 'unshare is not installed';

/** Runs a program in a node that says of itself that its versions are others. */
function pretending(versions: Record<string, string>, ...args: string[]): Promise<Outcome> {
  const value = `{ ...process.versions, ...${JSON.stringify(versions)} }`;
  const pretend = `data:text/javascript,Object.defineProperty(process, 'versions', { value: ${value} })`;
  return run(process.execPath, ['--import', pretend, ...args], { input: 'bye\n' });
}

/** Whether package.json's `engines` has a version: it names the later ones of a major, and all from another on. */
function in_engines(version: string): boolean {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  const { engines } = JSON.parse(text) as { engines: { node: string } };
  const range = /^\^(\d+)\.(\d+) \|\| >=(\d+)\.(\d+)$/.exec(engines.node)?.slice(1).map(Number);
  if (!range) throw new Error(`"engines" is not in the form that this test reads: ${engines.node}`);
  const [older = 0, older_minor = 0, newer = 0, newer_minor = 0] = range;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major === older ? minor >= older_minor : major === newer ? minor >= newer_minor : major > newer;
}

const versions = [
  '16.20.2', '18.20.8', '19.8.1', '20.18.3', '20.19.0', '21.7.3', '22.0.0', '22.2.0', '22.3.0', '23.0.0', '24.21.0', '30.0.0',
];
void t.test('a Node that is too old', async (t) => {
  const bare = copy_program(folder(t), { packages: false }); // whatever it loads later is not there
  for (const node of versions) {
    const supported = in_engines(node);
    for (const [file, name] of [[bare, 'eliza_hup.js'], [eliza, 'eliza.js']] as const) {
      const { status, stderr } = await pretending({ node }, file, '--version');
      const line = `${name}: needs ${needed}: this is ${node}\n`;
      t.equal(stderr, supported ? '' : line, `${node}, ${name}: ${supported ? 'nothing is amiss' : 'one line says so'}`);
      t.equal(status, supported ? 0 : 255, 'and the status is that of package.json’s "engines"');
    }
  }
  const { stderr } = await pretending({ node: '18.20.8' }, bare, '1200');
  t.match(stderr, /^eliza_hup\.js: needs Node .*\n$/, 'it is told before anything else is looked for');
});

void t.test('Bun and Deno', async (t) => {
  const dir = folder(t);
  copy_program(dir, { packages: false }); // no koffi, so no C library
  for (const name of ['eliza.js', 'common/command.js']) cpSync(join(root, 'tools', name), join(dir, 'tools', name));
  const bot = join(dir, 'tools', 'eliza.js');
  for (const [name, key] of [['Bun', 'bun'], ['Deno', 'deno']] as const) {
    const { status, stderr } = await pretending({ [key]: '1.0.0' }, program, '1200');
    t.equal(stderr, `eliza_hup.js: can't fork on ${name}: it takes ${needed}\n`, `${name}: one line says what it takes`);
    t.equal(status, 255, 'the status is that of die');
    const talk = await pretending({ [key]: '1.0.0' }, bot);
    t.match(talk.stdout, /^[^\n]+\n[^\n]+\n$/, 'the bot, which need not fork, says hello and goodbye');
    t.same([talk.status, talk.stderr], [0, ''], 'and nothing is amiss');
    const lost = await pretending({ [key]: '1.0.0' }, bot, '--script', '/nowhere/script.txt');
    t.equal(lost.stderr, 'Could not read from file /nowhere/script.txt : No such file or directory\n',
      'it has the words of the C library without it');
  }
});

void t.test('a Node that does not take types away', async (t) => {
  // Debian's builds among others. The answer is Node's own: it has not read a line of the program.
  const switches = ['--no-strip-types', '--no-experimental-strip-types']; // 22 knows the second alone
  const strips = switches.filter((name) => process.allowedNodeEnvironmentFlags.has(name)).slice(0, 1);
  const dir = folder(t);
  const empty = join(dir, 'eliza_hup.ts');
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
  writeFileSync(empty, '');
  for (const file of [join(root, 'eliza_hup.ts'), empty]) {
    const { status, stderr } = await run(process.execPath, [...strips, file, '--version'], { cwd: root });
    t.match(stderr, /\[ERR_UNKNOWN_FILE_EXTENSION\]: Unknown file extension "\.ts"/,
      `${file === empty ? 'an empty file' : 'eliza_hup.ts'}: Node refuses the extension`);
    t.not(status, 0, 'the status is not 0');
  }
  const asked = await run(process.execPath, [...strips, '-p', 'process.features.typescript']);
  t.match(asked.stdout, /^(?:false|undefined)\n$/, 'the question in CONTRIBUTING.md tells it beforehand');
  t.match(readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8'), '`node -p process.features.typescript`', 'which has it');
});

/** Starts the daemon on a system whose group file is another: Fedora's, say. */
async function with_groups(t: Test, groups: string): Promise<Outcome & { port: number; pidfile: string }> {
  const [dir, port] = [folder(t), await free_port()];
  const pidfile = join(dir, 'pid');
  writeFileSync(join(dir, 'group'), groups);
  writeFileSync(join(dir, 'nsswitch.conf'), 'passwd: files\ngroup: files\n'); // systemd would make up what is missing
  const there = ['group', 'nsswitch.conf'].filter((name) => existsSync(`/etc/${name}`));
  const binds = there.map((name) => `mount --bind ${join(dir, name)} /etc/${name}`);
  const script = [...binds, 'exec "$@"'].join(' && ');
  const command = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', process.execPath, program, String(port)];
  t.teardown(() => terminate(pid_in(pidfile)).catch(() => undefined));
  const outcome = await run('unshare', command, { env: environment({ ELIZA_PIDFILE: pidfile, ...home_in(dir) }) });
  return { ...outcome, port, pidfile };
}

void t.test('no group nogroup', { skip: needs_root || needs_unshare }, async (t) => {
  const fedora = await with_groups(t, 'root:x:0:\nnobody:x:65534:\n');
  t.equal(fedora.status, 0, 'it starts');
  t.match(fedora.stderr, /^eliza_hup\.js: no group nogroup here, so conversations have nobody's own: nobody$/m,
    'one line says which group it takes instead');
  await (await Client.greeted(fedora.port)).bye();
  const daemon = pid_in(fedora.pidfile);
  t.equal(status(daemon, 'Gid'), '65534 65534 65534 65534', 'it is that group');
  const none = await with_groups(t, 'root:x:0:\n');
  t.match(none.stderr, /^eliza_hup\.js: ELIZA_GROUP: there is no group nogroup\n$/,
    'where nobody’s own has no name either, one line says what is missing');
  t.equal(none.status, 2, 'the status is that of a wrong setting');
});

/** Starts the daemon in a way that cannot work. @returns what came of it, and whether a pid file is left */
async function refused(t: Test, ...before: string[]): Promise<Outcome & { left: boolean }> {
  const dir = folder(t);
  const [pidfile, home] = [join(dir, 'pid'), join(dir, 'home')];
  mkdirSync(home);
  const command = [...before, process.execPath, program, String(await free_port())];
  const env = environment({ ELIZA_PIDFILE: pidfile, ELIZA_HOME: home });
  const outcome = await run(command[0] ?? '', command.slice(1), { env });
  return { ...outcome, left: existsSync(pidfile) };
}

const namespaces = spawnSync('unshare', ['-r', 'true']).status === 0 ? false : 'no user namespaces here';
void t.test('a root that cannot become anybody: a user namespace that knows one uid', { skip: namespaces }, async (t) => {
  const as_nobody = await refused(t, 'unshare', '-r');
  const line = "eliza_hup.js: ELIZA_USER: root can't become nobody here: Invalid argument; start it as an ordinary user\n";
  t.equal(as_nobody.stderr, line, 'one line says what fails, and what to do');
  t.same([as_nobody.status, as_nobody.left], [2, false], 'its status is that of a wrong setting, and no pid file is left');
  const as_root = await refused(t, 'unshare', '-r', 'env', 'ELIZA_USER=root', 'ELIZA_GROUP=root');
  t.match(as_root.stderr, /^eliza_hup\.js: ELIZA_GROUP: root can't become root here: Operation not permitted; [^\n]*\n$/,
    'to stay root does not help, and it says why: the groups cannot be given up');
  t.equal(as_root.status, 2, 'with the same status');
});

void t.test('a root without a capability that it needs', { skip: needs_root || needs_setpriv }, async (t) => {
  for (const [without, what] of [
    ['setuid', 'ELIZA_USER: root can\'t become nobody here'],
    ['setgid', 'ELIZA_GROUP: root can\'t become nogroup here'],
    ['sys_chroot', 'ELIZA_HOME: root can\'t lock children into /'],
  ] as const) {
    const { status, stderr, left } = await refused(t, 'setpriv', '--bounding-set', `-${without}`);
    t.match(stderr, new RegExp(`^eliza_hup\\.js: ${what}[^\\n]*: Operation not permitted; start it as an ordinary user\\n$`),
      `${without}: one line says what fails`);
    t.same([status, left], [2, false], 'its status is that of a wrong setting, and no pid file is left');
  }
});

void t.test('no /proc', { skip: needs_root || needs_unshare }, async (t) => {
  const hide = ['sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'];
  const { status, stderr, left } = await refused(t, 'unshare', '--mount', '--propagation', 'private', ...hide);
  t.equal(stderr, 'eliza_hup.js: needs /proc, which is not mounted here\n', 'one line says so');
  t.same([status, left], [255, false], 'its status is that of die, and no pid file is left');
});

void t.test('too few descriptors', async (t) => {
  const line = 'eliza_hup.js: needs 32 descriptors, and may have 24: see ulimit -n\n';
  const libc = pathToFileURL(join(root, 'perl', 'libc.js')).href;
  const few = 'libc().getrlimit = (_, limits) => { limits.rlim_cur = 24; return 0; };';
  const pretend = ['--import', `data:text/javascript,import { libc } from '${libc}'; ${few}`];
  const pretended = await run(process.execPath, [...pretend, program, '1200'], { env: environment() });
  t.equal(pretended.stderr, line, 'one line says how many it needs');
  t.equal(pretended.status, 255, 'its status is that of die');
  const { status, stderr, left } = await refused(t, 'sh', '-c', 'ulimit -n 24; exec "$@"', 'sh');
  // An older Node opens a program's files side by side, and with so few ends over that before it has read them.
  if (/^node:internal[^]*EMFILE/m.test(stderr)) return;
  t.equal(stderr, line, 'so it does under ulimit -n 24');
  t.same([status, left], [255, false], 'and no pid file is left');
});

/** A control group for memory, where root can make one. @returns its folder, and which of its files takes a limit */
function memory_group(t: Test): { dir: string; limit: string } | undefined {
  for (const [at, limit] of [['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'], ['/sys/fs/cgroup', 'memory.max']] as const) {
    const dir = join(at, `hup-${process.pid}`);
    try {
      mkdirSync(dir);
    } catch {
      continue;
    }
    t.teardown(() => { rmdirSync(dir); });
    if (existsSync(join(dir, limit))) return { dir, limit };
  }
  return undefined;
}

void t.test('little memory', { skip: needs_root }, async (t) => {
  const group = memory_group(t);
  if (!group) {
    t.comment('no control group for memory can be made here');
    return;
  }
  writeFileSync(join(group.dir, group.limit), String(64 * 2 ** 20));
  const join_group = join(folder(t), 'node'); // a node that begins in the group
  writeFileSync(join_group, `#!/bin/sh\necho $$ > ${group.dir}/cgroup.procs\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
  const { port, pid, logged, stop } = await start(t, { node: join_group });
  await (await Client.greeted(port)).bye();
  await at_rest(pid());
  t.match(readFileSync(`/proc/${pid()}/smaps_rollup`, 'utf8'), /^AnonHugePages: +0 kB$/m,
    'with 64 MB its code stays where the kernel can throw it away, and its memory in small pages');
  send(pid(), 'SIGHUP');
  await logged(/Server accepting/, 2);
  await (await Client.greeted(port)).bye();
  await stop();
  t.pass('it serves, is relaunched, and ends');
});

void t.test('how much memory there is to take', (t) => {
  const MB = 2 ** 20;
  const machine = { 'proc/meminfo': 'MemTotal: 9000 kB\nMemAvailable:  512000 kB\n' };
  const cases: [words: string, files: Record<string, string>, megabytes: number][] = [
    ['no groups: what the machine has', machine, 500],
    ['version 2, a group without a limit in one that has one', {
      ...machine,
      'proc/self/cgroup': '0::/a/b\n',
      'sys/fs/cgroup/a/b/memory.max': 'max\n',
      'sys/fs/cgroup/a/memory.max': String(100 * MB),
      'sys/fs/cgroup/a/memory.stat': `anon ${30 * MB}\nfile ${60 * MB}\n`,
    }, 70],
    ['version 2 in a container, whose own group is the outermost', {
      ...machine,
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/memory.max': String(64 * MB),
      'sys/fs/cgroup/memory.stat': `anon ${4 * MB}\n`,
    }, 60],
    ['version 1 in a container that shows the name outside', {
      ...machine,
      'proc/self/cgroup': '5:cpu,memory:/docker/1\n0::/\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': String(96 * MB),
      'sys/fs/cgroup/memory/memory.stat': `rss 1\ntotal_rss ${6 * MB}\n`,
    }, 90],
    ['nothing says how much', {}, Infinity],
  ];
  for (const [words, files, megabytes] of cases) {
    const dir = folder(t);
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), text);
    }
    t.equal(room(dir) / MB, megabytes, words);
  }
  t.end();
});
