/**
 * Every command that the README, CONTRIBUTING and the guide tell a reader to type works as it stands there: it is typed here,
 * in a copy of the checkout, as root and as an ordinary user, or the place that runs it is named and looked up.
 *
 * A student learns that a command in a text is a promise, and that a list of them which nobody compares with the text is none.
 */
import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { lasting } from '../tools/sessions.ts';
import {
  as_nobody, Client, copy_checkout, folder, free_port, installed, is_root, is_running, long, nobody, type Outcome, root, run,
  send, type Test, until, users,
} from './harness.ts';

const source = (file: string): string => readFileSync(join(root, file), 'utf8');
const guide = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md') && !name.startsWith('site')).sort();
const pages = ['README.md', 'CONTRIBUTING.md', ...guide.map((name) => join('docs', name))];

/** What a command in a sentence begins with. */
const COMMAND = /^(?:npm|npx|node|bash|sh|telnet|nc|curl|docker|podman|kill|prove|perldoc|perf|strace|systemctl) \S/;

/** A command, and the page that shows it. */
interface Shown {
  page: string;
  command: string;
  /** In a `console` block, with what it said. */
  session: boolean;
}

/** The commands of a page: in its blocks, and in its sentences. */
function shown(page: string): Shown[] {
  const blocks = [...source(page).matchAll(/^```(\w*)[^\n]*\n([^]*?)^```$/gm)].flatMap(([, kind, body = '']) => {
    const lines = body.split('\n').map((line) => line.replace(/\s+#.*/, ''));
    const plain = (line: string): boolean => kind === 'sh' ? line !== '' : kind === '' && COMMAND.test(line);
    const typed = lines.filter((line) => line.startsWith('$ ') || plain(line));
    return typed.map((line) => ({ page, command: line.replace(/^\$ /, ''), session: kind === 'console' }));
  });
  const sentences = [...source(page).replaceAll(/^```[^]*?^```$/gm, '').matchAll(/`([^`]+)`/g)]
    .map(([, code = '']) => ({ page, command: code.replaceAll(/\s+/g, ' '), session: false }))
    .filter(({ command }) => COMMAND.test(command));
  return [...blocks, ...sentences].flatMap((one) => one.session || /^(?:docker|podman) /.test(one.command)
    ? [one]
    : one.command.split(' && ').map((command) => ({ ...one, command })));
}

const all = pages.flatMap(shown);
const commands = [...new Set(all.filter(({ session }) => !session).map(({ command }) => command))];

/** Commands that take too long for here: the file that runs them, and its words that do. */
const elsewhere: Record<string, [file: string, words: string]> = {
  'npm ci': ['.ci/run', '\nnpm ci && npm test\n'],
  'npm test': ['.ci/run', '\nnpm ci && npm test\n'],
  'npm run check': ['.ci/run', '\nnpm run check\n'],
  'npm run docs': ['.ci/run', '\nnpm run docs\n'],
  'node -p process.features.typescript': ['t/27-platform.t.ts', "'-p', 'process.features.typescript'"],
  'npm run build': ['package.json', '"test": "npm run build && tap"'],
  'npx tap t/14-hup.t.js': ['.ci/run', 'npm ci && npm test'],
  'npx tap t/17*.t.js': ['.ci/run', 'npm ci && npm test'],
  'bash .ci/run': ['.ci/run', '# What CI runs: bash .ci/run.'],
  'npm pack': ['t/long/48-package.t.ts', "await type('npm pack', checkout)"],
  'npx --package ./eliza-hup-*.tgz eliza-hup --version': [
    't/long/48-package.t.ts', "('npx --package ./eliza-hup-*.tgz eliza-hup",
  ],
  'npm install ./eliza-hup-*.tgz': ['t/long/48-package.t.ts', "await type('npm install ./eliza-hup-*.tgz', app)"],
  'npm run test:long': ['.ci/run', '\nnpm run test:long\n'],
  'npm run prove': ['t/long/49-prove.t.ts', "await prove('--dry')"],
  'npm run prove -- t/13-term.t.js': ['t/long/49-prove.t.ts', 'await prove(name)'],
  'npm run bench': ['t/long/60-bench.t.ts', "join(root, 'bench', 'bench.js'), '--quick'"],
  'npm run bench -- --rounds 3 --seconds 2': ['t/long/60-bench.t.ts', "join(root, 'bench', 'bench.js'), '--quick'"],
  'npm run bench -- growth': ['t/long/60-bench.t.ts', "['growth', 'eliza']"],
  'npm run bench -- eliza': ['t/long/60-bench.t.ts', "['growth', 'eliza']"],
  'npm run soak': ['t/long/61-soak.t.ts', "['', few]"],
  [/^npm run soak -- .*$/m.exec(source('docs/reliability.md'))?.[0] ?? '']: ['t/long/61-soak.t.ts', "['', few]"],
};

/** And those of the exercises: their test has a copy that it begins, solves and runs. */
const exercises: Record<string, string> = {
  'npm run exercise': 'await exercise([], checkout)',
  'npm run exercise 3': "await exercise(['3', copy])",
  'node exercises/3/eliza_hup.js --foreground 1200': "program: join(copy, 'eliza_hup.js'), args: ['--foreground']",
};
for (const [command, words] of Object.entries(exercises)) elsewhere[command] = ['t/46-exercises.t.ts', words];

/** Those to be typed here. */
const here = commands.filter((command) => !(command in elsewhere));

/** Commands that this machine cannot be asked to run, and why. */
const needs: [RegExp, string][] = [
  [/^systemctl |^cp .* \/etc\/systemd\/system\/$/, 'changes the machine, and needs systemd as its first process'],
  [/ exercises\/6\/unix\.txt$|^node exercises\/7\/|^node quoted\.js /, 'runs what a student has written: t/46 runs its test'],
  [/^(?:docker|podman) /, 'needs a container engine, and an image from a registry'],
  [/^(?:perf|strace) .*\bPID$/, 'watches a process of the reader’s, with rights that a kernel may not give'],
  [/^npm run matrix(?: -- --distro trixie,sid)?$/, 'takes an hour, and as root makes systems of Debian’s'],
  [/^npm run matrix -- --arm64$/, 'takes an hour, and as root the machine’s settings for programs of another processor'],
  [/^npm run bench -- --perl DIR$/, 'needs the course’s eliza_hup.pl and Daemon.pm, which are not ours to ship'],
];

/** Why a command cannot be typed here, if it cannot. */
const unasked = (command: string): string | undefined => needs.find(([what]) => what.test(command))?.[1];

const typed = new Set<string>();
const excused = new Set<string>();

/** Notes the commands of a test that is skipped, for whatever reason it has. */
function excuse(skip: string | false, what: RegExp): { skip: string | false } {
  for (const command of commands) if (skip !== false && what.test(command)) excused.add(command);
  return { skip };
}

/** A copy of the checkout that belongs to the user who types. */
interface Copy {
  /** Types a command, with another port in place of 1200, and other changes where it would take too long as it is. */
  type(command: string, more?: { input?: string; change?: (command: string) => string }): Promise<Outcome>;
  env: Record<string, string>;
  home: string;
  dir: string;
  port: number;
}

async function copy(t: Test, user?: 'nobody'): Promise<Copy> {
  const dir = join(folder(t), 'eliza-hup');
  copy_checkout(dir);
  const home = join(dirname(dir), 'home');
  mkdirSync(home);
  if (is_root && user) {
    chownSync(home, nobody.uid, nobody.gid);
    await run('chown', ['-R', '-h', `${nobody.uid}:${nobody.gid}`, dir]);
  }
  const port = await free_port();
  const as_root = is_root && user === undefined;
  const env = {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`, HOME: home, LANG: 'C.UTF-8',
    XDG_RUNTIME_DIR: home, npm_config_update_notifier: 'false',
    // Root's own place is the machine's, which may have a daemon already.
    ...as_root ? { ELIZA_PIDFILE: join(home, 'eliza_hup.pid'), ELIZA_HOME: join(home, 'www') } : {},
  };
  const type: Copy['type'] = (command, { input = '', change = String } = {}) => {
    typed.add(command);
    const words = [...user ? as_nobody : [], 'sh', '-c', change(command).replaceAll(/\b1200\b/g, String(port))];
    return run(words[0] ?? '', words.slice(1), { cwd: dir, env, input });
  };
  return { type, env, home, dir, port };
}

/** A session without the echo, which telnet does not write to a pipe, an ::1 that refuses, and what ELIZA says by chance. */
const heard = (text: string): string => lasting(text
  .replaceAll(/^Trying ::1\.\.\.\n(?:(?:telnet|Connection failed): .*\n)?/gm, '')
  .replaceAll('you:\tbye\n', 'you:\t').replace(/\n*$/, '\n'));

for (const { name, settings } of users) {
  void t.test(name, async (t) => {
    const { type, env, home, dir, port } = await copy(t, settings.user);
    const pid = (): number => Number(readFileSync(join(home, 'eliza_hup.pid'), 'latin1'));

    await t.test('start, talk, restart, end', async (t) => {
      const { status } = await type('node eliza_hup.js 1200');
      t.equal(status, 0, 'the command returns');
      const daemon = pid();
      t.teardown(() => send(daemon, 'SIGKILL'));

      await t.test('telnet', excuse(!installed('telnet') && 'telnet is not installed', /^telnet /), async (t) => {
        const sessions = ['README.md', join('docs', '17-running.md'), join('docs', 'es', '17-running.md')].map((page) =>
          /^\$ (telnet localhost 1200)\n([^]*?)^```/m.exec(source(page)));
        typed.add(sessions[0]?.[1] ?? '');
        const telnet = spawn('env', ['-i', `PATH=${env.PATH ?? ''}`, 'telnet', 'localhost', String(port)]);
        t.teardown(() => { telnet.kill('SIGKILL'); });
        let said = '';
        for (const stream of [telnet.stdout, telnet.stderr]) stream.on('data', (data) => { said += String(data); });
        const ended = new Promise((resolve) => telnet.once('close', resolve));
        await until('the prompt', () => said.endsWith('you:\t'));
        telnet.stdin.write('bye\n');
        await ended;
        for (const [i, session] of sessions.entries()) {
          t.equal(heard(said), heard(session?.[2] ?? ''), `is told what the ${i === 0 ? 'README' : 'guide'} shows`);
        }
      });

      await t.test('ps', async (t) => {
        const { stdout } = await type('ps -fA | grep eliza');
        const columns = (text: string): string[] => text.trim().split(/ +/);
        const [user, , parent, , , terminal, , ...command] = columns(stdout.split('\n').find((line) =>
          columns(line)[1] === String(daemon)) ?? '');
        const [, shown = ''] = /^\$ ps -fA \| grep eliza\n(.*)/m.exec(source(join('docs', '17-running.md'))) ?? [];
        const [shown_user, , shown_parent, , , shown_terminal, , ...shown_command] = columns(shown);
        t.same([user, parent, terminal], [is_root ? shown_user : userInfo().username, shown_parent, shown_terminal],
          'the daemon is nobody’s when root has started it, its parent is init, and it has no terminal');
        const bare = (words: string[]): string[] => words.slice(1, -1).map((word) => word.replace(/^\/.*\//, ''));
        t.same(bare(command), bare(shown_command), 'its command line is the one that the guide shows');
      });

      const at = '$(cat ~/eliza_hup.pid)';
      t.equal((await type('kill -HUP', { change: (command) => `${command} ${at}` })).status, 0, 'kill -HUP is taken');
      const next = await until('another daemon', () => {
        try {
          return pid() === daemon ? 0 : pid();
        } catch {
          return 0; // there is no pid file for a moment
        }
      });
      t.teardown(() => send(next, 'SIGKILL'));
      t.match(await (await Client.greeted(port)).bye(), /^Eliza:\t/, 'HUP restarts it');
      t.equal((await type('kill -TERM', { change: (command) => `${command} ${at}` })).status, 0, 'kill -TERM is taken');
      await until('the daemon to end', () => !is_running(next));
      t.pass('TERM ends it');
    });

    await t.test('attached', async (t) => {
      const running = type('node eliza_hup.js --foreground 1200');
      const client = await until('a server that listens', () => Client.greeted(port).catch(() => undefined));
      await client.bye();
      send(pid(), 'SIGTERM');
      const { status, stdout, stderr } = await running;
      t.equal(status, 0, 'after TERM the command returns 0');
      t.match(stdout + stderr, /Server accepting connections on port \d+\n[^]*Server exiting normally\n$/, 'it shows the log');
      t.match((await type('node eliza_hup.js --help')).stdout, '--foreground', '--help explains --foreground');
      typed.delete('node eliza_hup.js --help'); // the README has it as `--help`
    });

    // Whoever types these, it is the same.
    if (name !== users.at(-1)?.name) return;
    const by_npx = here.filter((one) => one.startsWith('npx eliza') && !unasked(one));
    const some = by_npx.slice(0, long ? undefined : 1); // npx takes its time; t/long/47 types them all
    for (const command of by_npx.slice(some.length)) excused.add(command);
    for (const command of some) {
      writeFileSync(join(dir, 'lines.txt'), 'hello\n');
      const { status, stdout, stderr } = await type(command, { input: 'hello\nbye\n' });
      const own = stderr.replaceAll(/^npm notice .*\n/gm, ''); // npm 12 tells what it runs
      t.same([status, own], [0, ''], `${command}: status 0, and nothing on STDERR`);
      t.ok(stdout.trimEnd().split('\n').length >= 2, 'it answers');
    }
  });
}

const brief = !long && 'takes long, with the compiler and the linter most of all: t/long/47 does it';
void t.test('what a reader types', excuse(brief, /^npm run (?:compare|trace) /), async (t) => {
  const { type } = await copy(t, users.at(-1)?.settings.user);
  for (const command of here.filter((one) => /^npm run (?:compare|trace) /.test(one))) {
    const { status, stdout } = await type(command);
    t.equal(status, 0, `${command}: status 0`);
    t.match(Buffer.from(stdout, 'latin1').toString(), command.includes('trace') ? '●' : /Daemon\.(?:pm|ts)/,
      'it shows what it should');
  }
});

void t.test('what a developer types', excuse(brief, /^(?:npm run (?:prove|format)|node .*\.ts$|perldoc)/), async (t) => {
  const { type, dir } = await copy(t);
  const perl = installed('prove') ? false : 'prove, which comes with Perl, is not installed';
  await t.test('prove', excuse(perl, /^npm run prove/), async (t) => {
    const two = 't/01-mirror.t.js t/02-taint.t.js'; // they will do in place of all
    for (const command of here.filter((one) => one.startsWith('npm run prove'))) {
      const { status, stdout } = await type(command, { change: (command) => `${command} ${two}` });
      t.equal(status, 0, `${command}: status 0`);
      t.match(stdout, /^Files=2, .*\nResult: PASS$/m, 'prove is content with both files');
    }
  });
  await t.test('format', async (t) => {
    const settings = join(dir, 'package.json'); // one file will do here too
    writeFileSync(settings, readFileSync(settings, 'utf8').replace('"eslint --fix ."', '"eslint --fix tools/prove.ts"'));
    const file = join(dir, 'tools', 'prove.ts');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replaceAll(';\n', ';  \n'));
    t.equal((await type('npm run format')).status, 0, 'the status is 0');
    t.equal(readFileSync(file, 'utf8'), text, 'what was amiss is mended');
  });
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const strips = major > 22 || (major === 22 && minor >= 18);
  await t.test('TypeScript as it is', excuse(!strips && 'this Node does not strip types', /^node .*\.ts$/), async (t) => {
    t.match((await type('node eliza_hup.ts', { change: (command) => `${command} --help` })).stdout, '--foreground',
      'eliza_hup.ts runs without a build');
  });
  const manual = (await run('perldoc', ['-f', 'alarm']).catch(() => undefined))?.status === 0;
  await t.test('perldoc', excuse(!manual && 'perldoc is not installed', /^perldoc /), async (t) => {
    t.match((await type('perldoc -f alarm')).stdout, 'alarm', 'the manual has it');
  });
});

void t.test('none is left over', async (t) => {
  for (const { page, command, session } of all) {
    if (session) {
      // A page's sessions are run again by t/long/43; a translation has its original's, as t/45 sees to.
      const [test, words] = page.startsWith('docs/es/')
        ? ['t/45-spanish.t.ts', 'console'] as const
        : ['t/long/43-sessions.t.ts', 'await run_sessions(twice.map(text).join(PAGE))'] as const;
      const there = /^docs\/(?:es\/)?[^/]+$/.test(page) && source(test).includes(words);
      if (!there) t.fail(`${page}: nothing runs the session with ${command}`);
      continue;
    }
    const [file, words] = elsewhere[command] ?? [];
    const known = typed.has(command) || excused.has(command) || unasked(command) !== undefined;
    if (file !== undefined && words !== undefined) t.ok(source(file).includes(words), `${command}: ${file} runs it`);
    else t.ok(known, `${page}: ${command} is typed by a test`);
  }
  const listed = [...typed, ...Object.keys(elsewhere)];
  t.same(listed.filter((command) => !commands.includes(command)), [], 'each that is typed or listed is shown somewhere');
  for (const command of commands) {
    const why = unasked(command);
    if (why !== undefined) await t.test(command, { skip: why }, () => undefined);
  }
});

void t.test('each npm script that a page names is there', (t) => {
  const scripts = Object.keys((JSON.parse(source('package.json')) as { scripts: object }).scripts);
  const named = commands.flatMap((command) => /^npm (?:run |(?=test))([\w:]+)/.exec(command)?.[1] ?? []);
  t.same(named.filter((name) => !scripts.includes(name)), [], 'package.json has each of them');
  const of_npm = ['dependencies', 'prepare', 'prepack', 'postpack', 'lint']; // which npm runs, and `check`
  const untold = scripts.filter((name) => !of_npm.includes(name) && !named.includes(name));
  t.same(untold, [], 'and each that a reader may type is told');
  t.end();
});
