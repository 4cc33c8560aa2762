/**
 * fork: a real fork(2) of the running Node.
 *
 * A student learns what fork gives to parent and child, that memory is copied and not shared, and that every way out
 * of a child (exit, die, an exception nobody caught, exec) ends the child alone, with the status that Perl would give.
 */
import { join } from 'node:path';
import t from 'tap';
import { flags } from '../perl/fork.ts';
import { installed, root, run } from './harness.ts';

const program = join(root, 't', 'programs', 'fork.js');
const parts = ['', 'values', 'loop', 'ends', 'dies', 'exec', 'deep', 'clock', 'watched'];
const fork = (part: string): ReturnType<typeof run> => run(process.execPath, [program, String(parts.indexOf(part))]);

void t.test('two processes, two memories', async (t) => {
  const { stdout, status } = await fork('values');
  t.match(stdout, 'child: fork gave 0, pid is its own: true, heap 100001, garbage 2000000',
    'the child: fork gave it 0, it has a pid and memory of its own');
  t.match(stdout, 'parent: fork gave the child: true, status 7, heap 100000',
    'the parent: fork gave it the child’s pid, its memory is as it was');
  t.equal(status, 0, 'the parent ends with 0');
});

void t.test('a child has an event loop of its own, and %SIG tells the parent of its end', async (t) => {
  const { stdout } = await fork('loop');
  t.equal(stdout, 'child: a timer\nparent: the child ended with 3\n',
    'the child’s timer comes, then the parent hears of its end');
});

void t.test('a child’s timer counts from when it is set, however long the parent has not looked at the clock', async (t) => {
  const { stdout } = await fork('clock');
  t.equal(stdout, "the child's timer: in time\n", 'it does not come too early');
});

void t.test('a program that waits for a descriptor goes on when it is readable, though nothing else happens', async (t) => {
  const { stdout } = await fork('watched');
  t.equal(stdout, 'the program goes on\n', 'the program goes on after its wait');
});

void t.test('END blocks run in each process that exits', async (t) => {
  const { stdout } = await fork('ends');
  t.equal(stdout, [
    'END in the first child', 'exit: 5', 'END in the second child', 'process.exit: 6', 'END in the parent', '',
  ].join('\n'), 'each child runs its END block, and the parent its own');
});

void t.test('a child that dies ends with 255, and only the child', async (t) => {
  const { stdout, stderr, status } = await fork('dies');
  t.equal(stdout, 'thrown: 255\ndied: 255\nrejected: 255\n', 'a thrown error, die and a rejected promise: 255 each');
  t.match(stderr, /^TypeError: nobody caught this at fork\.js line \d+\.$/m, 'a thrown error: one line, with its place');
  t.match(stderr, /^nor this$/m, 'what die was told, as it is');
  t.match(stderr, /^nor that at fork\.js line \d+\.$/m, 'a rejected promise that nobody awaited: one line, with its place');
  t.equal(status, 0, 'the parent lives on');
});

void t.test('exec replaces the child, or says why it cannot', async (t) => {
  const { stdout } = await fork('exec');
  t.equal(stdout, 'one two\nexec: 4\nexec of nothing: false: No such file or directory\n',
    'the program that is executed speaks; one that is not there leaves $!');
});

void t.test('children have children', async (t) => {
  const { stdout } = await fork('deep');
  t.equal(stdout, 'grandchild: 9\n', 'the child reaps a child of its own');
});

void t.test('node’s switches, NODE_OPTIONS and environment survive the execution that makes fork possible', async (t) => {
  const { stdout } = await run(process.execPath, ['--no-deprecation', join(root, 't', 'programs', 'reexec.js'), '1200'], {
    env: { ...process.env, NODE_OPTIONS: '--max-http-header-size=12345', SOMETHING: 'kept' },
  });
  t.same(JSON.parse(stdout), {
    execArgv: [...flags, '--no-deprecation'],
    execPath: process.execPath,
    argv: [join(root, 't', 'programs', 'reexec.js'), '1200'],
    header: 12345,
    something: 'kept',
  }, 'the program sees switches, path, arguments, NODE_OPTIONS and environment as they were given');
});

void t.test('a mark in the environment cannot pretend that it has happened', async (t) => {
  const { stdout } = await run(process.execPath, ['--single-threaded', '--v8-pool-size=1', program, '1'], {
    env: { ...process.env, NODE_OPTIONS: '', ELIZA_HUP_READY: '1' },
  });
  t.match(stdout, 'status 7', 'with the flags but without the filter, it is executed once more, and forks');
});

const tracer = installed('strace') ? false : 'strace, which refuses the call, is not installed';
void t.test('where the kernel refuses the filter, one line says so', { skip: tracer }, async (t) => {
  const strace = ['-o', '/dev/null', '-e', 'trace=prctl', '-e', 'inject=prctl:error=EINVAL'];
  const { status, stderr } = await run('strace', [...strace, process.execPath, program, '1']);
  t.equal(stderr, "Can't fork here: the kernel refused the seccomp filter that fork needs: Invalid argument\n",
    'STDERR has that line, and nothing else');
  t.equal(status, 22, 'the status is that of die: errno');
});
