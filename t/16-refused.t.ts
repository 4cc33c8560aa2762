/**
 * What is refused at the start: one line on STDERR that says what is wrong, a status that is not 0, and nothing changed.
 *
 * A student learns to fail early: a daemon that has left the terminal can only tell its log.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import t from 'tap';
import {
  Client, copy_program, environment, folder, free_port, home_in, is_root, needs_root, root, run, start, users,
} from './harness.ts';

const program = join(root, 'eliza_hup.js');
const eliza_hup = (args: string[], env = {}): ReturnType<typeof run> =>
  run(process.execPath, [program, ...args], { env: environment(env) });

void t.test('arguments', async (t) => {
  const dir = folder(t);
  const pidfile = join(dir, 'eliza_hup.pid');
  for (const port of ['0', '65536', '70000', '-1', 'abc', '12x', '1.5', '', ' 1200', '0x10', '1e3']) {
    const { status, stdout, stderr } = await eliza_hup(['--', port], { ELIZA_PIDFILE: pidfile });
    t.equal(stderr, `eliza_hup.js: "${port}" is not a port: a number from 1 to 65535; see node eliza_hup.js --help\n`,
      `${JSON.stringify(port)} is no port: one line says so`);
    t.same([status, stdout], [2, ''], 'the status is 2, and STDOUT silent');
  }
  for (const args of [['--what'], ['-x'], ['1200', '1300'], ['--foreground=yes']]) {
    const { status, stdout, stderr } = await eliza_hup(args, { ELIZA_PIDFILE: pidfile });
    t.match(stderr, /^eliza_hup\.js: [^\n]+; see node eliza_hup\.js --help\n$/,
      `${args.join(' ')}: one line says what is wrong`);
    t.same([status, stdout], [2, ''], 'the status is 2, and STDOUT silent');
  }
  t.notOk(existsSync(pidfile), 'nothing was opened');
});

void t.test('--help and --version', async (t) => {
  const help = await eliza_hup(['--help']);
  t.match(help.stdout, /^Usage: node eliza_hup\.js \[--foreground\] \[-c\] \[PORT\]\n/, '--help shows how to call it');
  const settings = ['PIDFILE', 'USER', 'GROUP', 'HOME', 'SCRIPT'];
  const limits = ['CONVERSATIONS', 'PER_ADDRESS', 'IDLE', 'SESSION', 'LINE', 'LOG_RATE'];
  for (const name of [...settings, ...limits]) t.match(help.stdout, `ELIZA_${name} `, `--help explains ELIZA_${name}`);
  t.same([help.status, help.stderr], [0, ''], '--help is no failure, and nothing on STDERR');
  const version = await eliza_hup(['--version']);
  const { version: number } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  t.same([version.status, version.stdout, version.stderr], [0, `eliza-hup ${number}\n`, ''],
    '--version is the one of package.json');
});

void t.test('-c, which looks and does not run', async (t) => {
  const dir = folder(t);
  const env = { ELIZA_PIDFILE: join(dir, 'pid'), ...home_in(dir) };
  const good = await eliza_hup(['-c', '1200'], env);
  t.same([good.status, good.stdout], [0, ''], 'a program that could be started: status 0');
  t.match(good.stderr, /^eliza_hup\.js syntax OK$/m, 'and "syntax OK", as perl -c has it');
  for (const script of ['', 'doctor.es.txt', relative(process.cwd(), join(root, 'Chatbot', 'doctor.txt'))]) {
    const { status } = await eliza_hup(['-c', '1200'], { ...env, ELIZA_SCRIPT: script });
    t.equal(status, 0, `a script is named as for npx eliza: "${script}"`);
  }
  const bad = await eliza_hup(['-c', '1200'], { ...env, ELIZA_SCRIPT: '/nowhere/script.txt' });
  t.not(bad.status, 0, 'one that could not, for want of its script: another status');
  t.notMatch(bad.stderr, /syntax OK/, 'and no "syntax OK"');
  t.notOk(existsSync(join(dir, 'pid')), 'nothing was opened');
});

for (const { name, settings } of users) {
  void t.test(`a port in use, ${name}`, async (t) => {
    const port = await free_port();
    const other = createServer().listen(port, '0.0.0.0');
    await new Promise((resolve) => other.once('listening', resolve));
    const { status, stderr, pidfile } = await start(t, { ...settings, port });
    other.close();
    t.match(stderr, `Can't create a listening socket: port ${port}: Address already in use at eliza_hup.js line`,
      'it says which port, and why not');
    t.equal(status, 98, 'errno');
    t.notOk(existsSync(pidfile), 'no pid file is left');
  });
}

const privileged = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
const free = privileged > 1001 ? false : 'on this machine everybody may listen on every port';
void t.test('a port that is root’s', { skip: free }, async (t) => {
  const { status, stderr, pidfile } = await start(t, { user: 'nobody', port: 1001 });
  t.match(stderr, /^Can't create a listening socket: port 1001: Permission denied \(ports below 1024 are root's\) at /m,
    'it says which port, and why not');
  t.equal(status, 13, 'errno');
  t.notOk(existsSync(pidfile), 'no pid file is left');
});

void t.test('the environment', async (t) => {
  const file = join(folder(t), 'file');
  writeFileSync(file, '');
  for (const [name, value, complaint] of [
    ['ELIZA_PIDFILE', 'here', '"here" is not an absolute path'],
    ['ELIZA_HOME', '../there', '"../there" is not an absolute path'],
    ['ELIZA_USER', 'no body', '"no body" is not a user\'s name'],
    ['ELIZA_GROUP', '-1', '"-1" is not a group\'s name'],
    ['ELIZA_USER', 'nobody_here', 'there is no user nobody_here'],
    ['ELIZA_GROUP', 'nobody_here', 'there is no group nobody_here'],
    ...is_root
      ? [
          ['ELIZA_HOME', file, `${file} is not a folder`] as const,
          ['ELIZA_HOME', '/proc/nowhere', 'ENOENT: no such file or directory, mkdir \'/proc/nowhere\''] as const,
        ]
      : [['ELIZA_HOME', '/', 'only root can'] as const],
  ] as const) {
    const { status, stderr } = await eliza_hup(['1200'], { [name]: value });
    t.match(stderr, `eliza_hup.js: ${name}: ${complaint}`, `${name}=${value}: the line names the variable and the fault`);
    t.match(stderr, /^[^\n]*\n$/, 'one line');
    t.equal(status, 2, 'the status is 2');
  }
});

void t.test('a user who is not root and asks for what only root can do', { skip: needs_root }, async (t) => {
  for (const [name, value] of [['ELIZA_USER', 'root'], ['ELIZA_GROUP', 'root'], ['ELIZA_HOME', '/']] as const) {
    const { status, stderr } = await start(t, { user: 'nobody', env: { [name]: value } });
    t.match(stderr, new RegExp(`^eliza_hup\\.js: ${name}: only root can `), `${name}: says who may set it`);

    t.equal(status, 2, 'the status is 2');
  }
});

void t.test('a user who is not root is told what is left out', async (t) => {
  const { status, stderr, port } = await start(t, { user: 'nobody' });
  t.equal(status, 0, 'it starts all the same');
  t.match(stderr, /^eliza_hup\.js: not root: no change of user: [^\n]*; no change of group; no chroot$/m,
    'one line says what it goes without');
  await (await Client.greeted(port)).bye();
});

void t.test('a script that cannot be used', async (t) => {
  const dir = folder(t);
  const broken = join(dir, 'broken.txt');
  writeFileSync(broken, 'initial: Hello.\n');
  for (const [script, complaint] of [
    ['/nowhere/script.txt', 'Could not read from file /nowhere/script.txt : No such file or directory'],
    [broken, `${program}: error parsing script:  the script is empty. at ${broken} line 1.`],
  ] as const) {
    const { status, stderr, pidfile } = await start(t, { dir, env: { ELIZA_SCRIPT: script } });
    t.equal(stderr.replace(/^eliza_hup\.js: not root: .*\n/, ''), `${complaint}\n`, 'one line, and where to look');
    t.not(status, 0, 'the status is not 0');
    t.notOk(existsSync(pidfile), 'no pid file is left');
  }
});

void t.test('a copy without its packages', async (t) => {
  const copy = copy_program(folder(t), { packages: false });
  const { status, stderr } = await run(process.execPath, [copy, '1200']);
  t.equal(stderr, "eliza_hup.js: needs koffi, which npm ci installs: Error: Cannot find module 'koffi'\n",
    'one line says what is missing, and how to get it');
  t.equal(status, 255, 'the status is that of die');
});

/** Runs the program in a node that says it is on another platform or processor. */
function elsewhere(property: 'platform' | 'arch', value: string): ReturnType<typeof run> {
  const pretend = `data:text/javascript,Object.defineProperty(process, '${property}', { value: '${value}' })`;
  return run(process.execPath, ['--import', pretend, program, '1200']);
}

void t.test('another system', async (t) => {
  for (const platform of ['darwin', 'win32', 'freebsd']) {
    const { status, stderr } = await elsewhere('platform', platform);
    t.match(stderr, /^eliza_hup\.js: needs Linux [^\n]*: run it in a Linux container, or on Windows in WSL\n$/,
      `${platform}: one line says what it needs`);
    t.equal(status, 255, 'the status is that of die');
  }
});

void t.test('another processor', async (t) => {
  const { status, stderr } = await elsewhere('arch', 's390x');
  t.equal(stderr, "eliza_hup.js: can't fork on s390x: it takes Linux on x64 or arm64\n", 'one line says what it takes');
  t.equal(status, 255, 'the status is that of die');
});
