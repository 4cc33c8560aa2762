#!/usr/bin/env node
/**
 * `npm run docs`: the site, made of the guide, the API and the two pages of our own.
 *
 * On the way the guide's pages are copied to .docs/: their sessions run again, their pictures drawn, and what names a line of
 * the Perl made a link to the reader page. Where a session says another thing than the page, the page is written again.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { argv, execPath, exit } from 'node:process';
import { root } from './common/processes.ts';
import { sequence, tree } from './diagram.ts';
import { lasting, run_sessions } from './sessions.ts';
import { write_pages } from './site-pages.ts';
import { with_steps } from './steps.ts';
import { picture, SCENES, trace } from './trace.ts';

const copies = join(root, '.docs');
const CONSOLE = /^```console\n[^]*?^```$/gm;
const out = argv[2] ?? join(root, 'docs', 'site');

/** The files of a folder and of those in it, by path. */
function files(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(ending)).sort();
}

/** Draws the pictures of a page: ` ```sequence What it shows ` or ` ```tree What it shows `. */
function draw(page: string): string {
  return page.replace(/^```(sequence|tree) (.*)\n([^]*?)^```$/gm, (_, kind: string, title: string, text: string) => {
    const picture = kind === 'tree' ? tree(title, text) : sequence(title, text);
    return `<figure tabindex="0">\n${picture}\n</figure>`;
  });
}

/** Draws what really happens: ` ```trace hup ` runs the daemon. */
async function draw_traces(page: string): Promise<string> {
  for (const [block, name] of page.matchAll(/^```trace (\w+)\n[^]*?^```$/gm)) {
    const scene = SCENES.find((one) => one === name);
    if (scene === undefined) throw new Error(`there is nothing to trace that is called ${String(name)}`);
    page = page.replace(block, `<figure tabindex="0">\n${picture(scene, await trace(scene))}\n</figure>`);
  }
  return page;
}

/** Links `Daemon.pm:97` and its like to the reader page; `site:` is the site's top, from wherever the page will be. */
function link(page: string): string {
  return page.replace(/`(eliza_hup\.pl|Daemon\.pm):(\d+)(-\d+)?`/g, (whole, file: string, line: string) =>
    `[${whole}](site:reader.html#${file.replace(/\..*/, '').toLowerCase()}-${line})`);
}

/** TypeDoc takes a page's title and group from its front matter. */
function head(page: string, group: string): string {
  const more = group === '' ? '' : `group: ${group}\n`;
  return page.replace(/^# (.*)\n/, (line, title: string) => `---\ntitle: ${JSON.stringify(title)}\n${more}---\n\n${line}`);
}

/** A translated page shows the sessions of its original: each is run once. */
function with_sessions_of(original: string, page: string): string {
  const blocks = original.match(CONSOLE) ?? [];
  return page.replace(CONSOLE, (block) => blocks.shift() ?? block);
}

rmSync(copies, { recursive: true, force: true });
const english = new Map<string, string>();
for (const name of files(join(root, 'docs'), '.md').filter((file) => !file.startsWith('site'))) {
  const written = readFileSync(join(root, 'docs', name), 'utf8');
  const before = with_steps(written);
  const original = english.get(name.replace(/^es\W/, ''));
  const page = original === undefined ? await run_sessions(before) : with_sessions_of(original, before);
  english.set(name, page);
  if (before !== written || lasting(page) !== lasting(before)) writeFileSync(join(root, 'docs', name), page);
  mkdirSync(dirname(join(copies, name)), { recursive: true });
  writeFileSync(join(copies, name), head(link(draw(await draw_traces(page))), original === undefined ? '' : 'Guía en español'));
}

for (const name of files(join(root, 'docs'), '.svg').filter((file) => !file.startsWith('site'))) {
  cpSync(join(root, 'docs', name), join(copies, name));
}

const { status } = spawnSync(execPath, [join(root, 'node_modules', 'typedoc', 'bin', 'typedoc'), '--out', out], {
  cwd: root, stdio: 'inherit',
});
if (status !== 0) exit(status ?? 1);

write_pages(out);
for (const name of files(out, '.html')) {
  const file = join(out, name);
  const top = relative(dirname(file), out) || '.';
  const html = readFileSync(file, 'utf8');
  // What can be scrolled must be reached by keyboard.
  const linked = html.replaceAll(/<(pre|table)>/g, '<$1 tabindex="0">')
    .replaceAll(/"site:([^"]*)"( class="[^"]*")?( target="_blank")?/g, (_, page: string) => `"${top}/${page}"`);
  // Each erratum can be linked to by its number.
  const errata = name.endsWith('Errata.html');
  const numbered = errata ? linked.replaceAll(/<tr>\s*<td>(\d+)<\/td>/g, '<tr><td id="e$1">$1</td>') : linked;
  if (numbered !== html) writeFileSync(file, numbered);
}
