/**
 * `npm run trace`: each step that it shows has happened, at the line that it shows.
 *
 * A student learns that of two processes each has its order, and that between them there is none, but for what they send each
 * other.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { listings } from '../../tools/perl-lines.ts';
import { LANGUAGES } from '../../tools/site/words.ts';
import { picture, SCENES, trace, type Step } from '../../tools/trace.ts';
import { environment, folder, is_root, root, run } from '../harness.ts';

/** What stands on our line from which an event comes, by what the event says. */
const SOURCES: readonly (readonly [what: RegExp, line: RegExp])[] = [
  [/^connects$/, /accept\(/], [/^blocks the signals$/, /SIG_BLOCK/], [/^unblocks the signals$/, /SIG_UNBLOCK/],
  [/^forks$/, /\bfork\(|perl_c\(/], [/^signals at their defaults$/, /'DEFAULT'/], [/^(sets|ignores) /, /SIG\.|exec\(/],
  [/^TERM$|^KILL$/, /kill\(/], [/^reaps /, /waitpid\(|perl_c\(/], [/^locks itself in$/, /chroot\(/],
  [/^becomes /, /\$\['[<>]'\]|perl_c\(/], [/^has the client for its STDIN$/, /STDIN|perl_c\(/],
  [/^has the client for its STDOUT$/, /STDOUT|perl_c\(/], [/^has the client for its STDERR$/, /STDERR|perl_c\(/],
  [/^closes the listener$|^hangs up$/, /close\(|hand_over\(/], [/^executes itself again$/, /exec\(|perl_c\(/],
  [/^exits with/, /exit\(/], [/^logs "/, /log_\w+\(/],
];

/** What one process did, in its order, as `line what`. */
function of(steps: readonly Step[], who: string): string[] {
  return steps.filter((step) => step.who === who).map(({ perl, what }) => `${perl.replace(/^.*:/, '')} ${what}`);
}

for (const scene of SCENES) {
  void t.test(scene, async (t) => {
    const steps = await trace(scene);
    const first = of(steps, 'daemon').slice(1, 5);
    t.match(first, [/^68 blocks the signals$/, /^69 forks$/, /^76 unblocks the signals$/, /^38 hangs up$/], 'the daemon');
    const child = of(steps, 'child 1');
    t.match(child[0], /^73 /, 'the child begins with its signals');
    const root_only = child.filter((text) => text.startsWith('85 '));
    t.same(root_only, is_root ? ['85 locks itself in'] : [], 'a chroot, for root');
    t.ok(child.some((text) => /^87 becomes real \d+, saved \d+$/.test(text)), 'it gives up what it was');
    t.same(child.filter((text) => /^4\d has the client/.test(text)).length, 3, 'it has the client for its three descriptors');

    const birth = steps.findIndex(({ arrow, to }) => arrow === '=>' && to === 'child 1');
    t.ok(birth !== -1 && birth < steps.findIndex(({ who }) => who === 'child 1'), 'after it was born');

    const daemon = of(steps, 'daemon');
    const order = (...texts: RegExp[]): boolean => {
      const places = texts.map((text) => daemon.findIndex((one) => text.test(one)));
      return places.every((place, i) => place > (places[i - 1] ?? -1));
    };
    if (scene === 'conversation') t.match(child.at(-1), /^35 logs .*finished/, 'its last word is in the log');
    if (scene === 'term') {
      t.ok(order(/^52 logs/, /^98 TERM/, /^91 reaps child 1/, /^83 logs/, /^54 exits with 0/),
        'what the daemon does at TERM, in its order');
    }
    if (scene === 'hup') {
      t.ok(order(/^58 logs/, /^59 logs/, /^98 TERM/, /^63 logs/, /^110 executes itself again/),
        'what the daemon does at HUP, in its order');
    }

    const signals = steps.filter(({ what }) => /^(TERM|HUP|KILL)$/.test(what));
    t.notOk(signals.some(({ who }) => who === 'client'), 'a client sends no signal');
    if (scene !== 'conversation') t.equal(signals[0]?.who, 'you', 'the first one comes from whoever typed kill');
    for (const born of steps.filter(({ arrow }) => arrow === '=>').map(({ to }) => to)) {
      const defaults = steps.filter(({ who, what }) => who === born && what === 'signals at their defaults');
      t.ok(defaults.length <= 1, `${born ?? ''} sets its signals back once`);
    }
    for (const { perl, ours, what } of steps.filter((step) => step.perl !== '')) {
      const [, wanted] = SOURCES.find(([event]) => event.test(what)) ?? [];
      const [file = '', number] = ours.split(':');
      const line = readFileSync(join(root, file), 'utf8').split('\n')[Number(number) - 1] ?? '';
      t.match(line, wanted ?? /nothing/, `${perl}: "${what}" comes from ${ours}, which says so`);
    }
    for (const { perl, ours, what } of steps.filter((step) => step.perl !== '')) {
      const [file = '', line = ''] = ours.split(':');
      const listing = listings.find(({ ts }) => ts === file);
      const text = readFileSync(join(root, file), 'utf8').split('\n')[Number(line) - 1] ?? '';
      const [, from, to = from] = /\/\/ (\d+)(?:-(\d+))?(?: e\d+)*$/.exec(text) ?? [];
      const n = Number(/:(\d+)\+?$/.exec(perl)?.[1]);
      const there = perl.endsWith('+') ? / \/\/ \+( e\d+)*$/.test(text) : Number(from) <= n && n <= Number(to);
      if (!listing || !there) t.fail(`${what}: ${perl} is not ${ours}`);
    }
    for (const language of LANGUAGES) {
      const svg = picture(scene, steps, { language, link: (file, line) => `reader.html#${file}-${line}` });
      const names = { en: /^<svg .*>daemon<.*>child 1<.*<\/svg>$/s, es: /^<svg .*>demonio<.*>hijo 1<.*<\/svg>$/s };
      t.match(svg, names[language], `${language}: the picture has the lanes`);
      const links = [...svg.matchAll(/<a href="reader\.html#([^"]*)"><text [^>]*>([^<]*)/g)];
      const placed = steps.map(({ perl }) => perl).filter(Boolean);
      const wanted = placed.map((perl) => [perl.replace(/:(\d+)\+?$/, '-$1'), perl]);
      t.same(links.map(([, link, text]) => [link, text]), wanted,
        `${language}: each number is there with its file, and is a link to its line`);
      const ended = steps.filter(({ arrow }) => arrow === '-x' || arrow === 'x').length;
      const crosses = [...svg.matchAll(/<path [^>]*l12 12m0 -12l-12 12/g)].length;
      t.equal(crosses, ended, `${language}: the line of whoever has ended ends`);
      const explained = /\d+\+ (is a line of ours|es una línea nuestra)/.test(svg);
      const has_plus = placed.some((perl) => perl.endsWith('+'));
      t.equal(explained, has_plus, `${language}: a plus is explained where there is one`);
    }
  });
}

void t.test('the program', async (t) => {
  const file = join(folder(t), 'trace.svg');
  const program = join(root, 'tools', 'trace.js');
  const { status, stdout, stderr } = await run(process.execPath, [program, '--svg', file, 'term']);
  t.same([status, stderr], [0, ''], 'the status is 0, and STDERR silent');
  t.match(Buffer.from(stdout, 'latin1').toString(), /^Daemon\.pm:98 +Daemon\.ts:\d+ +│ │ ● ○ {2}daemon → child 1: TERM$/m,
    'a step: the line of the Perl, ours, and who does what to whom');
  t.match(readFileSync(file, 'utf8'), /^<svg /, 'the picture is in the file');
  for (const args of [[], ['nonsense'], ['term', 'hup'], ['--nonsense']]) {
    const wrong = await run(process.execPath, [program, ...args]);
    t.match(wrong.stderr, /^trace: [^\n]+\n$/, `trace ${args.join(' ')}: one line says what is wrong`);
    t.equal(wrong.status, 2, 'the status is 2');
  }
});

void t.test('widths and looks', async (t) => {
  const program = join(root, 'tools', 'trace.js');
  for (const width of [30, 66, 80]) {
    const { stdout } = await run(process.execPath, [program, 'conversation', '--width', String(width)], {
      env: environment({ FORCE_COLOR: '3' }),
    });
    const text = Buffer.from(stdout, 'latin1').toString();
    const looks = [...text.matchAll(/\u001b\[([\d;]*)m/g)].map(([, codes = '']) => codes);
    t.ok(looks.length > 0, 'there are looks when they are asked for');
    t.same(looks.filter((codes) => !/^(?:[0-9]|2[0-9])$/.test(codes)), [],
      'bold, dim, slanted: no colour, which one theme or another makes illegible');
    const lines = text.replaceAll(/\u001b\[[\d;]*m/g, '').split('\n');
    t.same(lines.filter((line) => line.length > width), [], `${width} columns: no line is wider`);
    const words = lines.join(' ').replaceAll(/[●○│×]/g, '').split(/\s+/).join(' ');
    for (const said of ['daemon logs "Server accepting connections on port', 'client → daemon: connects', 'child 1 logs']) {
      t.match(words, said, `and it says "${said}", broken at blanks`);
    }
  }
});
