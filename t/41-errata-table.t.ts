/**
 * The table of errata and the tests belong together.
 *
 * A student learns that documentation can be tested too: a row without its test, or a test that has been renamed, fails here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from './harness.ts';

/** A table's rows as cells: number, where, what happens, what ours does, tests. */
const table = (...path: string[]): string[][] => readFileSync(join(root, 'docs', ...path), 'utf8').split('\n')
  .filter((line) => /^\| \d+ \|/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));
const rows = table('errata.md');

void t.test('each fault of the original has a row', (t) => {
  const numbers = rows.map(([number]) => Number(number)).sort((a, b) => a - b);
  t.same(numbers, Array.from({ length: 45 }, (_, i) => i + 1), 'the 45 numbers, each once');
  const turns = rows.filter(([number], i) => Number(number) < Number(rows[i - 1]?.[0]));
  t.ok(turns.length <= 1, `in order in each of the two tables: ${turns.map(([number]) => number ?? '').join(', ')}`);
  const partial = rows.filter((row) => row.length !== 5 || !row.every(Boolean));
  t.same(partial, [], 'that says where, what happens, what ours does, and the test');
  t.end();
});

void t.test('the Spanish table has the same rows', (t) => {
  const spanish = table('es', 'errata.md');
  const frame = ([number, where, , , tests]: string[]): unknown[] => [number, where, tests];
  t.same(spanish.map(frame), rows.map(frame), 'in the same order, at the same lines of the Perl, with the same tests');
  const own = rows.map(([number, , what = '', ours = '']) => [number, what.includes('**kept**'), ours.includes('**kept**')]);
  const theirs = spanish.map(([number, , what = '', ours = '']) =>
    [number, what.includes('**se conserva**'), ours.includes('**se conserva**')]);
  t.same(theirs, own, 'and keeps the same faults');
  t.same(spanish.filter((row) => row.length !== 5 || !row.every(Boolean)), [], 'each with all its cells');
  t.end();
});

void t.test('each row names tests that are there', (t) => {
  const files = readdirSync(join(root, 't'));
  for (const [number = '', , , ours = '', tests = ''] of rows) {
    if (tests === '—') {
      t.match(ours, '**not mended**', `${number}: no test, and no claim`);
      continue;
    }
    for (const reference of tests.split('<br>')) {
      const [, prefix = '', names = ''] = /^t\/(\d\d): (.+)$/.exec(reference) ?? [];
      const file = files.find((name) => name.startsWith(`${prefix}-`) && name.endsWith('.t.ts'));
      if (file === undefined) {
        t.fail(`${number}: there is no test file for "${reference}"`);
        continue;
      }
      const source = readFileSync(join(root, 't', file), 'utf8');
      for (const name of names.split('; ')) t.ok(source.includes(name), `${number}: ${file} has "${name}"`);
    }
  }
  t.end();
});
