/**
 * The mirror: every line of eliza_hup.pl and of Daemon.pm has its line here, in the same order.
 *
 * A student learns how far the port follows the Perl, and that a claim in a comment can be checked by a program.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse_mirror } from '../tools/mirror.ts';
import { listings } from '../tools/perl-lines.ts';
import { root } from './harness.ts';

/** How many of our lines may be without a counterpart in the Perl. */
const own_lines: Record<string, number> = { 'eliza_hup.ts': 4, 'Daemon.ts': 10 };

for (const { perl, ts, lines } of listings) {
  void t.test(ts, (t) => {
    const source = readFileSync(join(root, ts), 'utf8');
    const rows = parse_mirror(source);
    const mirrored = rows.filter(({ kind }) => kind === 'mirror')
      .flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
    const wanted = lines.flatMap((text, i) => text === '' || text === 'what follows is not Perl' ? [] : [i + 1]);
    t.same(mirrored.filter((n) => n !== 160), wanted, `${perl}: each line that is not blank, in order, none twice`);
    const reference = /(?<=^.*\S +)\/\/ (?:\+|\d+(?:-\d+)?)(?: e\d+)*$/;
    const columns = new Set(source.split('\n').map((line) => line.search(reference)).filter((column) => column !== -1));
    t.equal(columns.size, 1, 'the numbers stand at one column');
    const own = rows.filter(({ kind }) => kind === 'plus');
    const most = own_lines[ts] ?? 0;
    t.ok(own.length <= most, `at most ${most} lines that ${perl} does not have: ${own.length}`);
    const unmarked = own.filter(({ number }) => !/ \/\/ \+( e\d+)*$/.test(source.split('\n')[number - 1] ?? ''));
    t.same(unmarked.map(({ text }) => text), [], 'every line of code ends in the Perl line it mirrors, or in a plus');
    t.end();
  });
}

void t.test('one file alone knows the FFI', (t) => {
  const files = readdirSync(join(root, 'perl'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const ours = [...files.map((file) => join('perl', file)), 'eliza_hup.ts', 'Daemon.ts', 'Chatbot/Eliza.ts'];
  const users = ours.filter((file) => /['"]koffi['"]/.test(readFileSync(join(root, file), 'utf8')));
  t.same(users, [join('perl', 'libc.ts')], 'it is perl/libc.ts');
  t.end();
});
