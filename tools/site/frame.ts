/**
 * The frame of every page that is not TypeDoc's: its head, the bar at its top, and the way to the same place in the other
 * language.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { root } from '../common/processes.ts';
import { LANGUAGES, words, type Language } from './words.ts';

/** A file of the checkout. */
export const source = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');

/** Text as it stands in HTML, attributes too. */
export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** A script with all that it imports, fit to stand in a page. */
export function script(file: string, globals: Record<string, unknown> = {}): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(root, 'tools', 'page', file)],
    bundle: true, format: 'iife', target: 'es2022', platform: 'browser', charset: 'utf8', write: false, logLevel: 'error',
    define: { 'import.meta.url': '""' },
  });
  const constants = Object.entries(globals).map(([name, value]) => `const ${name} = ${JSON.stringify(value)};\n`).join('');
  return `<script>\n${(constants + (outputFiles[0]?.text ?? '')).replaceAll('</', '<\\/')}</script>`;
}

/** Where a page stands in a language: Spanish ones are in es/. */
export const place = (name: string, language: Language): string => language === 'en' ? name : `${language}/${name}`;

/** A page: what is in it, and where it goes. */
export interface Sheet {
  /** Its file's name, the same in each language: `reader.html`. */
  readonly name: string;
  readonly language: Language;
  readonly title: string;
  readonly description: string;
  /** Its body, in which `site:` stands for the site's top. */
  readonly body: string;
  /** Whether there is one in the other language too. */
  readonly translated: boolean;
  /** A class of its body. */
  readonly look?: string;
}

/**
 * A page of the site.
 *
 * @param sheet what is in it
 * @returns the HTML, whose links are relative, so that it opens from the file system too
 */
export function page({ name, language, title, description, body, translated, look = '' }: Sheet): string {
  const say = words[language];
  const here = (target: string): string => `site:${place(target, language)}`;
  const bar = [['index.html#contents', say.guide], ['reader.html', say.reader], ['talk.html', say.eliza]]
    .map(([target = '', text = '']) => `<a href="${here(target)}"${target === name ? ' aria-current="page"' : ''}>${text}</a>`);
  // Where there is no such page in the other language, to its start page: that is better than no way back.
  const others = LANGUAGES.filter((one) => one !== language).map((one) =>
    `<a${translated ? ' class="language"' : ''} lang="${one}" hreflang="${one}"`
    + ` href="site:${place(translated ? name : 'index.html', one)}">${words[one].language}</a>`);
  // The search page has a field of its own.
  const field = `<form role="search" action="${here('search.html')}"><input type="search" name="q" aria-label="${say.search}"`
    + ` placeholder="${say.search}"></form>`;
  const html = `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="${escape(description)}">
<title>${escape(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="site:style.css">
</head>
<body class="${look}">
<a class="skip" href="#text">${say.skip}</a>
<header class="bar">
<a class="home" href="${here('index.html')}">eliza_hup</a>
<nav aria-label="${say.site}">
${[...bar, `<a href="site:api/index.html" hreflang="en">${say.api}</a>`, ...others].join('\n')}
</nav>
${name === 'search.html' ? '' : field}
</header>
${body}
</body>
</html>
`;
  return html.replaceAll('"site:', language === 'en' && !name.includes('/') ? '"' : '"../');
}
