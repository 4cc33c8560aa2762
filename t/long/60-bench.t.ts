/**
 * The bench, in a hurry: every contender serves every conversation. How fast is no matter for a test.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folder, no_chatbot_eliza, root, run } from '../harness.ts';

interface Result {
  name: string;
  complete: number;
  lost: number;
}

void t.test('each contender serves each conversation to its end', { skip: no_chatbot_eliza() }, async (t) => {
  const dir = folder(t);
  const json = join(dir, 'bench.json');
  const { status, stdout } = await run(process.execPath, [
    join(root, 'bench', 'bench.js'), '--quick', '--json', json, '--svg', join(dir, 'bench.svg'),
  ]);
  t.equal(status, 0, 'the bench comes to its end');
  const { contenders } = JSON.parse(readFileSync(json, 'utf8')) as { contenders: Result[] };
  t.ok(contenders.length >= 5, 'ours, the Perl, two of Node, a floor');
  for (const { name, complete, lost } of contenders) {
    t.ok(complete > 0 && lost === 0, `${name}: ${complete} complete, ${lost} lost`);
    t.match(stdout, name, `the table has ${name}`);
  }
  t.match(readFileSync(join(dir, 'bench.svg'), 'utf8'), /^<svg .*<\/svg>\n$/s, 'the chart is a picture');
  t.notMatch(readFileSync(join(dir, 'bench.svg'), 'utf8'), 'fill=""', 'each of its bars has a colour');
});

for (const part of ['growth', 'eliza']) {
  void t.test(`npm run bench -- ${part}`, { skip: no_chatbot_eliza() }, async (t) => {
    const { status, stdout } = await run(process.execPath, [join(root, 'bench', 'bench.js'), part, '--quick']);
    t.equal(status, 0, 'it comes to its end');
    t.match(stdout, 'Perl', 'the Perl is among those measured');
  });
}
