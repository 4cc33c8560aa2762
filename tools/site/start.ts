/**
 * The start page: in one screen what this is. Two columns of launch_child, a conversation, the command, and where to go.
 *
 * @module
 */
import { join } from 'node:path';
import { Eliza } from '../../Chatbot/Eliza.ts';
import { root } from '../common/processes.ts';
import type { Book } from './book.ts';
import { escape, page } from './frame.ts';
import { read_guide } from './guide.ts';
import type { Language } from './words.ts';

const say = {
  en: {
    title: 'eliza_hup, side by side',
    what: `A Perl daemon from a course on network programming, in TypeScript, <b>line by line, on a real fork(2)</b>. It lets
each telnet client talk to ELIZA in a child process of its own, locked into a folder and without privileges; it writes to
the system log, ends cleanly on TERM, and starts itself again on HUP.`,
    run: 'Run it', talk: 'Talk to ELIZA', more: 'The rest of it, both columns',
    ways: [
      ['You read', `<a href="FIRST">Begin the guide</a>, or <a href="READER">compare line by line</a>, with your own copy of the
Perl.`],
      ['You study', `<a href="EXERCISES">The exercises</a>: each has a test that fails until you have done it.
<a href="ERRATA">The faults</a> of the Perl, each with a test.`],
      ['You run it', `<a href="RELIABILITY">What the daemon promises</a>, and how each promise is tested.
<a href="API">The API</a>.`],
    ],
    contents: 'The guide', beside: 'Beside the guide',
    script: 'doctor.txt', lines: ['My mother hates me.', 'I am afraid of processes.', 'bye'],
    before: 'In the guide', after: 'is line 97 of the Perl, and a link to that line.',
  },
  es: {
    title: 'eliza_hup, línea a línea',
    what: `Un demonio en Perl, de un curso de programación en red, escrito en TypeScript <b>línea a línea y con un fork(2) de
verdad</b>. Deja que cada cliente de telnet converse con ELIZA en un proceso hijo propio, encerrado en un directorio y sin
privilegios; escribe en el registro del sistema, termina con TERM en orden y se rearranca con HUP.`,
    run: 'Ejecútalo', talk: 'Conversar con ELIZA', more: 'El resto, en dos columnas',
    ways: [
      ['Para leer', `<a href="FIRST">Empieza la guía</a>, o <a href="READER">compara línea a línea</a>, con tu propia copia del
Perl.`],
      ['Para estudiar', `<a href="EXERCISES">Los ejercicios</a>: cada uno tiene una prueba que falla hasta que está hecho.
<a href="ERRATA">Las erratas</a> del Perl, cada una con su prueba.`],
      ['Para usarlo', `<a href="RELIABILITY">Lo que el demonio promete</a>, y cómo se prueba cada promesa.
<a href="API">La API</a>.`],
    ],
    contents: 'La guía', beside: 'Además de la guía',
    script: 'doctor.es.txt', lines: ['Mi madre me odia.', 'Tengo miedo de los procesos.', 'adiós'],
    before: 'En la guía', after: 'es la línea 97 del Perl, y un enlace a esa línea.',
  },
};

const to_bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const from_bytes = (text: string): string => Buffer.from(text, 'latin1').toString('utf8');

/** A conversation with a bot that always takes its first choice. */
function conversation(script: string, lines: readonly string[]): string {
  const bot = new Eliza({ scriptfile: join(root, 'Chatbot', script), myrand: () => 0 });
  const said = lines.map((line) => `you:\t${escape(line)}\nEliza:\t`
    + escape(from_bytes(bot._testquit(to_bytes(line)) ? bot.final[0] ?? '' : bot.transform(to_bytes(line)))));
  return [`Eliza:\t${escape(from_bytes(bot.initial[0] ?? ''))}`, ...said].join('\n');
}

/**
 * The start page.
 *
 * @param language its language
 * @param book that language's guide
 * @returns the HTML
 */
export function start(language: Language, book: Book): string {
  const words = say[language];
  const guide = read_guide(language);
  const targets: Record<string, string> = {
    FIRST: book.address(guide[0]?.name ?? ''), READER: book.address('reader'), EXERCISES: book.address('exercises'),
    ERRATA: book.address('errata'), RELIABILITY: book.address('reliability'), API: 'site:api/index.html',
  };
  const ways = words.ways.map(([head = '', text = '']) =>
    `<div><h2>${head}</h2><p>${text.replaceAll(/[A-Z]{3,}(?=">)/g, (name) => targets[name] ?? name)}</p></div>`);
  const entries = (chapters: typeof guide): string => chapters.map((chapter) =>
    `<li><span class="number">${chapter.number ?? ''}</span><div>`
    + `<a href="${book.address(chapter.name)}">${escape(chapter.title)}</a><br>`
    + `<small>${book.sentence(chapter)}</small></div></li>`).join('\n');
  const body = `<main id="text" class="start">
<h1>${words.title}</h1>
<p class="what">${words.what}</p>
<div class="look">
<div>${book.lines('Daemon.pm', 68, 77)}
<p><a href="${book.address('reader')}#daemon-launch_child">${words.more}</a></p></div>
<div>
<h2>${words.run}</h2>
<pre tabindex="0"><code>$ npm ci &amp;&amp; node eliza_hup.js 1200
$ telnet localhost 1200
${conversation(words.script, words.lines)}</code></pre>
<p><a href="${book.address('talk')}">${words.talk}</a></p>
</div>
</div>
<div class="ways">${ways.join('\n')}</div>
<section id="contents">
<h2>${words.contents}</h2>
<p>${words.before} <a href="${book.line('Daemon.pm', 97)}"><code>Daemon.pm:97</code></a> ${words.after}</p>
<ol>${entries(guide.filter(({ number }) => number !== undefined))}</ol>
<h2>${words.beside}</h2>
<ul>${entries(guide.filter(({ number }) => number === undefined))}</ul>
</section>
</main>`;
  const description = words.what.replaceAll(/<\/?b>/g, '').replaceAll('\n', ' ');
  return page({ name: 'index.html', language, title: words.title, description, body, translated: true });
}
