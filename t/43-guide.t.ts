/**
 * The guide shows what is: its pictures are drawn, its lines looked up. (t/long/43 runs its sessions again.)
 *
 * A student learns that what a page says of other files can be held against them.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { sequence, tree } from '../tools/diagram.ts';
import { listings } from '../tools/perl-lines.ts';
import { root } from './harness.ts';

const docs = join(root, 'docs');
const pages = readdirSync(docs, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md') && !name.startsWith('site')).sort();
const text = (name: string): string => readFileSync(join(docs, name), 'utf8');

void t.test('the pictures can be drawn, and no text sticks out', (t) => {
  for (const name of pages) {
    for (const [, kind, title = '', source = ''] of text(name).matchAll(/^```(sequence|tree) (.*)\n([^]*?)^```$/gm)) {
      const svg = kind === 'tree' ? tree(title, source) : sequence(title, source);
      const width = Number(/width="(\d+)"/.exec(svg)?.[1]);
      const out = [...svg.matchAll(/<text x="([\d.]+)" y="[\d.]+"([^>]*)>([^<]*)/g)].filter(([, x, style, label]) => {
        const half = (label?.length ?? 0) * 6.5 * (style?.includes('middle') ? 0.5 : 1);
        return Number(x) + half > width || (style?.includes('middle') && Number(x) - half < 0);
      });
      t.same(out.map(([, , , label]) => label), [], `${name}: ${title}: no label sticks out`);
    }
  }
  t.end();
});

void t.test('a picture’s text is checked', (t) => {
  t.throws(() => sequence('x', 'a, b\na -> c | what'), /no lane is called "c"/, 'an arrow to nowhere is refused');
  t.throws(() => sequence('x', 'a\na | what | Daemon.pm:69\na | what | 48'), /of which file is line 48/,
    'so is a line of no file');
  t.end();
});

void t.test('lines of the Perl are lines it has', (t) => {
  for (const name of pages) {
    for (const [whole, file, from, to = from] of text(name).matchAll(/\b(eliza_hup\.pl|Daemon\.pm):(\d+)(?:-(\d+))?/g)) {
      const last = listings.find(({ perl }) => perl === file)?.lines.length ?? 0;
      if (Number(from) > Number(to) || Number(to) > last) t.fail(`${name}: ${whole}`);
    }
  }
  t.pass('none points beyond the end');
  t.end();
});

void t.test('files and errata that the guide names are there', (t) => {
  for (const name of pages) {
    const files = [...text(name).matchAll(/`((?:t|perl|tools|Chatbot)\/[\w/.-]+\.ts)`/g)].map(([, file = '']) => file);
    t.same(files.filter((file) => !existsSync(join(root, file))), [], `${name}: each file that it names is there`);
    const scripts = Object.keys((JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }).scripts);
    const named = [...text(name).matchAll(/`npm run ([\w:]+)/g)].map(([, script = '']) => script);
    t.same(named.filter((script) => !scripts.includes(script)), [], `${name}: each npm script that it names is there`);
  }
  t.end();
});

/** The lines of the Perl that a text names, as `Daemon.pm 97`. */
function lines_in(text: string): string[] {
  return [...text.matchAll(/`(eliza_hup\.pl|Daemon\.pm):(\d+)(?:-(\d+))?`/g)].flatMap(([, file = '', from, to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => `${file} ${Number(from) + i}`));
}

void t.test('what a chapter tells', (t) => {
  for (const name of pages.filter((page) => /^(?:es\/)?\d/.test(page))) {
    t.match(text(name), /^# .*\n\n<!-- [A-ZÁÉ].{30,}\. -->\n\n/, `${name}: the start page has a sentence for it`);
  }
  t.end();
});

void t.test('the paragraphs of the course', (t) => {
  const rows = text('course.md').split('\n').filter((line) => /^\| \d+ \|/.test(line));
  const numbers = rows.map((row) => Number(/\d+/.exec(row)?.[0]));
  t.same(numbers, Array.from({ length: 15 }, (_, i) => i + 1), 'fifteen, in order');
  for (const row of rows) {
    const chapters = [...row.matchAll(/\]\(([^)]+)\)/g)].map(([, name = '']) => name);
    const treated = chapters.flatMap((name) => pages.includes(name) ? lines_in(text(name)) : []);
    const untold = [...row.matchAll(/`[^`]+`/g)].map(([range]) => range)
      .filter((range) => !lines_in(range).some((line) => treated.includes(line)));
    t.same(untold, [], `its chapters speak of the lines that it names: ${row.split(' | ')[1] ?? ''}`);
  }
  const printed = ['`eliza_hup.pl:1-84`', '`Daemon.pm:64-78`', '`Daemon.pm:97-101`', '`Daemon.pm:110-158`'].flatMap(lines_in);
  const blank = listings.flatMap(({ perl, lines }) => lines.flatMap((what, i) => what === '' ? [`${perl} ${i + 1}`] : []));
  const known = [...blank, ...rows.flatMap(lines_in)];
  t.same(printed.filter((line) => !known.includes(line)), [], 'no line that the page prints is left out');
  t.end();
});

void t.test('the glossary', (t) => {
  const rows = text('glossary.md').split('\n').filter((line) => / \| \[\d+\]\(/.test(line));
  t.ok(rows.length > 40, `${rows.length} words`);
  for (const row of rows) {
    const [, word = '', number = '', chapter = ''] = /^\| (\w[\w-]*).* \| \[(\d+)\]\(([^)]+)\) \|$/.exec(row) ?? [];
    t.ok(chapter.startsWith(number.padStart(2, '0')), `${word}: the link leads to chapter ${number}`);
    const wanted = new RegExp(`\\b${word.replace(/y$/, '')}`, 'i'); // in the plural too
    t.match(pages.includes(chapter) ? text(chapter) : '', wanted, `${word}: that chapter has it`);
  }
  t.end();
});

void t.test('how TypeScript spells Perl: each name of perl/perl.ts', (t) => {
  const exported = [...readFileSync(join(root, 'perl', 'perl.ts'), 'utf8').matchAll(/export \{([^}]*)\}/g)]
    .flatMap(([, names = '']) => names.split(',').map((name) => name.replace('type ', '').trim()).filter(Boolean));
  const page = text('02-spelling.md');
  t.same(exported.filter((name) => !new RegExp(`(?<!\\w)${name.replace('$', '\\$')}(?!\\w)`).test(page)), [],
    'stands in the chapter');
  t.end();
});
