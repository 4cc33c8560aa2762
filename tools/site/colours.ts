/**
 * The colours of code, given when the site is built, by the grammars and themes that TypeDoc brings. Each pair of colours (on
 * light, on dark) is a class, so that the pages follow the reader's scheme.
 *
 * @module
 */
import {
  bundledLanguages, bundledThemes, codeToTokensWithThemes, createOnigurumaEngine, createShikiInternal, loadBuiltinWasm,
} from '@gerrit0/mini-shiki';
import { escape } from './frame.ts';

const LANGS = ['typescript', 'perl', 'shellscript', 'ini', 'yaml', 'diff'] as const;
const NAMES: Readonly<Record<string, (typeof LANGS)[number]>> = {
  ts: 'typescript', perl: 'perl', sh: 'shellscript', ini: 'ini', yaml: 'yaml', diff: 'diff',
};
const THEMES = { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' } as const;

await loadBuiltinWasm();
const shiki = await createShikiInternal({
  engine: await createOnigurumaEngine(),
  themes: Object.values(THEMES).map((name) => bundledThemes[name]),
  langs: LANGS.map((name) => bundledLanguages[name]),
});
const classes = new Map<string, string>();

/** The class of a pair of colours. */
function class_of(light: string, dark: string): string {
  const pair = `${light} ${dark}`;
  const known = classes.get(pair) ?? `k${classes.size}`;
  classes.set(pair, known);
  return known;
}

/**
 * Colours code.
 *
 * @param code a text
 * @param name its language, as after three backticks; one that is not known stays plain
 * @returns its lines, as HTML
 */
export function coloured(code: string, name: string): string[] {
  // Of a session, what is typed.
  if (name === 'console') {
    return code.split('\n').map((line) => line.startsWith('$ ') ? `$ ${coloured(line.slice(2), 'sh').join('')}` : escape(line));
  }
  const lang = NAMES[name];
  if (lang === undefined) return code.split('\n').map(escape);
  return codeToTokensWithThemes(shiki, code, { lang, themes: THEMES }).map((line) => line.map(({ content, variants }) => {
    const { light, dark } = variants;
    const plain = light?.color === undefined || content.trim() === '';
    const text = escape(content);
    return plain ? text : `<span class="${class_of(light.color ?? '', dark?.color ?? '')}">${text}</span>`;
  }).join(''));
}

/** @returns the style of the classes given so far */
export function colour_style(): string {
  const rules = (which: 0 | 1): string =>
    [...classes].map(([pair, name]) => `.${name} { color: ${pair.split(' ')[which] ?? ''}; }`).join('\n');
  return `${rules(0)}\n@media screen and (prefers-color-scheme: dark) {\n${rules(1)}\n}\n`;
}
