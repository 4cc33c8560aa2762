/**
 * The two pages of our own that do something: the reader and ELIZA, in both languages. They open from the file system too.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../common/processes.ts';
import type { Listing } from '../perl-lines.ts';
import { bare_mirrors, columns, described, read_api, type Api } from './columns.ts';
import { colour_style } from './colours.ts';
import { page, place, script, source } from './frame.ts';
import { stem } from './guide.ts';
import { LANGUAGES, words, type Language } from './words.ts';

const reader_words = {
  en: {
    title: 'Perl and TypeScript side by side',
    description: 'eliza_hup.pl and Daemon.pm beside their TypeScript, line by line',
    what: `Each row is one line of the Perl and the line of ours that stands for it, with what it does. Rows marked
<b class="mark">ours alone</b> have no Perl. <i>e24</i> is the number of a fault of the Perl that a line mends.
<span class="beside">With each row stand the chapters that speak of it, the tests that hold it, and what it calls.</span>`,
    keys: `Up and down go from line to line, left and right change sides, <kbd>n</kbd> and <kbd>p</kbd> go from part to part.`,
    have: 'Have you the Perl, or a saved page that prints it? Drop it here, paste it, or choose it:',
    stays: 'It stays in this browser.',
    forget: 'Forget it',
    parts: 'Parts',
    perl: 'Perl',
    ours: 'ours',
    beside: 'beside it',
    lines: 'lines',
    and: 'and',
    script: {
      whole: 'every line is yours', lacks: ['your copy lacks line', 'your copy lacks lines'],
      nothing: 'No line of either file is recognised in it.',
    },
  },
  es: {
    title: 'Perl y TypeScript, línea a línea',
    description: 'eliza_hup.pl y Daemon.pm junto a su TypeScript, línea a línea',
    what: `Cada fila es una línea del Perl y la línea nuestra que le corresponde, con lo que hace. Las filas marcadas
<b class="mark">solo en la nuestra</b> no tienen Perl. <i>e24</i> es el número de la errata del Perl que corrige una línea.
<span class="beside">Con cada fila están los capítulos que hablan de ella, las pruebas que la comprueban y aquello a lo que
llama.</span>`,
    keys: `Arriba y abajo van de línea en línea, izquierda y derecha cambian de columna, <kbd>n</kbd> y <kbd>p</kbd> van de
parte en parte.`,
    have: '¿Tienes el Perl, o una página guardada que lo muestre? Suéltalo aquí, pégalo o elígelo:',
    stays: 'No sale de este navegador.',
    forget: 'Olvidarlo',
    parts: 'Partes',
    perl: 'Perl',
    ours: 'la nuestra',
    beside: 'al lado',
    lines: 'líneas',
    and: 'y',
    script: {
      whole: 'todas las líneas son tuyas', lacks: ['a tu copia le falta la línea', 'a tu copia le faltan las líneas'],
      nothing: 'No se reconoce en él ninguna línea de los dos ficheros.',
    },
  },
};

/** The lines of ours that a part's rows have, `98-110`. */
function ours_of(html: string): string {
  const numbers = [...html.matchAll(/-ts-(\d+)"/g)].map(([, n]) => Number(n));
  return `${Math.min(...numbers)}-${Math.max(...numbers)}`;
}

function listing_html({ perl, ts, lines, sections }: Listing, language: Language, api: Api): string {
  const say = reader_words[language];
  const rows = columns({ language, ids: true, api });
  const parts = sections.map(({ name, from, to }, i) => {
    const html = rows(perl, from, (sections[i + 1]?.from ?? lines.length + 1) - 1);
    return `<div class="part" id="${stem(perl)}-${name}">
<h3>${name} <span class="of"><i class="perl">${perl} ${from}-${to}</i> <i class="ours">${ts} ${ours_of(html)}</i></span></h3>
${html}
</div>`;
  });
  return `<section aria-label="${perl}"><h2>${perl} ${say.and} ${ts}</h2>\n${parts.join('\n')}\n</section>`;
}

function reader(language: Language, api: Api): string {
  const say = reader_words[language];
  const listings = described(language);
  const nav = listings.map(({ perl, sections }) => `<p><b>${perl}</b> `
    + sections.map(({ name }) => `<a href="#${stem(perl)}-${name}">${name}</a>`).join(' ') + '</p>').join('\n');
  return page({
    name: 'reader.html', language, title: say.title, description: say.description, translated: true, look: 'reader',
    body: `<main id="text">
<div class="intro">
<h1>${say.title}</h1>
<p>${say.what}</p>
<p class="keys">${say.keys}</p>
<div class="drop">
<p><label for="file">${say.have}</label>
<input type="file" id="file" multiple> <button id="forget" hidden>${say.forget}</button></p>
<p>${say.stays}</p>
<p id="status" role="status"></p>
</div>
</div>
<nav class="parts" aria-label="${say.parts}"><details><summary>${say.parts}: <b id="where"></b></summary>
${nav}
</details>
<p class="heads" aria-hidden="true">
<span class="perl">${say.perl}</span> <span class="ours">${say.ours}</span> <span>${say.beside}</span>
</p></nav>
${listings.map((listing) => listing_html(listing, language, api)).join('\n')}
</main>
${script('reader.ts', { MIRRORS: bare_mirrors(), LINES: listings, SAY: say.script })}`,
  });
}

const talk_words = {
  en: {
    description: 'Talk to ELIZA, and see what leads to each reply',
    what: 'The engine of the daemon, in your browser: nothing you say leaves this page. <i>bye</i> ends it.',
    you: 'You:', say: 'Say it', language: 'Language:',
    script: {
      you: 'you', why: 'what led to it', from_memory: 'from memory', earlier: 'an earlier line:', keyword: 'keyword',
      rank: 'rank', decomposition: 'decomposition', fits: 'fits', not: 'does not fit', reassembly: 'reassembly',
      memory: 'memory', kept: 'kept',
    },
  },
  es: {
    description: 'Conversa con ELIZA y mira de dónde sale cada respuesta',
    what: 'El motor del demonio, en tu navegador: nada de lo que digas sale de esta página. <i>adiós</i> la termina.',
    you: 'Tú:', say: 'Decir', language: 'Idioma:',
    script: {
      you: 'tú', why: 'de dónde sale', from_memory: 'de la memoria', earlier: 'una línea anterior:',
      keyword: 'palabra clave', rank: 'rango', decomposition: 'descomposición', fits: 'encaja', not: 'no encaja',
      reassembly: 'recomposición', memory: 'memoria', kept: 'guardadas',
    },
  },
};

function talk(language: Language): string {
  const say = talk_words[language];
  const bytes = (file: string): string => readFileSync(join(root, 'Chatbot', file), 'latin1');
  const choices = LANGUAGES.map((one) =>
    `<option value="${one}" lang="${one}"${one === language ? ' selected' : ''}>${words[one].language}</option>`);
  return page({
    name: 'talk.html', language, title: 'ELIZA', description: say.description, translated: true,
    body: `<main id="text" class="talk">
<h1>ELIZA</h1>
<p>${say.what}</p>
<ol id="log" aria-live="polite"></ol>
<form id="talk">
<label for="say">${say.you}</label>
<input type="text" id="say" autocomplete="off" autofocus>
<button>${say.say}</button>
<label for="language">${say.language}</label>
<select id="language">${choices.join('')}</select>
</form>
</main>
${script('talk.ts', { SCRIPTS: { en: bytes('doctor.txt'), es: bytes('doctor.es.txt') }, SAY: say.script })}`,
  });
}

/**
 * Writes both pages in both languages, and the style of all pages.
 *
 * @param folder the site, with the API's pages if the margin is to lead there
 */
export function write_pages(folder: string): void {
  const api = read_api(folder);
  for (const language of LANGUAGES) {
    mkdirSync(join(folder, place('', language)), { recursive: true });
    writeFileSync(join(folder, place('reader.html', language)), reader(language, api));
    writeFileSync(join(folder, place('talk.html', language)), talk(language));
  }
  writeFileSync(join(folder, 'style.css'), source('tools', 'page', 'style.css') + colour_style());
}
