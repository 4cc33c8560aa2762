/**
 * Exercise 7: The lost wake-up
 *
 * waiting.ts ends when its children have ended, however long its report takes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { children, environment, root, until } from '../../../t/harness.ts';

void t.test('The lost wake-up', async (t) => {
  const patience = 8000; // milliseconds in which a program with no child left might end

  /** What the program has said, and whether it is still there. */
  function watch(program: ChildProcess): { said: () => string; status: () => number | null | undefined } {
    let said = '';
    let status: number | null | undefined;
    program.stdout?.setEncoding('utf8').on('data', (data: string) => { said += data; });
    program.once('close', (code) => { status = code; });
    return { said: () => said, status: () => status };
  }

  const words = Object.entries(environment()).map(([name, value]) => `${name}=${value}`);
  const slow = ['--import', pathToFileURL(join(root, 'slow.js')).href];
  const program = spawn('env', ['-i', ...words, process.execPath, ...slow, join(root, 'waiting.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => program.kill('SIGKILL'));
  const { said, status } = watch(program);

  await until('its report, or its end', () => said().includes('left') || status() !== undefined);
  await until('the end of its children', () => children(program.pid ?? 0).length === 0);
  const gone = Date.now();
  await until('its end', () => status() !== undefined || Date.now() - gone > patience);
  t.equal(status(), 0, 'it ends when its last child has ended, though that was before it began to sleep');
  t.match(said(), /^\d left$/m, 'it says how many are left');
  t.match(said(), /^none left$/m, 'and at last, that none is');
});
