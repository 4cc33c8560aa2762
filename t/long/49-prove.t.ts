/**
 * The tests under Perl's `prove`: whatever is no test file is an option of prove's, and a failure has its name.
 *
 * A student learns that two programs which speak TAP need not speak the same, and that a report of failures has to fail in
 * its own test.
 */
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folder, installed, type Outcome, root, run } from '../harness.ts';

const skip = installed('prove') ? false : 'prove, which comes with Perl, is not installed';
const prove = (...args: string[]): Promise<Outcome> =>
  run(process.execPath, [join('tools', 'prove.js'), ...args], { cwd: root });

/** A test file of few words, as it was compiled. @returns its path */
function test_file(dir: string, name: string, code: string): string {
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  const harness = JSON.stringify(join(root, 't', 'harness.js'));
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(dir, name), `import t from 'tap';\nimport { run } from ${harness};\n${code}`);
  return join(dir, name);
}

void t.test('one file alone, by the name of its source too', { skip }, async (t) => {
  for (const name of ['t/01-mirror.t.js', 't/01-mirror.t.ts']) {
    const { status, stdout } = await prove(name);
    t.equal(status, 0, 'the status is 0');
    t.match(stdout, /^t\/01-mirror\.t\.js \.* ok\n[^]*\nFiles=1, [^]*\nResult: PASS\n$/m, `${name}: this file and no other`);
  }
});

void t.test('options are for prove', { skip }, async (t) => {
  const { status, stdout } = await prove('--verbose', 't/38-eliza-1966.t.js');
  t.equal(status, 0, 'the status is 0');
  t.match(stdout, /^ok 1 - docs\/conversation\.md is current/m, 'it shows each assertion');
  const { stdout: list } = await prove('--dry');
  t.match(list, /^t\/01-mirror\.t\.js\nt\/02-taint\.t\.js\n/, 'without a file: all of t/');
  t.notMatch(list, /\/long\//, 'but not what takes long');
});

void t.test('a failure in a subtest', { skip }, async (t) => {
  const file = test_file(folder(t), 'failing.t.js', `
    void t.test('fine', (t) => { t.pass('as it should be'); t.end(); });
    void t.test('outer', async (t) => {
      await t.test('inner', async (t) => {
        const { stdout } = await run('sh', ['-c', 'echo hello; echo beware >&2']);
        t.equal(stdout, 'good bye\\n', 'it says good bye');
      });
      t.pass('and goes on');
    });
    void t.test('not here', { skip: 'not today' }, () => undefined);
  `);
  const { status, stdout, stderr } = await prove(file);
  t.equal(status, 1, 'the status is 1');
  t.match(stderr, /^# {3}Failed test 'outer > inner > it says good bye'\n# {3}at \S*failing\.t\.js line 8\.$/m,
    'has its name and its line');
  t.match(stderr, /^# {5}-good bye\n# {5}\+hello$/m, 'what was expected, and what came');
  t.match(stderr, /^# \$ sh -c .*\n# stdout: hello\n# stderr: beware\n# status 0$/m, 'what the command before it has said');
  t.notMatch(stderr, 'fine', 'and nothing of what is fine');
  t.match(stdout, /^ {2}Failed test: {2}2$/m, 'prove knows which of the three it is in');
  t.match(stdout, /\(less 1 skipped subtest: 1 okay\)/, 'and what became of the others');
  t.match(stdout, /\nResult: FAIL\n$/, 'and that it is a failure');
});

void t.test('a file that ends before its time', { skip }, async (t) => {
  const file = test_file(folder(t), 'dying.t.js', "t.pass('so far'); process.exit(3);\n");
  const { status, stdout } = await prove(file);
  t.equal(status, 1, 'the status is 1');
  t.match(stdout, /exited 3/, 'prove says with which status');
});
