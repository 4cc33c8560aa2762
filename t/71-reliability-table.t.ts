/**
 * The tables of docs/reliability.md and the tests belong together.
 *
 * A student learns that a promise is worth as much as the test it names, and that even the name can be tested.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from './harness.ts';

const files = readdirSync(join(root, 't'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.t.ts'));
const page = readFileSync(join(root, 'docs', 'reliability.md'), 'utf8');
const tables = page.split(/\n{2,}/).filter((block) => /^\|.*\| test \|\n/.test(block));

void t.test('each row names tests that are there', (t) => {
  t.equal(tables.length, 2, 'the promises, and the comparison');
  for (const row of tables.flatMap((table) => table.trimEnd().split('\n').slice(2))) {
    const [cell = ''] = row.split(' | ').slice(-1);
    const references = [...cell.matchAll(/t\/((?:long\/)?\d\d)((?:, "[^"]+")*)/g)];
    t.ok(references.length > 0, `a test: ${row.slice(0, 60)}`);
    for (const [reference, number = '', names = ''] of references) {
      const file = files.find((name) => name.startsWith(`${number}-`)) ?? '';
      t.ok(file, `a file: ${reference}`);
      const source = file && readFileSync(join(root, 't', file), 'utf8');
      for (const [, name = ''] of names.matchAll(/"(.+?)(?: …)?"/g)) t.ok(source.includes(name), `${file} has "${name}"`);
    }
  }
  t.end();
});
