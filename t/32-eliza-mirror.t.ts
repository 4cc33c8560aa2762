/**
 * What a student learns here: that Chatbot/Eliza.ts can be read beside Eliza.pm. Every sub has its method, in the
 * Perl's order, and the line numbers in the comments are those of the module as Debian installs it.
 */
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';

const SUBS = [
  'new', '_initialize', 'AUTOLOAD', 'command_interface', 'preprocess', 'postprocess', '_testquit', '_debug_memory',
  'transform', '_get_next_reasmb', 'parse_script_data', 'DESTROY',
];
const module = '/usr/share/perl5/Chatbot/Eliza.pm';
const source = readFileSync(new URL('../Chatbot/Eliza.ts', import.meta.url), 'utf8');
const mirrored = Array.from(source.matchAll(/Mirrors `(\w+)`, Eliza\.pm:(\d+)-(\d+)/g), ([, sub = '', from, to]) => (
  { sub, from: Number(from), to: Number(to) }));

t.same(mirrored.map(({ sub }) => sub), SUBS, 'the subs, in the order of the Perl');

for (const { sub } of mirrored.filter(({ sub }) => sub !== 'new' && sub !== 'AUTOLOAD')) {
  const comment = source.indexOf(`Mirrors \`${sub}\``);
  const after = source.slice(source.indexOf('*/', comment) + 2).trimStart();
  t.ok(after.startsWith(`${sub}(`), `the comment on ${sub} stands above ${sub}`);
}

void t.test('line numbers', { skip: existsSync(module) ? false : `no ${module} here` }, (t) => {
  const lines = readFileSync(module, 'latin1').split('\n');
  for (const { sub, from, to } of mirrored) {
    t.match(lines[from - 1], new RegExp(`^sub ${sub}\\b`), `${sub} begins in line ${from}`);
    t.match(lines[to - 1], /^(?:\}|sub \w+ \{\})/, `and ends in line ${to}`);
  }
  t.end();
});
