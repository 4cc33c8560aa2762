/**
 * The mirror: every line of eliza_hup.pl and of Daemon.pm has its line here, in the same order.
 *
 * A student learns how far the port follows the Perl, and that a claim in a comment can be checked by a program.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from './harness.ts';

/** The lines of the Perl files, and how many of our lines may be without a counterpart, in percent. */
const mirrors = [
  { file: 'eliza_hup.ts', perl: 84, plus: 15 },
  { file: 'Daemon.ts', perl: 160, plus: 25 },
];

/** The code lines of a file: no blanks, no comments of their own. */
function code(text: string): { number: number; line: string }[] {
  const lines = text.replace(/\/\*\*[^]*?\*\//g, (comment) => comment.replace(/[^\n]/g, '')).split('\n');
  return lines.map((line, i) => ({ number: i + 1, line })).filter(({ line }) => !/^\s*(\/\/.*)?$|^#!/.test(line));
}

for (const { file, perl, plus } of mirrors) {
  void t.test(file, (t) => {
    const lines = code(readFileSync(join(root, file), 'utf8'));
    const columns = new Set<number>();
    const mirrored: number[] = [];
    let own = 0;
    for (const { number, line } of lines) {
      const [, before, from, to] = /^(.*) \/\/ (?:\+|(\d+)(?:-(\d+))?)$/.exec(line) ?? [];
      if (before === undefined) {
        t.fail(`${file}:${number} does not end in the Perl line it mirrors: ${line}`);
        continue;
      }
      columns.add(before.length);
      if (from === undefined) own++;
      else for (let perl_line = Number(from); perl_line <= Number(to ?? from); perl_line++) mirrored.push(perl_line);
    }
    const all = Array.from({ length: perl }, (_, i) => i + 1);
    t.same(mirrored, all, `the Perl lines 1 to ${perl}: in order, each of them, none twice`);
    t.equal(columns.size, 1, 'the numbers stand at one column');
    const share = Math.round(1000 * own / lines.length) / 10;
    t.comment(`${own} of ${lines.length} lines have no counterpart in the Perl: ${share} %`);
    t.ok(share < plus, `less than ${plus} % of the lines are not in the Perl`);
    t.end();
  });
}

void t.test('one file alone knows the FFI', (t) => {
  const files = readdirSync(join(root, 'perl'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const ours = [...files.map((file) => join('perl', file)), 'eliza_hup.ts', 'Daemon.ts', 'Chatbot/Eliza.ts'];
  const users = ours.filter((file) => /['"]koffi['"]/.test(readFileSync(join(root, file), 'utf8')));
  t.same(users, [join('perl', 'libc.ts')]);
  t.end();
});
