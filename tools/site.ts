#!/usr/bin/env node
/**
 * `npm run docs`: the site, made of the guide, the reader, ELIZA, the tests' sources, a search, and TypeDoc's API.
 *
 * On the way the guide's sessions run again; where one says another thing than the page, the page is written again. The real
 * daemon is traced for the guide's pictures.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { argv, execPath, exit } from 'node:process';
import { root } from './common/processes.ts';
import { lasting, run_sessions } from './sessions.ts';
import { make_guide } from './site/book.ts';
import { read_guides } from './site/guide.ts';
import { place } from './site/frame.ts';
import { write_pages } from './site/pages.ts';
import { search } from './site/search.ts';
import { test_pages } from './site/sources.ts';
import { start } from './site/start.ts';
import { LANGUAGES } from './site/words.ts';
import { with_steps } from './steps.ts';
import { SCENES, trace, type Scene, type Step } from './trace.ts';

const CONSOLE = /^```console\n[^]*?^```$/gm;
const docs = join(root, 'docs');
const out = argv[2] ?? join(docs, 'site');

/** A translated page shows the sessions of its original: each is run once. */
function with_sessions_of(original: string, page: string): string {
  const blocks = original.match(CONSOLE) ?? [];
  return page.replace(CONSOLE, (block) => blocks.shift() ?? block);
}

/** Brings the guide's sessions, and the programs that it shows, up to date. */
async function refresh(): Promise<void> {
  const { en, es } = read_guides();
  for (const { name, text } of en) {
    const now = await run_sessions(with_steps(text));
    const update = (file: string, before: string, after: string): void => {
      if (lasting(after) !== lasting(before)) writeFileSync(join(docs, file), after);
    };
    update(`${name}.md`, text, now);
    const spanish = es.find((chapter) => chapter.name === name);
    if (spanish) update(`es/${name}.md`, spanish.text, with_sessions_of(now, with_steps(spanish.text)));
  }
}

/** Traces the scenes that the guide shows. */
async function traces(): Promise<Map<Scene, Step[]>> {
  const pages = read_guides().en.map(({ text }) => text);
  const shown = SCENES.filter((scene) => pages.some((text) => text.includes(`\`\`\`trace ${scene}\n`)));
  const steps = new Map<Scene, Step[]>();
  for (const scene of shown) steps.set(scene, await trace(scene));
  return steps;
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(out, file)), { recursive: true });
  writeFileSync(join(out, file), text);
}

/** TypeDoc's pages: their links to ours, and what can be scrolled must be reached by keyboard. */
function api(): void {
  const bin = join(root, 'node_modules', 'typedoc', 'bin', 'typedoc');
  const { status } = spawnSync(execPath, [bin, '--out', join(out, 'api')], { cwd: root, stdio: 'inherit' });
  if (status !== 0) exit(status ?? 1);
  const names = readdirSync(join(out, 'api'), { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((file) => file.endsWith('.html'))) {
    const file = join(out, 'api', name);
    const top = relative(dirname(file), out);
    const html = readFileSync(file, 'utf8');
    const linked = html.replaceAll(/<(pre|table)>/g, '<$1 tabindex="0">')
      .replaceAll(/"site:([^"]*)"( class="[^"]*")?( target="_blank")?/g, (_, page: string) => `"${top}/${page}"`);
    if (linked !== html) writeFileSync(file, linked);
  }
}

await refresh();
const shown = await traces();
rmSync(out, { recursive: true, force: true });
api();
const { made, books, files } = make_guide(shown);
for (const file of files) cpSync(join(root, file), join(out, 'files', file));
for (const { file, html } of [...made, ...test_pages()]) write(file, html);
for (const language of LANGUAGES) {
  write(place('index.html', language), start(language, books[language]));
  const found = made.filter(({ file }) => file.startsWith('es/') === (language === 'es')).flatMap((page) => page.found);
  const { html, index } = search(language, out, found);
  write(place('search.html', language), html);
  write(place('search-index.js', language), index);
}
write_pages(out); // last: the style has the colours of all code that has been shown
for (const name of readdirSync(docs).filter((file) => file.endsWith('.svg'))) cpSync(join(docs, name), join(out, name));
