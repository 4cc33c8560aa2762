#!/usr/bin/env node
/**
 * `npm run trace`: what happens, in which process, at which line, while the real daemon holds a conversation, is ended or is
 * relaunched.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { argv, env, execPath, exit, stdout } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Chalk, default as default_chalk } from 'chalk';
import { Cleanup, leave_nothing, type Owner } from './common/cleanup.ts';
import { command_line } from './common/command.ts';
import { folder, home_in } from './common/daemon.ts';
import { Client, free_port } from './common/network.ts';
import { root, until } from './common/processes.ts';
import { columns_of_stdout, cut, PIPED } from './common/terminal.ts';
import { sequence, type Look } from './diagram.ts';
import { parse_mirror, type Row } from './mirror.ts';
import type { Language } from './site/words.ts';
import { NOTE, type Call } from './trace-probe.ts';

const HELP = `Usage: npm run trace -- [--svg FILE] [--width N] WHAT

Runs the real daemon on a port of its own and draws what happens in each process, with the lines of the Perl and of ours.
WHAT is conversation, term or hup.

  --svg FILE   draws it as a picture too
  --width N    so many columns; without it as many as the terminal has, and ${PIPED} where it goes elsewhere
  --help       print this and end
  --version    print the version and end
`;

/** What can be traced. */
export const SCENES = ['conversation', 'term', 'hup'] as const;
/** One of them. */
export type Scene = (typeof SCENES)[number];

/** One thing that happened. */
export interface Step {
  /** `you`, who sends signals, `client`, `daemon`, `child 1` … */
  readonly who: string;
  /** Whom it was done to; nobody for what is a process's own business. */
  readonly to?: string;
  /** As in a diagram: `->` a message, `=>` a birth, `x` one's own end, `-x` the end that a parent hears of. */
  readonly arrow: '->' | '=>' | 'x' | '-x' | '';
  readonly what: string;
  /** Where in the Perl, and where in ours. */
  readonly perl: string;
  readonly ours: string;
}

/** A line of a mirror file without its reference and its blanks. */
const bare = (text: string): string => text.replace(/\/\/ (\+|\d+(-\d+)?)( e\d+)*$/, '').replaceAll(/\s/g, '');

/**
 * Which line of a mirror file each line of the compiled one comes from. The compiler drops types and some references, and may
 * break a line in two, but it keeps the order.
 *
 * @param compiled the compiled file's lines
 * @param rows the mirror file's
 * @returns a row for each compiled line, but for those that are not code
 */
function origins(compiled: readonly string[], rows: readonly Row[]): (Row | undefined)[] {
  const code = rows.filter(({ kind }) => kind === 'mirror' || kind === 'plus');
  let at = 0;
  return compiled.map((text) => {
    const number = Number(/\/\/ (?:\d+-)?(\d+)(?: e\d+)*$/.exec(text)?.[1]);
    const here = bare(text);
    if (here === '' || /^\s*(\/\*|\*|\/\/)/.test(text)) return undefined;
    const fits = ({ kind, from, to, text: ours }: Row): boolean => Number.isNaN(number)
      ? bare(ours).includes(here)
      : kind === 'mirror' && from <= number && number <= to;
    const next = code.findIndex((row, i) => i >= at && fits(row));
    if (next !== -1) at = next;
    return code[at];
  });
}

/** Finds a line of a compiled mirror file in the Perl and in the TypeScript. */
function finder(): (file: string, line: number) => { perl: string; ours: string } {
  const files = new Map(['eliza_hup', 'Daemon'].map((file) => {
    const compiled = readFileSync(join(root, `${file}.js`), 'utf8').split('\n');
    return [file, origins(compiled, parse_mirror(readFileSync(join(root, `${file}.ts`), 'utf8')))];
  }));
  return (file, line) => {
    const row = files.get(file)?.[line - 1];
    if (!row) return { perl: '', ours: `${file}.ts` };
    const perl = `${file}${file === 'Daemon' ? '.pm' : '.pl'}:${row.to}${row.kind === 'plus' ? '+' : ''}`;
    return { perl, ours: `${file}.ts:${row.number}` };
  };
}

const signal_name = (number: unknown): string =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0].slice(3) ?? String(number);

const STD = ['IN', 'OUT', 'ERR'];
const CLOSES: Partial<Record<string, string>> = {
  'eliza_hup.pl:32': 'closes the listener', 'eliza_hup.pl:38': 'hangs up', 'eliza_hup.pl:60': 'closes the listener',
};

/** What setresuid sets: each id that is not left as it is. */
function uids(args: readonly unknown[]): string {
  const names = ['real', 'effective', 'saved'];
  const set = args.map((id, i) => id === 2 ** 32 - 1 ? '' : `${names[i] ?? ''} ${String(id)}`);
  return set.filter(Boolean).join(', ');
}

/** What a step needs to know of a call: who made it, the place of its line, and the names of processes. */
interface Caller {
  readonly who: string;
  readonly place: Pick<Step, 'perl' | 'ours'>;
  readonly name: (pid: unknown) => string;
}

/** The step that a system call is; nothing for one that a reader need not see. */
function step_of({ name: call, args, result, file }: Call, { who, place, name }: Caller): Step | undefined {
  const step = (what: string, arrow: Step['arrow'] = '', to?: string): Step =>
    ({ who, what, arrow, ...place, ...to === undefined ? {} : { to } });
  switch (call) {
    case 'fork': return typeof result === 'number' && result > 0 ? step('forks', '=>', name(result)) : undefined;
    case 'accept4': return result === -1 ? undefined : { ...step('connects', '->', 'daemon'), who: 'client' };
    case 'pthread_sigmask': return step(args[0] === 0 ? 'blocks the signals' : 'unblocks the signals');
    case 'signal': return who === 'daemon'
      ? step(`${args[1] === 1 ? 'ignores' : 'sets'} ${signal_name(args[0])}`)
      : step('signals at their defaults');
    case 'kill': return args[1] === 0 ? undefined : step(signal_name(args[1]), '->', name(args[0]));
    case 'waitpid': return typeof result === 'number' && result > 0
      ? step(`reaps ${name(result)}`, '-x', name(result))
      : undefined;
    case 'chroot': return step('locks itself in');
    case 'setresuid': return step(`becomes ${uids(args)}`);
    case 'dup2': return file === 'eliza_hup' && !place.perl.endsWith('+') && STD[Number(args[1])] !== undefined
      ? step(`has the client for its STD${STD[Number(args[1])] ?? ''}`)
      : undefined;
    case 'close': return CLOSES[place.perl] === undefined ? undefined : step(CLOSES[place.perl] ?? '');
    case 'execvp': return step('executes itself again');
    case '_exit': return step(`exits with ${String(args[0])}`, 'x');
    default: return undefined;
  }
}

/** Names processes: the daemon, and its children in the order in which they are first seen. */
function namer(daemon: number): (pid: unknown) => string {
  const names = new Map([[daemon, 'daemon']]);
  return (pid) => {
    if (typeof pid !== 'number') return '?';
    const known = names.get(pid) ?? `child ${names.size}`;
    names.set(pid, known);
    return known;
  };
}

/** Turns the notes and log lines of a run into steps. */
function reader(daemon: number): (line: string) => Step | undefined {
  const name = namer(daemon);
  const find = finder();
  const rows = parse_mirror(readFileSync(join(root, 'eliza_hup.ts'), 'utf8'));
  const last = new Map<number, string>();

  const heard = new Set<string>(); // lines of children: first when the child sends it or when the daemon writes it
  const logs = (pid: number, text: string): Step | undefined => {
    if (pid !== daemon && heard.delete(`${pid} ${text}`)) return undefined;
    heard.add(`${pid} ${text}`);
    // The line that logs it is the one that has its first words.
    const row = rows.find((one) => one.text.includes(text.split(' ').slice(0, 2).join(' ')));
    const place = row ? { perl: `eliza_hup.pl:${row.to}`, ours: `eliza_hup.ts:${row.number}` } : { perl: '', ours: '' };
    return { who: name(pid), arrow: '', what: `logs "${text.replace(/\.\.\.$/, '')}"`, ...place };
  };
  const logged = (line: string): Step | undefined => {
    const [, pid, text = ''] = /\[(\d+)\]: (.*)$/.exec(line) ?? [];
    return pid === undefined ? undefined : logs(Number(pid), text);
  };
  const called = (call: Call): Step | undefined => {
    if (call.name === 'sendto') return logs(call.pid, /^\d \d+ (.*)/.exec(String(call.args[0]))?.[1] ?? '');
    const who = name(call.pid);
    const again = `${call.name} ${call.line}`;
    // Of several calls that a process makes on a line the first.
    if (again === last.get(call.pid) && call.name !== 'kill' && call.name !== 'waitpid') return undefined;
    last.set(call.pid, again);
    return step_of(call, { who, place: find(call.file, call.line), name });
  };
  return (line) => line.startsWith(NOTE) ? called(JSON.parse(line.slice(1)) as Call) : logged(line);
}

/** A parent may come to write down its fork after the child has done much: a birth goes before all that. */
function births_first(steps: readonly Step[]): Step[] {
  const ordered = [...steps];
  for (const birth of steps.filter(({ arrow }) => arrow === '=>')) {
    const first = ordered.findIndex(({ who }) => who === birth.to);
    const now = ordered.indexOf(birth);
    if (first !== -1 && first < now) ordered.splice(first, 0, ...ordered.splice(now, 1));
  }
  return ordered;
}

/** Starts the daemon, attached, with the probe in it. */
function spawn_probed(dir: string, port: number): ChildProcess {
  const probe = pathToFileURL(join(root, 'tools', 'trace-probe.js')).href;
  return spawn(execPath, ['--import', probe, join(root, 'eliza_hup.js'), '--foreground', String(port)], {
    cwd: dir, env: { ...env, NO_COLOR: '1', ELIZA_PIDFILE: join(dir, 'eliza_hup.pid'), ...home_in(dir) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** A daemon under the probe, and what it has done so far. */
interface Run {
  readonly daemon: ChildProcess;
  readonly steps: Step[];
  /** Resolves when it has ended and all that it did is among the steps. */
  readonly ended: Promise<void>;
  /** Waits until a step has been seen so many times; rejects where the daemon ends before. */
  seen(test: (step: Step) => boolean, times?: number): Promise<unknown>;
}

const accepting = ({ what }: Step): boolean => what.includes('Server accepting');

/** Starts the daemon and reads what it does. It ends with its owner. */
async function run_probed(owner: Owner, port: number): Promise<Run> {
  const daemon = spawn_probed(folder(owner), port);
  const read = reader(daemon.pid ?? 0);
  const steps: Step[] = [];
  let rest = '';
  daemon.stderr?.setEncoding('utf8').on('data', (data: string) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop() ?? '';
    steps.push(...lines.map(read).filter((step) => step !== undefined));
  });
  let closed = false;
  const ended = new Promise<void>((resolve) => daemon.once('close', () => {
    closed = true;
    resolve();
  }));
  owner.teardown(async () => {
    daemon.kill('SIGTERM');
    await ended;
  });
  const seen = (test: (step: Step) => boolean, times = 1): Promise<unknown> => until('the next step', () => {
    if (steps.filter(test).length >= times) return true;
    if (closed) throw new Error(steps.some(accepting) ? 'the daemon ended too early' : 'the daemon did not start');
    return false;
  });
  await seen(accepting);
  steps.splice(0, steps.findIndex(accepting)); // what the program does before is not the scene
  return { daemon, steps, ended, seen };
}

/** Sends the daemon a signal, which is a step as well. */
function send({ daemon, steps }: Run, signal: 'TERM' | 'HUP'): void {
  steps.push({ who: 'you', to: 'daemon', arrow: '->', what: signal, perl: '', ours: '' });
  daemon.kill(`SIG${signal}`);
}

/** What happens in each scene, once a client has been greeted. */
const scenes: Record<Scene, (run: Run, client: Client) => Promise<Step[]>> = {
  conversation: async ({ steps, seen }, client) => {
    const reaps = ({ what }: Step): boolean => what.startsWith('reaps');
    client.send('bye\n');
    await seen(reaps);
    return steps.slice(0, steps.findIndex(reaps) + 1);
  },
  term: async (run) => {
    send(run, 'TERM');
    await run.ended;
    return run.steps;
  },
  hup: async (run) => {
    const { steps, seen } = run;
    send(run, 'HUP');
    await seen(accepting, 2);
    const again = steps.findLastIndex(accepting);
    const exec = steps.findLastIndex(({ who, what }) => who === 'daemon' && what === 'executes itself again');
    return [...steps.slice(0, exec + 1), ...steps.slice(again, again + 1)]; // the start is not the scene
  },
};

/**
 * Runs a scene.
 *
 * @param scene which
 * @returns what happened, in order
 * @throws Error when the daemon does not start, or ends before the scene does
 */
export async function trace(scene: Scene): Promise<Step[]> {
  const at_end = new Cleanup();
  try {
    const port = await free_port();
    const run = await run_probed(at_end, port);
    const client = await Client.greeted(port);
    at_end.teardown(() => { client.destroy(); });
    return births_first(await scenes[scene](run, client));
  } finally {
    await at_end.run();
  }
}

/** Who takes part, in order. */
function lanes_of(steps: readonly Step[]): string[] {
  const first = steps.some(({ who }) => who === 'you') ? ['you', 'client', 'daemon'] : ['client', 'daemon'];
  return [...new Set([...first, ...steps.flatMap(({ who, to }) => to === undefined ? [who] : [who, to])])];
}

/** What the steps say, in Spanish. */
const SPANISH: readonly (readonly [english: RegExp, spanish: string])[] = [
  [/^connects$/, 'conecta'], [/^forks$/, 'hace fork'], [/^blocks the signals$/, 'bloquea las señales'],
  [/^unblocks the signals$/, 'desbloquea las señales'],
  [/^signals at their defaults$/, 'deja las señales por omisión'],
  [/^sets (.*)$/, 'pone su manejador de $1'], [/^ignores (.*)$/, 'ignora $1'], [/^reaps child (.*)$/, 'recoge al hijo $1'],
  [/^locks itself in$/, 'se encierra'], [/^has the client for its (.*)$/, 'tiene al cliente por $1'],
  [/^closes the listener$/, 'cierra el socket de escucha'], [/^hangs up$/, 'suelta la conexión'],
  [/^executes itself again$/, 'se ejecuta de nuevo'], [/^exits with (.*)$/, 'termina con $1'], [/^logs /, 'registra '],
  [/^becomes /, 'pasa a ser '], [/\beffective\b/, 'efectivo'], [/\bsaved\b/, 'guardado'],
];
const LANES: Readonly<Record<string, string>> = { you: 'tú', client: 'cliente', daemon: 'demonio' };

/** A step as it is shown in a language. */
function in_language({ who, to, what, ...rest }: Step, language: Language): Step {
  if (language === 'en') return { who, what, ...rest, ...to === undefined ? {} : { to } };
  const lane = (name: string): string => LANES[name] ?? name.replace('child', 'hijo');
  const said = SPANISH.reduce((text, [english, spanish]) => text.replace(english, spanish), what);
  return { who: lane(who), what: said, ...rest, ...to === undefined ? {} : { to: lane(to) } };
}

/** How a scene is drawn. */
export interface View {
  readonly language?: Language;
  /** The address of a line of the Perl. */
  readonly link?: (file: string, line: string) => string;
}

/**
 * What happened, as diagram.ts wants it.
 *
 * @param scene the picture's subject
 * @param steps what happened
 * @param view how
 * @returns the picture's title, its text, and how it is to be drawn
 */
export function drawing(
  scene: Scene, steps: readonly Step[], { language = 'en', link }: View = {},
): [title: string, source: string, look: Look] {
  const lines = steps.map((step) => in_language(step, language)).map(({ who, arrow, to, what, perl }) => {
    const text = what.replaceAll('|', '/').replace(/"(.{34}).+"$/, '"$1…"');
    return `${[who, arrow, to].filter(Boolean).join(' ')} | ${text} | ${perl}`;
  });
  const lanes = lanes_of(steps).map((who) => in_language({ who, arrow: '', what: '', perl: '', ours: '' }, language).who);
  const remarks = {
    en: '59+ is a line of ours that Perl does not have, beside its line 59.',
    es: '59+ es una línea nuestra que Perl no tiene, junto a su línea 59.',
  };
  const plus = steps.map(({ perl }) => /(\d+)\+$/.exec(perl)?.[1]).find(Boolean);
  return [`${language === 'es' ? 'Una traza' : 'A trace'}: ${scene}`, [lanes.join(', '), ...lines].join('\n'), {
    ...link ? { link } : {}, ...plus === undefined ? {} : { remark: remarks[language].replaceAll('59', plus) },
  }];
}

/**
 * Draws what happened.
 *
 * @param scene the picture's subject
 * @param steps what happened
 * @param view how
 * @returns the SVG
 */
export function picture(scene: Scene, steps: readonly Step[], view: View = {}): string {
  return sequence(...drawing(scene, steps, view));
}

/**
 * The same for a terminal: a column for each process, and what it does. There are no colours, which one theme or another makes
 * illegible: the terminal's own, bold for the daemon, slanted for the client.
 */
function timeline(steps: readonly Step[], columns: number): string[] {
  const chalk = new Chalk({ level: env.NO_COLOR ? 0 : default_chalk.level });
  const looks: Record<string, (text: string) => string> = { client: chalk.italic, daemon: chalk.bold };
  const lanes = lanes_of(steps);
  const alive = new Set(['you', 'client', 'daemon']);
  const [perl_width, ours_width] = [17, 19];
  const before = perl_width + ours_width + 2 * lanes.length + 1; // the columns before the text
  const beside = columns >= before + 24; // else the places have a line of their own
  const width = Math.max(1, beside ? columns - before : columns - 2 * lanes.length - 1);
  const place = (perl: string, ours: string): string => perl.padEnd(perl_width) + ours.padEnd(ours_width);
  const line = (where: string, marks: string, text: string, look = String as (text: string) => string): string[] => {
    const rest = ' '.repeat(beside ? before : marks.length + 2);
    const [first = '', ...more] = cut(text, width).map((part) => look(part));
    const start = beside ? chalk.dim(where) : '';
    const places = where.trim().replace(/ +/, ' ');
    const own = beside || places === '' ? [] : cut(places, columns).map((part) => chalk.dim(part));
    return [...own, `${start}${marks}  ${first}`, ...more.map((part) => rest + part)];
  };
  const head = beside
    ? cut(lanes.join(', '), Math.max(1, columns - perl_width - ours_width))
    : [...cut('Perl ours', columns), ...cut(lanes.join(', '), columns)];
  const blank = ' '.repeat(perl_width + ours_width);
  const titles = head.map((text, i) => chalk.bold(`${beside ? (i === 0 ? place('Perl', 'ours') : blank) : ''}${text}`));
  return [...titles, ...steps.flatMap(({ who, to, arrow, what, perl, ours }) => {
    if (to !== undefined && arrow === '=>') alive.add(to);
    const mark = (lane: string): string => {
      if (lane === who) return arrow === 'x' ? '×' : '●';
      return lane === to ? arrow === '-x' ? '×' : '○' : alive.has(lane) ? '│' : ' ';
    };
    const marks = lanes.map(mark).join(' ');
    if (arrow === 'x') alive.delete(who);
    if (arrow === '-x') alive.delete(to ?? '');
    const text = to === undefined || arrow === '-x' ? `${who} ${what}` : `${who} → ${to}: ${what}`;
    return line(place(perl, ours), marks, text, looks[who]);
  })];
}

async function main(): Promise<void> {
  const { values, words, refuse, number } = command_line({
    name: 'trace', help: HELP, words: 1, options: { svg: { type: 'string' }, width: { type: 'string' } },
  });
  const scene = SCENES.find((one) => one === words[0]) ?? refuse(`one of ${SCENES.join(', ')}, please; see --help`);
  const columns = number('width', columns_of_stdout(), { from: 20, to: 1000, whole: true });
  leave_nothing();
  const steps = await trace(scene).catch((error: unknown) => refuse(error instanceof Error ? error.message : String(error)));
  stdout.write(`${timeline(steps, columns).join('\n')}\n`);
  if (values.svg !== undefined) writeFileSync(values.svg, `${picture(scene, steps)}\n`);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  stdout.on('error', () => { exit(0); });
  await main();
}
