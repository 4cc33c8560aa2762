/**
 * -T: what came from outside may not change the system until a pattern has taken a clean piece out of it.
 *
 * A student learns what Perl's taint mode is for, and that a type checker can do most of it before the program runs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { qq, Tainted } from '../perl/perlsec.ts';
import { root, run } from './harness.ts';

void t.test('the type checker refuses tainted strings where they would do harm', async (t) => {
  const file = join('t', 'refused', 'tainted.ts');
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const refused = lines.flatMap((line, i) => line.endsWith('// refused') ? [i + 1] : []);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = await run(process.execPath, [tsc, '-p', join('t', 'refused')], { cwd: root });
  const complaints = [...stdout.matchAll(/^\S*tainted\.ts\((\d+),\d+\): error TS(?:2322|2345|2769)/gm)];
  t.ok(refused.length >= 13, 'there is something to refuse');
  t.same([...new Set(complaints.map(([, line]) => Number(line)))], refused, 'each marked line, and no other, is refused');
});

void t.test('the run time refuses them in the words of Perl', async (t) => {
  const { stdout } = await run(process.execPath, [join(root, 't', 'programs', 'tainted.js'), '1200']);
  for (const operation of ['exec', 'unlink', 'kill', 'chroot']) {
    t.match(stdout, `${operation}: Insecure dependency in ${operation} while running with -T switch`,
      `${operation} says what Perl says`);
  }
  t.match(stdout, 'clean: 1200', 'a capture is clean');
});

void t.test('taint spreads through interpolation, and is not lost in a template', (t) => {
  const outside = new Tainted('1200');
  t.type(qq`port ${outside}`, Tainted, 'qq with a tainted part is tainted');
  t.equal(qq`port ${1200}`, 'port 1200', 'qq without is not');
  t.throws(() => `port ${outside as unknown as string}`, /loses its mark/, 'a template would lose the mark, so it fails');
  t.equal(outside.match(/^\d+$/)?.[0], '1200', 'a match gives a plain string');
  t.end();
});
