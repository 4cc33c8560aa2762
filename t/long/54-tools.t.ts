/**
 * The tools' command lines: `--help`, `--version`, what is refused, what is shown on a terminal, and what is left after Ctrl-C.
 *
 * A student learns that a program which starts others answers for them, above all when it is interrupted; and why 0 is no pid
 * to send a signal to.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { TESTS } from '../../tools/matrix-arm64.ts';
import {
  children, environment, folder, freeze, has_ended, installed, is_running, type Outcome, pid_in, root, run, send,
  type Test, until,
} from '../harness.ts';

const tool = (file: string, ...args: string[]): Promise<Outcome> =>
  run(process.execPath, [join(root, file), ...args], { cwd: root });

const perl = installed('prove');

type Tool = [name: string, file: string, ...refused: [words: string, why: string][]];

/** Each tool, and what it must refuse: the words, and what it says of them. */
const tools: Tool[] = [
  ['bench', 'bench/bench.js', ['nonsense', 'there is no part "nonsense"; they are servers, growth, eliza'],
    ['--rounds 0', "--rounds takes a whole number from 1 on, not '0'"],
    ['growth --perl .', 'growth takes no --perl; see --help'],
    ['--json /nowhere/x.json', 'there is no /nowhere'], ['eliza growth', 'there is one word too many: "growth"; see --help']],
  ['soak', 'bench/soak.js', ['--conversations abc', "--conversations takes a whole number from 0 on, not 'abc'"],
    ['--restart many', "--restart takes a number from 0 on, not 'many'"],
    ['--clients 0', "--clients takes a whole number from 1 on, not '0'"],
    ['--hup -1', "Option '--hup' argument is ambiguous; see --help"],
    ['nonsense', 'there is one word too many: "nonsense"; see --help']],
  ['matrix', 'tools/matrix.js', ['latest', '"latest" is no version of Node; see --help'],
    ['--distro 1', '"1" is no suite of Debian\'s; see --help']],
  ['exercise', 'tools/exercise.js', ['16', 'there is no exercise 16; they are 1 to 15'],
    ['1 here there', 'there is one word too many: "there"; see --help']],
  ['eliza', 'tools/eliza.js', ['--seed abc', "--seed takes a whole number, not 'abc'"],
    ['hello', 'there is one word too many: "hello"; see --help']],
  ['trace', 'tools/trace.js', ['nonsense', 'one of conversation, term, hup, please; see --help'],
    ['term --width 3', "--width takes a whole number from 20 to 1,000, not '3'"]],
  ['compare', 'tools/compare.js', ['--width many', "--width takes a whole number from 20 to 1,000, not 'many'"]],
  ...perl ? [['prove', 'tools/prove.js', ['t/none.t.js', 'there is no t/none.t.js; see --help']] satisfies Tool] : [],
];

for (const [name, file, ...refused] of tools) {
  void t.test(name, async (t) => {
    const help = await tool(file, '--help');
    t.same([help.status, help.stderr], [0, ''], '--help: status 0, and nothing on STDERR');
    t.match(help.stdout, new RegExp(`^Usage: (?:npm run )?${name} [^]*--help +print this`), 'it says how to call it');
    const version = await tool(file, '--version');
    t.match(version, { status: 0, stdout: /^eliza-hup \d+\.\d+\.\d+\n$/, stderr: '' }, '--version: the version, and status 0');
    for (const [words, why] of [['--nonsense', "Unknown option '--nonsense'; see --help"] as const, ...refused]) {
      const { status, stdout, stderr } = await tool(file, ...words.split(' '));
      t.same([status, stdout, stderr], [2, '', `${name}: ${why}\n`], `${words}: one line says why not, and the status is 2`);
    }
  });
}

void t.test('matrix: the tests that the emulated machine runs', (t) => {
  const page = readFileSync(join(root, 'docs', 'platforms.md'), 'utf8');
  const [, emulated = ''] = /^What is `emulated`([^]*?)\n\n/m.exec(page) ?? [];
  t.same([...emulated.matchAll(/t\/(\d+) \(/g)].map(([, number]) => number), TESTS, 'are those that docs/platforms.md names');
  const files = readdirSync(join(root, 't'));
  for (const number of TESTS) t.ok(files.some((name) => name.startsWith(`${number}-`)), `there is t/${number}`);
  t.end();
});

/** Finds a process that a tool has started; 0 while there is none. */
type Started = (dir: string, tool: ChildProcess) => number | Promise<number>;
type Interrupted = [name: string, words: (t: Test) => string[], started: Started];

/** The pid files somewhere in a folder. */
function pid_files(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('eliza_hup.pid'))
    .map((name) => join(dir, name));
}

/** A daemon that a tool has started. */
const daemon: Started = (dir) => {
  try {
    return pid_files(dir).map(pid_in).find((pid) => pid > 0) ?? 0;
  } catch {
    return 0; // a folder has just been removed
  }
};

/** The first process that a tool has started, stopped before it could end, but after its exec, for which the tool waits. */
async function stopped(_: string, { pid = 0 }: ChildProcess): Promise<number> {
  const child = children(pid)[0] ?? 0;
  const command = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  if (child === 0 || command(child) === command(pid)) return 0;
  await freeze(child);
  return child;
}

/** A test that starts a daemon and waits for ever. @returns its file */
function waiting_test(t: Test): string {
  const file = join(folder(t), 'waiting.t.js');
  const harness = JSON.stringify(join(root, 't', 'harness.js'));
  writeFileSync(join(file, '..', 'package.json'), '{ "type": "module" }');
  writeFileSync(file, `import { start } from ${harness};\nawait start({ teardown() {} });\nsetInterval(() => {}, 1000);\n`);
  return file;
}

const interrupted: Interrupted[] = [
  ['soak', () => ['bench/soak.js', '--minutes', '9', '--conversations', '1000000'], daemon],
  ['bench', () => ['bench/bench.js', '--rounds', '1000'], daemon],
  ['matrix', () => ['tools/matrix.js', 'own'], daemon],
  ['trace', () => ['tools/trace.js', 'hup'], stopped],
  ['exercise', () => ['tools/exercise.js', '1', join(root, 'exercise')], stopped],
  ...perl ? [['prove', (t) => ['tools/prove.js', waiting_test(t)], daemon] satisfies Interrupted] : [],
];

for (const [i, [name, words, started]] of interrupted.entries()) {
  const signal = i % 2 === 0 ? 'SIGTERM' : 'SIGINT';
  void t.test(`${name} that is ended by ${signal}`, async (t) => {
    const dir = folder(t);
    const typed = words(t);
    if (name === 'exercise') {
      const copy = join(folder(t), 'copy');
      typed.splice(2, 1, copy);
      await tool(typed[0] ?? '', ...typed.slice(1));
    }
    const env = environment({ TMPDIR: dir });
    const child = spawn('env', ['-i', ...Object.entries(env).map((pair) => pair.join('=')), process.execPath, ...typed], {
      cwd: root, stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (data: string) => { said += data; });
    t.teardown(() => child.kill('SIGKILL'));
    const found = await until('something that it has started', () => {
      if (has_ended(child)) throw new Error(`it has ended: ${said}`);
      return started(dir, child);
    });
    child.kill(signal);
    await until('its end', () => has_ended(child));
    t.equal(child.signalCode, signal, 'the signal ends it');
    await until('the end of what it has started', () => !is_running(found)); // which may have no memory any more, and no mark
    t.same(readdirSync(dir), [], 'and its folders are removed');
    t.notMatch(said, /Error|ENOENT|\bat /, 'it has nothing to complain of');
  });
}

void t.test('how far a long run has come', async (t) => {
  const few = 'bench/soak.js --conversations 9 --clients 3 --hup 0 --kill 0'.split(' ')
    .concat('--idle 0 --hostile 0 --log 0 --slow 0 --flood 0'.split(' '));
  const piped = await tool(few[0] ?? '', ...few.slice(1));
  t.match(piped.stderr + piped.stdout, /^ +complete +9$/m, 'each conversation is complete');
  t.notMatch(piped.stderr, /[\r\u001b]/, 'elsewhere than on a terminal: nothing of it');
  t.notMatch(piped.stderr + piped.stdout, /NaN|null|Infinity/, 'and no figure that is none');
  const terminal = await run('script', ['-qec', [process.execPath, ...few].join(' '), '/dev/null'], { cwd: root });
  t.match(terminal.stdout, 'conversations: 9 of 9', 'on a terminal: the conversations so far');
});

void t.test('a signal to what is no process', (t) => {
  for (const pid of [0, -1, NaN, 1.5]) {
    t.throws(() => send(pid, 'SIGTERM'), /is no process's id/, `${pid} is refused: it could be a whole group`);
  }
  t.equal(send(2 ** 22, 'SIGTERM'), false, 'a process that is not there is not told');
  t.end();
});
