/**
 * The two columns: what a line of the Perl does, with room for the reader's own copy of it; the line of ours that stands for
 * it; and, on the reader page, a margin with the ways on.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse_mirror, select, type Row } from '../mirror.ts';
import { listings, type Listing } from '../perl-lines.ts';
import { spanish } from '../perl-lines-es.ts';
import { plus_lines } from '../plus-lines.ts';
import { coloured } from './colours.ts';
import { escape, place, source } from './frame.ts';
import { read_guide, speakers, stem, type Chapter } from './guide.ts';
import { line_tests } from './line-tests.ts';
import type { Language } from './words.ts';

const say = {
  en: {
    line: 'line', ours_alone: 'ours alone:', chapter: 'ch.', chapters: 'Chapters that speak of it', tests: 'Tests that hold it',
    api: 'What it calls', erratum: 'Erratum',
  },
  es: {
    line: 'línea', ours_alone: 'solo en la nuestra:', chapter: 'cap.', chapters: 'Capítulos que hablan de ella',
    tests: 'Pruebas que la comprueban', api: 'A qué llama', erratum: 'Errata',
  },
};

/** The rows of the mirror files, by Perl file, each with its text in colours. */
const mirrors = new Map(listings.map(({ perl, ts }) => {
  const rows = parse_mirror(source(ts));
  const html = coloured(rows.map(({ text }) => text).join('\n'), 'ts');
  const indented = html.map((text) => text.replace(/^ +/, '<span class="indent">$&</span>'));
  return [perl, rows.map((row, i) => ({ ...row, html: indented[i] ?? '' }))] as const;
}));

/** A row, coloured. */
type Coloured = Row & { readonly html: string };

/** The lines' descriptions in a language. */
export const described = (language: Language): readonly Listing[] => language === 'es' ? spanish : listings;

/** The names of the table of errata's rows, for those who point at a number: what happens in the Perl. */
const faults = (language: Language): ReadonlyMap<number, string> => {
  const text = read_guide(language).find(({ name }) => name === 'errata')?.text ?? '';
  return new Map(text.split('\n').flatMap((line): [number, string][] => {
    const [, number, , fault = ''] = /^\| (\d+) \| (.*?) \| (.*?) \|/.exec(line) ?? [];
    return number === undefined ? [] : [[Number(number), fault.replaceAll('`', '')]];
  }));
};

/** The files of t/ by the numbers with which their names begin. */
const test_files = new Map(readdirSync(join(import.meta.dirname, '..', '..', 't')).filter((file) => file.endsWith('.t.ts'))
  .map((file) => [file.slice(0, 2), file] as const));

/** Where a test's source is shown; undefined where there is no such test. */
export function test_page(number: string): string | undefined {
  return test_files.has(number) ? `site:tests/${test_files.get(number)?.replace('.t.ts', '.html') ?? ''}` : undefined;
}

/** What the API's pages document, by name, as TypeDoc has written them; nothing where it has not run yet. */
export type Api = ReadonlyMap<string, string>;

/**
 * Reads the names of the API's pages.
 *
 * @param folder the site
 * @returns their addresses: by name, by module and name, and of members by class and name, `Connection#peerhost`
 */
export function read_api(folder: string): Api {
  const api = new Map<string, string>();
  for (const kind of ['classes', 'variables', 'functions']) {
    if (!existsSync(join(folder, 'api', kind))) continue;
    for (const file of readdirSync(join(folder, 'api', kind))) {
      const name = file.replace(/\.html$/, '');
      const address = `site:api/${kind}/${file}`;
      api.set(name, address);
      const short = name.replace(/^.*\./, '');
      if (!api.has(short)) api.set(short, address);
      if (kind !== 'classes') continue;
      for (const [, id = ''] of readFileSync(join(folder, 'api', kind, file), 'utf8').matchAll(/ id="(\w+)"/g)) {
        api.set(`${short}#${id}`, `${address}#${id}`);
      }
    }
  }
  return api;
}

/** What the names of variables in the mirror files stand for. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  connection: ['Connection'], sock: ['Connection'], listen_socket: ['IO_Socket_INET'], bot: ['Eliza'], CHILDREN: ['Children'],
  fh: ['PID_File', 'IO_File'], STDIN: ['IO_Handle'], STDOUT: ['IO_Handle'], STDERR: ['IO_Handle'],
};

/** The pages of what a line calls: functions, variables of Perl's, methods of the objects that have a name. */
function calls({ text, kind }: Row, api: Api): [name: string, address: string][] {
  if (api.size === 0 || kind === 'comment' || kind === 'blank') return [];
  const module = /from '\.\/(.*)\.ts'|import '\.\/(.*)\.ts'/.exec(text);
  if (module) {
    const name = module[1] ?? module[2] ?? '';
    return [[name, `site:api/modules/${name.replaceAll('/', '_')}.html`]];
  }
  const code = text.replace(/^export .*|^(?:async )?function \w+/, '').replaceAll(/'(?:[^'\\]|\\.)*'/g, "''")
    .replaceAll(/`[^`]*`/g, (template) => (template.match(/\$\{[^}]*\}/g) ?? []).join(' '));
  const names = [...code.matchAll(/(?<![\w.])(\$(?=\[)|[A-Za-z_]\w*)(?:\.([A-Za-z_]\w*))?(?=\W|$)/g)];
  const found = names.flatMap(([, name = '', member = '']): [string, string | undefined][] => {
    if (name === 'POSIX') return [[member, api.get(`perl_POSIX.${member}`)]];
    const [method] = (KINDS[name] ?? [name]).flatMap((kind) => api.get(`${kind}#${member.toLowerCase()}`) ?? []);
    return method === undefined ? [[name, api.get(name === '$' ? '_' : name)]] : [[member, method]];
  });
  return [...new Map(found.filter((one): one is [string, string] => one[1] !== undefined)).entries()];
}

/** How columns are to be made. */
export interface Options {
  readonly language: Language;
  /** Whether the lines are to be landed on: only on the reader page. */
  readonly ids: boolean;
  /** The API, for the margin; without it there is no margin. */
  readonly api?: Api;
}

/** Writes columns in one language. */
export function columns(options: Options): (perl: string, from: number, to: number) => string {
  const { language, ids, api } = options;
  const words = say[language];
  const chapters = speakers(read_guide(language));
  const errata = place('errata.html', language);
  const fault = faults(language);
  const reader = `site:${place('reader.html', language)}`;

  const line = (id: string, label: string, n: number, inner: string, look = ''): string =>
    `<div class="line${look}"${ids ? ` id="${id}"` : ''}><a class="n" href="${ids ? '' : reader}#${id}"`
    + ` aria-label="${label}, ${words.line} ${n}">${n}</a>${inner}</div>`;

  const left = (row: Coloured, { perl, ts, lines }: Listing, end: number): string => {
    if (row.kind === 'plus') {
      const why = plus_lines[ts]?.find(([begins]) => row.text.trimStart().startsWith(begins));
      return why ? `<p class="said why"><b>${words.ours_alone}</b> ${escape(language === 'es' ? why[2] : why[1])}</p>` : '';
    }
    if (row.kind !== 'mirror') return '';
    return Array.from({ length: Math.min(row.through, end) - row.from + 1 }, (_, i) => row.from + i).map((n) => {
      const said = `<p class="said">${escape(lines[n - 1] ?? '')}</p>`;
      return line(`${stem(perl)}-${n}`, perl, n, `<div>${ids ? '<code hidden></code>' : ''}${said}</div>`);
    }).join('');
  };

  const ways = (name: string, title: string, links: readonly string[], before = ''): string =>
    links.length === 0 ? '' : `<span class="${name}" title="${title}">${before}${links.join(' ')}</span>`;

  const margin = (row: Coloured, perl: string, pages: Api): string => {
    const lines = row.kind === 'mirror' ? Array.from({ length: row.to - row.from + 1 }, (_, i) => row.from + i) : [];
    const speaking = new Set<Chapter>(lines.flatMap((n) => chapters.get(`${perl}:${n}`) ?? []));
    const tests = (line_tests[perl] ?? []).filter(([from]) => lines.includes(from)).flatMap(([, , ...numbers]) => numbers);
    return [
      ways('chapters', words.chapters, [...speaking].map(({ name, number, title }) =>
        `<a href="site:${place(`${name}.html`, language)}" title="${escape(title)}"`
        + ` aria-label="${words.chapter} ${number ?? ''}">${number ?? ''}</a>`), `${words.chapter} `),
      ways('tests', words.tests, tests.map((number) => `<a href="${test_page(number) ?? ''}">t/${number}</a>`)),
      ways('calls', words.api, calls(row, pages).map(([name, address]) => `<a href="${address}">${escape(name)}</a>`)),
    ].join(' ');
  };

  const right = (row: Coloured, { perl, ts }: Listing): string => {
    const marks = row.errata.map((n) => `<a class="erratum" href="site:${errata}#e${n}" title="${words.erratum} ${n}: `
      + `${escape(fault.get(n) ?? '')}">e${n}</a>`).join(' ');
    const look = row.kind === 'plus' ? ' plus' : /^\s*(\/\*|\*|\/\/)/.test(row.text) ? ' comment' : '';
    const indent = /^ */.exec(row.text)?.[0].length ?? 0;
    const code = `<code style="--i:${indent}">${row.html}${marks === '' ? '' : ` ${marks}`}</code>`;
    return line(`${stem(perl)}-ts-${row.number}`, ts, row.number, `<div>${code}</div>`, look);
  };

  return (perl, from, to) => {
    const listing = described(language).find((one) => one.perl === perl);
    if (!listing) throw new Error(`there is no listing of ${perl}`);
    // Lines beside which nothing of the Perl stands belong to the part in which they come; blank ones show nothing.
    const rows = select(mirrors.get(perl) ?? [], from, to).filter((row) => row.from >= from && row.kind !== 'blank');
    return rows.map((row) => {
      const parts = [`<div class="perl">${left(row, listing, to)}</div>`, `<div class="ours">${right(row, listing)}</div>`];
      if (api) parts.push(`<div class="margin">${margin(row, perl, api)}</div>`);
      return `<div class="pair">${parts.join('')}</div>`;
    }).join('\n');
  };
}

/** The code of ours that stands for some lines of the Perl, as text. */
export const code_of = (perl: string, from: number, to: number): string =>
  select(mirrors.get(perl) ?? [], from, to).map(({ text }) => text.trim()).join(' ');

/** The rows as the reader page's script needs them, without their colours. */
export const bare_mirrors = (): Record<string, Row[]> =>
  Object.fromEntries(listings.map(({ perl, ts }) => [perl, parse_mirror(source(ts))]));
