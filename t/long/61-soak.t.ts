/**
 * The soak, with as many clients as it has by default, and with every option that docs/reliability.md shows: nobody is lost,
 * nothing is left over. How long anybody waits is a figure in its table and decides nothing.
 *
 * A student learns that a promise under load is a count: of those who came, of those who were served, and of what remains.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root, run } from '../harness.ts';

const page = readFileSync(join(root, 'docs', 'reliability.md'), 'utf8');
const shown = /^npm run soak -- (.*)$/m.exec(page)?.[1] ?? '';
const few = shown.replaceAll(/(?<=--(?:conversations|clients|idle|hostile|log|restart|still|slow|flood) )\d+/g, '8')
  .replace('--restart 8 --still 8', '--restart 1 --still 1');

for (const options of ['', few]) {
  void t.test(`npm run soak ${options}`, async (t) => {
    const words = options.split(' ').filter(Boolean);
    const { status, stderr } = await run(process.execPath, [join(root, 'bench', 'soak.js'), ...words]);
    t.match(stderr, /^ +kept /m, 'it names promises that were kept');
    t.same(stderr.match(/^ +BROKEN .*$/gm), null, 'and none that was broken');
    t.equal(status, 0, 'the status is 0');
  });
}

void t.test('the options are those of docs/reliability.md', (t) => {
  t.match(few, /--conversations 8 .*--idle 8 --hostile 8 --log 8 .*--slow 8 --flood 8$/,
    'the page shows a command, and here it has fewer clients');
  t.end();
});
