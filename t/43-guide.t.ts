/**
 * The guide shows what is: its sessions are run again, its pictures drawn, its lines looked up.
 *
 * A student learns that a page nobody runs is wrong before long. `npm run docs` brings the sessions up to date.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { sequence, tree } from '../tools/diagram.ts';
import { listings } from '../tools/perl-lines.ts';
import { lasting, run_sessions } from '../tools/sessions.ts';
import { installed, root } from './harness.ts';

const docs = join(root, 'docs');
const pages = readdirSync(docs, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md') && !name.startsWith('site')).sort();
const text = (name: string): string => readFileSync(join(docs, name), 'utf8');

// A translated page shows the sessions of its original. A reader types them in this order, in one home, and again.
const typed = pages.filter((page) => !page.includes('/') && text(page).includes('```console'));
const needs_no_log = typed.some((name) => text(name).includes('eliza_hup.log')) && existsSync('/dev/log')
  ? 'this machine has a log daemon, and the pages show one that has none'
  : !installed('nc') && 'nc is not installed';
void t.test('the sessions', { skip: needs_no_log }, async (t) => {
  const PAGE = '\n\u001d\n';
  const twice = [...typed, ...typed.filter((name) => /^\d/.test(name))]; // an exercise that has begun goes on, the second time
  const said = (await run_sessions(twice.map(text).join(PAGE))).split(PAGE);
  for (const [i, name] of twice.entries()) {
    t.equal(lasting(said[i] ?? ''), lasting(text(name)),
      `${name}, typed ${i < typed.length ? 'after the pages before it' : 'a second time'}: each says what the page shows; `
      + 'if not: npm run docs');
  }
});

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
