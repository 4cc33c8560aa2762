/**
 * `npm run compare`: two columns, and the reader's own copy of the Perl in whatever shape it comes.
 *
 * A student learns that a program can recognise a text by the words it shares with another, without having it.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { parse_mirror, shown as as_shown } from '../../tools/mirror.ts';
import { listings, type Listing } from '../../tools/perl-lines.ts';
import { plus_lines } from '../../tools/plus-lines.ts';
import { environment, folder, type Outcome, root, run } from '../harness.ts';
import { stand_in } from '../stand-in.ts';

function compare(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  return run(process.execPath, [join(root, 'tools', 'compare.js'), ...args], { env: environment(env) });
}

/** What the columns say, joined again where they were wrapped: the Perl lines by number, and ours. */
function columns(stdout: string): { perl: Map<number, string>; ours: Map<number, string> } {
  const [perl, ours] = [new Map<number, string>(), new Map<number, string>()];
  let [p, o] = [0, 0];
  for (const line of Buffer.from(stdout, 'latin1').toString('utf8').split('\n')) {
    const [, left = '', right = ''] = /^(.{46}) [│+](.*)$/.exec(line) ?? []; // as 100 columns are parted
    p = Number(left.slice(0, 3)) || p;
    o = Number(right.slice(0, 5)) || o;
    perl.set(p, (perl.get(p) ?? '') + left.slice(5).replaceAll(' ', ''));
    ours.set(o, (ours.get(o) ?? '') + right.slice(5).replaceAll(' ', ''));
  }
  return { perl, ours };
}

const [eliza, daemon] = listings as [Listing, Listing];

void t.test('the descriptions', (t) => {
  t.equal(eliza.lines.length, 84, 'eliza_hup.pl has 84 lines');
  t.equal(daemon.lines.length, 160, 'Daemon.pm has 160');
  for (const { perl, sections, lines } of listings) {
    const named = new Set(sections.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i)));
    const lost = lines.map((_, i) => i + 1).filter((n) => lines[n - 1] !== '' && !named.has(n));
    t.same(lost, [], `${perl}: every line that is not blank is in a named part`);
  }
  t.end();
});

void t.test('everything, without a copy', async (t) => {
  const { status, stdout } = await compare(['--all']);
  t.equal(status, 0, 'the status is 0');
  t.notMatch(stdout, '\u001b', 'no colours in a pipe');
  const widest = Math.max(...Buffer.from(stdout, 'latin1').toString('utf8').split('\n').map((line) => line.length));
  t.ok(widest <= 100, `no line is wider than 100 columns: ${widest}`);
  for (const [listing, part] of [[eliza, 0], [daemon, 1]] as const) {
    const { perl, ours } = columns(stdout.split(/^Daemon\.pm:.*$/m)[part] ?? '');
    const same = listing.lines.every((text, i) => perl.get(i + 1) === text.replaceAll(' ', ''));
    t.ok(same, `${listing.perl}: every line is described, none is cut`);
    const rows = parse_mirror(readFileSync(join(root, listing.ts), 'utf8'));
    const cut = rows.filter((row) => {
      const { number, kind } = row;
      return kind !== 'blank' && number >= (rows.find((row) => row.from > 0)?.number ?? 0) && ours.has(number)
        && ours.get(number) !== as_shown(row).replaceAll(' ', '');
    });
    t.same(cut, [], `${listing.ts}: no line is cut`);
    const shown = rows.filter(({ kind, number }) => (kind === 'mirror' || kind === 'plus') && !ours.has(number));
    t.same(shown, [], `${listing.ts}: every line of code is there`);
  }
});

void t.test('a sub, some lines, a file', async (t) => {
  const perl_lines = async (...args: string[]): Promise<number[]> =>
    [...columns((await compare(args)).stdout).perl.keys()].filter(Boolean);
  t.same(await perl_lines('kill_children'), [97, 98, 99, 100, 101], 'a sub: its lines');
  t.same(await perl_lines('28-30'), [28, 29, 30], 'some lines of eliza_hup.pl');
  t.same(await perl_lines('Daemon.pm:97'), [97], 'a line of Daemon.pm');
  t.equal((await perl_lines('eliza_hup.pl')).length, 84, 'a file: all of it');
  const { stdout } = await compare(['END']);
  t.match(stdout, /^eliza_hup\.pl:82-84/m, 'what both files have is shown of both');
  t.match(stdout, /^Daemon\.pm:154-160/m, 'the END of Daemon.pm too');
});

void t.test('without a word: the names', async (t) => {
  const { status, stdout } = await compare([]);
  t.equal(status, 0, 'the status is 0');
  t.match(stdout, /^ {2}launch_child +64-78$/m, 'a name, and where it is');
});

void t.test('a copy of the Perl', async (t) => {
  const dir = folder(t);
  const write = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const cat_n = (lines: string[], first = 1): string =>
    lines.map((line, i) => `${String(first + i).padStart(6)}\t${line}\n`).join('');
  const pre = (part: string): string => `<PRE>\n${part.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</PRE>`;
  const page = (...parts: string[]): string =>
    `<!DOCTYPE html><html><body><p>On 2 counts.</p>${parts.map(pre).join('<p>1 more paragraph</p>\n')}</body></html>`;

  const [e, d] = [stand_in(eliza), stand_in(daemon)];
  const full = async (what: string, path: string, listing: Listing, lines: string[]): Promise<void> => {
    const { status, stdout } = await compare(['--perl', path, listing.perl]);
    const { perl } = columns(stdout);
    const wrong = lines.filter((line, i) => perl.get(i + 1) !== line.replaceAll(/\s/g, ''));
    t.same([status, wrong], [0, []], `${what}: every line of ${listing.perl} is there`);
    t.notMatch(stdout, 'lacks', 'no line is said to be missing');
  };
  await full('plain', write('plain.pl', e.join('\n')), eliza, e);
  await full('plain', write('plain.pm', d.join('\n')), daemon, d);
  await full('plain, with CR LF', write('crlf.pm', d.join('\r\n')), daemon, d);
  await full('after comments of its own', write('book.pm', ['# a heading', '', ...d].join('\n')), daemon, d);
  await full('numbered', write('numbered.pl', cat_n(e)), eliza, e);
  await full('a web page with both', write('page.html', page(cat_n(e), cat_n(d))), daemon, d);
  await full('its address', pathToFileURL(join(dir, 'page.html')).href, eliza, e);
  mkdirSync(join(dir, 'both'));
  write('both/eliza_hup.pl', e.join('\n'));
  write('both/Daemon.pm', d.join('\n'));
  await full('a folder', join(dir, 'both'), eliza, e);
  await full('a folder', join(dir, 'both'), daemon, d);

  const pieces = page(cat_n(e.slice(17, 39), 18), cat_n(d.slice(96, 101), 97), cat_n(e.slice(13, 16), 14));
  const { stdout } = await compare(['--perl', write('pieces.html', pieces)]);
  t.match(stdout, 'Your copy lacks lines 1-6, 8-12, 41-49,', 'pieces: it says which lines are not there');
  const daemons = columns(stdout.slice(stdout.indexOf('Daemon.pm:1'))).perl;
  t.equal(daemons.get(98), d[97]?.replaceAll(' ', ''), 'a piece goes to the file whose words it has');
  t.equal(daemons.get(15), daemon.lines[14]?.replaceAll(' ', ''), 'and what is not there is described');

  // As text that was copied without its line ends: no indentation, the beginning cut off, prose before and after.
  const run_together = (lines: string[], first: number): string =>
    lines.map((line, i) => `${first + i} ${line.trim()}`).join(' ').replace(/ *$/, ';');
  const prose = ` Then came 2010.${' And prose.'.repeat(30)} `;
  const whole = `They met 3 times. ${run_together(e, 1)}${prose}${run_together(d, 1)}${prose}`;
  for (const [listing, lines] of [[eliza, e], [daemon, d]] as const) {
    const { stdout } = await compare(['--perl', write('one-line.txt', whole), listing.perl]);
    const { perl } = columns(stdout);
    const bare = (text = ''): string => text.replaceAll(/[\s;]/g, '');
    const wrong = lines.map((_, i) => i + 1).filter((n) => bare(perl.get(n)) !== bare(lines[n - 1]));
    t.same(wrong, [], `both on one line: every line of ${listing.perl}`);
    t.notMatch(stdout, 'lacks', 'no line is said to be missing');
  }
  const cut = `ink $pidfile; ${run_together(d.slice(109), 110)}\n`;
  const rest = await compare(['--perl', write('cut.txt', `A page.\n${cat_n(e)}It ends.\n${cut}`)]);
  t.match(rest.stdout, /Your copy lacks lines 1-3, [^]*97-101,\s+103-109\s+of\s+Daemon\.pm\./, 'the beginning cut off');
  t.notMatch(rest.stdout, 'of eliza_hup.pl', 'eliza_hup.pl is whole');
  t.equal(columns(rest.stdout.slice(rest.stdout.indexOf('Daemon.pm:1'))).perl.get(114), d[113]?.replaceAll(' ', ''),
    'line 114 of Daemon.pm is the reader’s');

  const short = await compare(['--perl', write('short.pm', d.slice(0, 78).join('\n')), 'launch_child', 'kill_children']);
  t.match(short.stdout, 'Your copy lacks lines 97-101 of Daemon.pm.', 'short: the same');
});

void t.test('what is wrong is said in one line', async (t) => {
  const dir = folder(t);
  const wrong = join(dir, 'wrong.txt');
  writeFileSync(wrong, 'Arma virumque cano, Troiae qui primus ab oris\n'.repeat(100));
  const said = async (...args: string[]): Promise<string> => {
    const { status, stdout, stderr } = await compare(args);
    t.same([status, stdout], [2, ''], `${args.join(' ')}: status 2, and nothing on STDOUT`);
    return stderr;
  };
  t.equal(await said('lauch_child'), 'compare: nothing is called "lauch_child"; the nearest are launch_child, '
  + (await said('lauch_child')).split(', ').slice(1).join(', '), 'a name misspelt: the nearest ones');
  t.match(await said('97'), /^compare: eliza_hup\.pl has lines 1 to 84, not 97; .*Daemon\.pm:97.*\n$/,
    'a line that eliza_hup.pl has not: how many it has, and where else to look');
  t.match(await said('Daemon.pm:161'), /^compare: Daemon\.pm has lines 1 to 160, not 161\n$/, 'a line that Daemon.pm has not');
  t.match(await said('Deamon.pm:3'), /^compare: nothing is called "Deamon\.pm:3"; the nearest are Daemon\.pm/,
    'a file misspelt: the nearest one');
  t.match(await said('30-28'), /^compare: eliza_hup\.pl has lines 1 to 84, not 30-28\n$/, 'from a line to one before it');
  t.match(await said('--perl', wrong), /^compare: in .*wrong\.txt no line of eliza_hup\.pl or Daemon\.pm is recognised\n$/,
    'a copy of something else');
  t.match(await said('--perl', join(dir, 'nothing')), /^compare: there is no .*nothing\n$/, 'a copy that is not there');
  t.match(await said('--nonsense'), /^compare: Unknown option '--nonsense'; see --help\n$/, 'an option it does not know');
});

void t.test('looks', async (t) => {
  const { stdout } = await compare(['28-39', '--plus'], { FORCE_COLOR: '3' });
  t.match(stdout, '\u001b[', 'there are some when they are asked for');
  const looks = [...stdout.matchAll(/\u001b\[([\d;]*)m/g)].map(([, codes = '']) => codes);
  t.same(looks.filter((codes) => !/^(?:[0-9]|2[0-9])$/.test(codes)), [],
    'bold, dim, slanted: no colour, which one theme or another makes illegible');
  t.notMatch((await compare(['28'], { FORCE_COLOR: '1', NO_COLOR: '1' })).stdout, '\u001b', 'NO_COLOR has the last word');
});

void t.test('widths', async (t) => {
  const text = (stdout: string): string => Buffer.from(stdout, 'latin1').toString('utf8');
  const letters = (text: string): string => text.replaceAll(/[\s│]/g, '').split('').sort().join(''); // wherever they stand
  const words = (text: string): string[] => text.split(/[\s│]+/);
  const whole = text((await compare(['launch_child', '--width', '300'])).stdout);
  for (const width of [20, 33, 59, 60, 80, 132, 1000]) {
    const { status, stdout } = await compare(['launch_child', '--width', String(width)]);
    t.equal(status, 0, `${width} columns: the status is 0`);
    t.same(text(stdout).split('\n').filter((line) => line.length > width), [], 'no line is wider');
    t.equal(letters(text(stdout)), letters(whole), 'nothing is left out');
    const broken = words(whole).filter((word) => word.length < width / 4 && !words(text(stdout)).includes(word));
    t.same(broken, [], 'and no word of ordinary length is broken');
  }
  for (const width of [70, 200]) {
    const command = `stty cols ${width}; ${process.execPath} ${join(root, 'tools', 'compare.js')} launch_child`;
    const env = environment({ NO_COLOR: '1', SHELL: '/bin/sh' });
    const { stdout } = await run('script', ['-qec', command, '/dev/null'], { env });
    const widest = Math.max(...text(stdout).split(/\r?\n/).map((line) => line.length));
    t.ok(widest > width * 0.8 && widest <= width, `a terminal of ${width} columns is filled: ${widest}`);
  }
});

void t.test('--plus: each line of ours that the Perl does not have, and why', async (t) => {
  const { stdout } = await compare(['--plus']);
  for (const { ts } of listings) {
    const rows = parse_mirror(readFileSync(join(root, ts), 'utf8')).filter(({ kind }) => kind === 'plus');
    const reasons = plus_lines[ts] ?? [];
    const unexplained = rows.filter(({ text }) => !reasons.some(([begins]) => text.trimStart().startsWith(begins)));
    t.same(unexplained, [], `${ts}: every such line has its reason in tools/plus-lines.ts`);
    for (const [begins, why] of reasons) {
      t.ok(rows.some(({ text }) => text.trimStart().startsWith(begins)), `there is such a line: ${begins}`);
      t.match(stdout, Buffer.from(why.slice(0, 60)).toString('latin1'), `its reason is shown: ${begins}`);
    }
  }
});

void t.test('a reader who has read enough', async (t) => {
  const command = `"${process.execPath}" "${join(root, 'tools', 'compare.js')}" --all | head -1`;
  const { status, stderr } = await run('sh', ['-c', command]);
  t.same([status, stderr], [0, ''], 'it ends with 0, without a word');
});
