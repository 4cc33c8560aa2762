/**
 * The guide as pages: each with its contents at the side, the pages before and after, and the same place in the other language.
 *
 * @module
 */
import { parse, render, type Token } from './markdown.ts';
import { join } from 'node:path';
import { sequence, steps_list, tree, tree_list, type Look } from '../diagram.ts';
import { drawing, SCENES, type Scene, type Step } from '../trace.ts';
import { code_of, columns, described, test_page } from './columns.ts';
import { coloured } from './colours.ts';
import { escape, page, place, script } from './frame.ts';
import { read_guides, REFERENCE, stem, type Chapter } from './guide.ts';
import { LANGUAGES, words, type Language } from './words.ts';

/** A piece of the site that can be found: what is under a heading. */
export interface Found {
  /** The page's title. */
  readonly page: string;
  /** The heading. */
  readonly heading: string;
  /** Its address, from the site's top. */
  readonly address: string;
  readonly text: string;
}

/** A page of the guide, made. */
export interface Made {
  /** Its file, from the site's top. */
  readonly file: string;
  readonly html: string;
  readonly found: Found[];
}

/** An address's part for a heading. */
const slug = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}_]+/gu, '-').replaceAll(/^-|-$/g, '');

/** What a reader sees of tokens, as text. */
function text_of(tokens: readonly Token[]): string {
  return tokens.map((token) => token.children
    ? text_of(token.children)
    : token.type === 'softbreak'
      ? ' '
      : /^(text|code_inline|fence)$/.test(token.type) ? token.content : '').join('');
}

/** Turns a token into HTML that is ready. */
function replace(token: Token, html: string, type: 'html_inline' | 'html_block'): void {
  Object.assign(token, { type, content: html, children: null, tag: '' });
}

/** A session that shows parts of the program in two columns, and no more. */
const PART = /^\$ node tools\/compare\.js ([\w.: -]+)\n(?![^]*^\$ )/m;

/** What a page needs to know of the site. */
interface Site {
  readonly guides: Record<Language, Chapter[]>;
  readonly traces: ReadonlyMap<Scene, readonly Step[]>;
  /** The checkout's files to which pages lead. */
  readonly files: Set<string>;
}

/** Makes the pages of one language. */
class Book {
  readonly #language: Language;
  readonly #site: Site;
  readonly #rows: ReturnType<typeof columns>;

  constructor(language: Language, site: Site) {
    this.#language = language;
    this.#site = site;
    this.#rows = columns({ language, ids: false });
  }

  /** The address of a page: in this language, or where the guide has none, in English. */
  address(name: string): string {
    const has = (language: Language): boolean => this.#site.guides[language].some((chapter) => chapter.name === name);
    const here = has(this.#language) || !has('en');
    return `site:${place(`${name}.html`, here ? this.#language : 'en')}`;
  }

  /** The address of a line of the Perl. */
  line(file: string, line: string | number): string {
    return `site:${place('reader.html', this.#language)}#${stem(file)}-${line}`;
  }

  #href(href: string): string {
    const [path = '', hash = ''] = href.split('#');
    const name = /^(?:\.\.\/|es\/)?([\w-]+)\.md$/.exec(path)?.[1];
    const file = join('docs', path);
    if (name === undefined && path !== '' && !/^[a-z]+:/.test(path)) {
      this.#site.files.add(file);
      return `site:files/${file}`;
    }
    if (href.startsWith('site:')) return `site:${place(href.slice(5), this.#language)}`;
    if (name === undefined) return href;
    const folder = /^(?:\.\.|es)\//.exec(path)?.[0]; // which names the language of a page that is in both
    const address = folder === undefined ? this.address(name) : `site:${place(`${name}.html`, folder === 'es/' ? 'es' : 'en')}`;
    return `${address}${hash && `#${hash}`}`;
  }

  /** Links what a text names: errata by number, tests by number. */
  #text(text: string): string {
    return escape(text)
      .replaceAll(/\berrat(?:um|as?)\s+\d+(?:(?:, | y | and | to | a )\d+)*/gi, (words: string) =>
        words.replaceAll(/\d+/g, (n) => `<a href="${this.address('errata')}#e${n}">${n}</a>`))
      .replaceAll(/\bt\/(\d\d)\b/g, (whole, number: string) => {
        const address = test_page(number);
        return address === undefined ? whole : `<a href="${address}">${whole}</a>`;
      });
  }

  /** Links what a code names: lines of the Perl, files of t/. */
  #code(code: string): string {
    const file = /^t\/(\d\d)-[\w-]+\.t\.ts$/.exec(code)?.[1];
    const [, perl, line] = new RegExp(`^${REFERENCE.source}$`).exec(code) ?? [];
    const address = perl !== undefined ? this.line(perl, line ?? '') : file === undefined ? undefined : test_page(file);
    // A switch is not broken behind its dashes, which would stand there alone.
    const html = `<code>${escape(code).replaceAll(/(?<![\w-])--\w+/g, '<span class="switch">$&</span>')}</code>`;
    return address === undefined ? html : `<a href="${address}">${html}</a>`;
  }

  #inline(tokens: readonly Token[]): void {
    let depth = 0;
    for (const token of tokens) {
      if (token.type === 'link_open') {
        depth += 1;
        token.attrSet('href', this.#href(token.attrGet('href') ?? ''));
      } else if (token.type === 'link_close') depth -= 1;
      else if (depth === 0 && token.type === 'text') replace(token, this.#text(token.content), 'html_inline');
      else if (depth === 0 && token.type === 'code_inline') replace(token, this.#code(token.content), 'html_inline');
    }
  }

  /** Parts of the program, as `npm run compare` takes them: by name or by lines; in two columns. */
  parts(names: readonly string[]): string {
    const parts = names.flatMap((name) => {
      const [, perl, from, to = from] = new RegExp(`^${REFERENCE.source}$`).exec(name) ?? [];
      if (perl !== undefined) return [{ perl, name, from: Number(from), to: Number(to), anchor: from ?? '' }];
      return described(this.#language).flatMap(({ perl, sections }) => sections.filter((section) => section.name === name)
        .map((section) => ({ perl, ...section, anchor: name })));
    });
    return parts.map(({ perl, name, from, to, anchor }) => `<figure class="columns">
<figcaption><a href="${this.line(perl, anchor)}"><code>npm run compare -- ${name}</code></a></figcaption>
${this.#rows(perl, from, to)}
</figure>`).join('\n');
  }

  /** Some lines of the Perl in two columns. */
  lines(perl: string, from: number, to: number): string {
    return `<figure class="columns">${this.#rows(perl, from, to)}</figure>`;
  }

  /** A block of the page: a picture, a trace, two columns, or code. */
  #block(info: string, content: string): string {
    const [, kind = '', title = ''] = /^(\S*) ?(.*)/.exec(info) ?? [];
    const figure = (svg: string): string =>
      `<figure tabindex="0" role="group" aria-label="${escape(title || info)}">\n${svg}\n</figure>`;
    const link = (file: string, line: string): string => this.line(file, line);
    const drawn = (title: string, source: string, look: Look): string =>
      figure(`${sequence(title, source, look)}\n${steps_list(source, look)}`);
    if (kind === 'tree') return figure(`${tree(title, content)}\n${tree_list(content)}`);
    if (kind === 'sequence') return drawn(title, content, { link });
    if (kind === 'trace') {
      const scene = SCENES.find((one) => one === title);
      const steps = scene && this.#site.traces.get(scene);
      if (scene === undefined || steps === undefined) throw new Error(`there is nothing to trace that is called ${title}`);
      return drawn(...drawing(scene, steps, { language: this.#language, link }));
    }
    const names = kind === 'console' ? PART.exec(content)?.[1]?.split(' ') : undefined;
    if (names) return this.parts(names);
    const look = kind === 'text' ? ' class="text"' : '';
    const code = `<pre tabindex="0"${look}><code>${coloured(content.replace(/\n$/, ''), kind).join('\n')}</code></pre>`;
    if (!/^docs\/[\w/.-]+$/.test(title)) return `${code}\n`;
    this.#site.files.add(title);
    return `<figure><figcaption><a href="site:files/${title}"><code>${title}</code></a></figcaption>\n${code}</figure>\n`;
  }

  /** The tables: each cell knows its column, rows of errata can be landed on, and sentences need room. */
  #table(tokens: readonly Token[], errata: boolean): void {
    const heads: string[] = [];
    let [column, longest] = [0, 0];
    const [open] = tokens;
    tokens.forEach((token, i) => {
      const text = tokens[i + 1]?.type === 'inline' ? text_of([tokens[i + 1] ?? token]) : '';
      if (token.type === 'tr_open') column = 0;
      if (token.type === 'th_open') {
        heads.push(text);
        if (text === '') for (const part of [token, tokens[i + 2]]) if (part) part.tag = 'td'; // which heads nothing
      }
      if (token.type !== 'td_open') return;
      token.attrSet('data-column', heads[column++] ?? '');
      longest = Math.max(longest, text.length);
      if (text.length < 25) token.attrSet('class', 'short');
      if (errata && column === 1 && /^\d+$/.test(text)) tokens[i - 1]?.attrSet('id', `e${text}`);
    });
    if (open) open.attrSet('class', heads.length > 6 ? 'wide many' : heads.length > 2 && longest > 40 ? 'wide' : '');
  }

  /** @returns a page's text as HTML, and what can be found in it */
  #render(chapter: Chapter): { html: string; found: Found[] } {
    const tokens = parse(chapter.text);
    const ids = this.#ids(chapter);
    const file = place(`${chapter.name}.html`, this.#language);
    const found: { page: string; heading: string; address: string; text: string }[] = [];
    let table = -1;
    tokens.forEach((token, i) => {
      const inline = tokens[i + 1];
      if (token.type === 'heading_open' && inline) {
        const [id, title] = [ids.shift() ?? '', chapter.title];
        const top = token.tag === 'h1';
        found.push({ page: title, heading: top ? '' : text_of([inline]), address: top ? file : `${file}#${id}`, text: '' });
        if (!top) token.attrSet('id', id);
      }
      const last = found.at(-1);
      if (token.type === 'table_open') table = i;
      if (token.type === 'table_close') this.#table(tokens.slice(table, i + 1), chapter.name === 'errata');
      if (last && /^(inline|fence)$/.test(token.type)) last.text += ` ${text_of([token])}`;
    });
    tokens.forEach((token, i) => {
      if (token.type === 'inline') this.#inline(token.children ?? []);
      if (token.type === 'fence') replace(token, this.#block(token.info, token.content), 'html_block');
      const id = token.type === 'heading_close' ? tokens[i - 2]?.attrGet('id') : null;
      if (id) tokens[i - 1]?.children?.push(Object.assign(Object.create(token) as Token, {
        type: 'html_inline', content: `<a class="anchor" href="#${id}" aria-hidden="true" tabindex="-1">#</a>`, children: null,
      }));
    });
    const say = words[this.#language];
    let tables = 0;
    const number = chapter.number === undefined ? '' : `<span class="number">${chapter.number}</span>`;
    const html = render(tokens)
      .replace('<h1>', `<h1>${number}`)
      .replaceAll(/<table class="([\w ]*)">/g, (_, look: string) =>
        `<div class="table ${look}" tabindex="0" role="region" aria-label="${say.table} ${++tables}"><table>`)
      .replaceAll('</table>', '</table></div>')
      .replaceAll(/<img src="([^"]+)"[^>]*>/g, '<a href="$1">$&</a>');
    return { html, found };
  }

  /** The headings' addresses are the English ones in each language: so the way to the other one leads to the same place. */
  #ids(chapter: Chapter): string[] {
    const headings = (one: Chapter): string[] => {
      const tokens = parse(one.text);
      const titles = tokens.filter((_, i) => tokens[i - 1]?.type === 'heading_open');
      const texts = titles.map((title) => slug(text_of([title])));
      return texts.map((text, i) => texts.indexOf(text) === i ? text : `${text}-${i}`);
    };
    const own = headings(chapter);
    const original = this.#site.guides.en.find(({ name }) => name === chapter.name);
    const english = original ? headings(original) : own;
    return english.length === own.length ? english : own;
  }

  /** The list of all pages, where one is marked. */
  contents(current?: string): string {
    const guide = this.#site.guides[this.#language];
    const item = ({ name, number, title }: Chapter): string =>
      `<li><span class="number">${number ?? ''}</span><a href="site:${place(`${name}.html`, this.#language)}"`
      + `${name === current ? ' aria-current="page"' : ''}>${escape(title)}</a></li>`;
    const list = (chapters: readonly Chapter[]): string => chapters.map(item).join('\n');
    const say = words[this.#language];
    const others = LANGUAGES.filter((one) => one !== this.#language).flatMap((one) => this.#site.guides[one]
      .filter(({ name }) => !guide.some((own) => own.name === name))
      .map(({ name, title }) => `<li><span class="number"></span><a href="site:${place(`${name}.html`, one)}"`
        + ` hreflang="${one}"><span lang="${one}">${escape(title)}</span> (${say.other})</a></li>`));
    return `<nav class="toc" aria-label="${say.contents}"><h2>${say.guide}</h2><ol>
${list(guide.filter(({ number }) => number !== undefined))}
</ol><h2>${say.beside}</h2><ul>
${[list(guide.filter(({ number }) => number === undefined)), ...others].join('\n')}
</ul></nav>`;
  }

  /** What a page tells, in a sentence: a remark below its title has it, or else it is the first one of its prose. */
  sentence({ text }: Chapter): string {
    const told = /^# .*\n\n<!-- (.*) -->$/m.exec(text)?.[1];
    if (told !== undefined) return render(parse(told)).replaceAll(/<\/?p>|\n$/g, '');
    const tokens = parse(text);
    const first = tokens.find(({ type, level, content }, i) => type === 'inline' && level === 1 && content.length > 40
      && tokens[i - 1]?.type === 'paragraph_open');
    const inline = (first ? render([first]) : '').replaceAll(/<\/?a\b[^>]*>/g, '');
    return /^[^]*?[.?!:](?=\s+[^a-z]|$)/.exec(inline)?.[0].replace(/:$/, '.') ?? inline;
  }

  /** A page of the guide. */
  make(chapter: Chapter): Made {
    const guide = this.#site.guides[this.#language];
    const say = words[this.#language];
    const at = guide.indexOf(chapter);
    const turn = (other: Chapter | undefined, word: string, rel: string): string => other
      ? `<a rel="${rel}" href="${this.address(other.name)}"><small>${word}</small>${escape(other.title)}</a>`
      : '';
    const { html, found } = this.#render(chapter);
    const other = this.#language === 'en' ? 'es' : 'en';
    const translated = this.#site.guides[other].some(({ name }) => name === chapter.name);
    const body = `<div class="guide">
<main id="text">
${html}
<nav class="turn" aria-label="${say.pages}">
${turn(guide[at - 1], say.before, 'prev')}
${turn(guide[at + 1], say.next, 'next')}
</nav>
</main>
${this.contents(chapter.name)}
</div>
${script('same-place.ts')}`;
    const name = `${chapter.name}.html`;
    const description = this.sentence(chapter).replaceAll(/<[^>]*>/g, '').replaceAll('\n', ' ');
    return {
      file: place(name, this.#language), found,
      html: page({ name, language: this.#language, title: chapter.title, description, body, translated }),
    };
  }
}

/**
 * Makes the guide.
 *
 * @param traces what happened in the scenes that it shows
 * @returns its pages in both languages; the books, which make more of the kind; the checkout's files to which pages lead
 */
export function make_guide(traces: Site['traces']): { made: Made[]; books: Record<Language, Book>; files: string[] } {
  const site = { guides: read_guides(), traces, files: new Set<string>() };
  const { guides } = site;
  const books = { en: new Book('en', site), es: new Book('es', site) };
  const made = LANGUAGES.flatMap((language) => guides[language].map((chapter) => books[language].make(chapter)));
  return { made, books, files: [...site.files] };
}

export type { Book };

/** What the reader page says of each part, to be found. */
export function found_lines(language: Language): Found[] {
  return described(language).flatMap(({ perl, lines, sections }) => sections.map(({ name, from, to }): Found => ({
    page: words[language].reader, heading: `${perl}: ${name} (${from}-${to})`,
    address: `${place('reader.html', language)}#${stem(perl)}-${name}`,
    text: `${lines.slice(from - 1, to).join('. ')} ${code_of(perl, from, to)}`,
  })));
}
