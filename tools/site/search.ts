/**
 * The search: one index of the guide, of the lines of the reader page, and of the API, and a page that looks into it.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { found_lines, type Found } from './book.ts';
import { page, place, script } from './frame.ts';
import type { Language } from './words.ts';

const say = {
  en: {
    title: 'Search', what: 'The guide, the lines of the program, and the API.', none: 'Nothing has all these words.',
    found: 'found',
  },
  es: {
    title: 'Buscar', what: 'La guía, las líneas del programa y la API (en inglés).',
    none: 'Nada contiene todas esas palabras.', found: 'encontrados',
  },
};

/** What TypeDoc's pages say. */
function found_api(folder: string): Found[] {
  return ['modules', 'classes', 'functions', 'variables', 'interfaces', 'types'].flatMap((kind) => {
    const pages = join(folder, 'api', kind);
    return !existsSync(pages)
      ? []
      : readdirSync(pages).map((file): Found => {
          const html = readFileSync(join(pages, file), 'utf8');
          const main = /<div class="col-content">([^]*?)<div class="col-sidebar">/.exec(html)?.[1] ?? '';
          const text = main.replaceAll(/<[^>]*>/g, ' ').replaceAll(/&[a-z]+;/g, ' ').replaceAll(/\s+/g, ' ');
          const heading = file.replace('.html', '').replaceAll('_', '/').replace(/^.*\.(?=.)/, '');
          return { page: 'API', heading, address: `api/${kind}/${file}`, text };
        });
  });
}

/**
 * The search page with its index.
 *
 * @param language its language
 * @param folder the site, with the API's pages
 * @param found what is in the guide
 * @returns the HTML, and the index as a script
 */
export function search(language: Language, folder: string, found: readonly Found[]): { html: string; index: string } {
  const words = say[language];
  const all = [...found, ...found_lines(language), ...found_api(folder)];
  const html = page({
    name: 'search.html', language, title: words.title, description: words.what, translated: true,
    body: `<main id="text" class="search">
<h1>${words.title}</h1>
<p>${words.what}</p>
<form role="search">
<input type="search" name="q" id="q" aria-label="${words.title}" autofocus> <button>${words.title}</button>
</form>
<p id="count" role="status"></p>
<ol id="results"></ol>
</main>
<script src="site:${place('search-index.js', language)}"></script>
${script('search.ts', { TOP: language === 'en' ? '' : '../', SAY: { none: words.none, found: words.found } })}`,
  });
  return { html, index: `const INDEX = ${JSON.stringify(all)};\n` };
}
