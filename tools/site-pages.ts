/**
 * The two pages of our own: the reader and ELIZA. Each is one file, which opens from the file system too.
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { root } from './common/processes.ts';
import { parse_mirror, select, type Row } from './mirror.ts';
import { listings, type Listing } from './perl-lines.ts';

const source = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** A script with all that it imports, fit to stand in a page. */
function script(file: string, globals: Record<string, unknown>): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(root, 'tools', 'page', file)],
    bundle: true, format: 'iife', target: 'es2022', platform: 'browser', charset: 'utf8', write: false, logLevel: 'error',
    define: { 'import.meta.url': '""' },
  });
  const constants = Object.entries(globals).map(([name, value]) => `const ${name} = ${JSON.stringify(value)};\n`).join('');
  return `<script>\n${(constants + (outputFiles[0]?.text ?? '')).replaceAll('</', '<\\/')}</script>`;
}

function page(title: string, description: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="${description}">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>
${source('tools', 'page', 'style.css')}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** The name of a file in a link: `daemon` of Daemon.pm. */
const stem = (perl: string): string => perl.replace(/\..*/, '').toLowerCase();

function line_html(id: string, label: string, n: number, code: string, kind: string): string {
  return `<div class="line ${kind}" id="${id}"><a href="#${id}" aria-label="${label} line ${n}">${n}</a>${code}</div>`;
}

function pair_html(row: Row, { perl, ts, lines }: Listing): string {
  const numbers = row.kind === 'mirror' ? Array.from({ length: row.through - row.from + 1 }, (_, i) => row.from + i) : [];
  const left = numbers.map((n) =>
    line_html(`${stem(perl)}-${n}`, perl, n, `<code class="said">${escape(lines[n - 1] ?? '')}</code>`, ''));
  const errata = row.errata.map((n) =>
    `<a class="erratum" href="documents/Errata.html#e${n}" title="erratum ${n}">e${n}</a>`).join(' ');
  const look = /^\s*\/\//.test(row.text) ? 'comment' : row.kind;
  const right = line_html(`${stem(perl)}-ts-${row.number}`, ts, row.number, `<code>${escape(row.text)}</code>${errata}`, look);
  return `<div class="pair"><div class="perl">${left.join('')}</div><div class="ours">${right}</div></div>`;
}

function listing_html(listing: Listing): string {
  const rows = parse_mirror(source(listing.ts));
  const last = listing.lines.length;
  const parts = listing.sections.map(({ name, from }, i) => {
    const to = (listing.sections[i + 1]?.from ?? last + 1) - 1;
    const pairs = select(rows, from, to).filter((row) => row.from >= from).map((row) => pair_html(row, listing));
    return `<div class="part" id="${stem(listing.perl)}-${name}">
<h3>${name}</h3>
${pairs.join('\n')}
</div>`;
  });
  return `<section aria-label="${listing.perl}"><h2>${listing.perl} and ${listing.ts}</h2>\n${parts.join('\n')}\n</section>`;
}

function reader(): string {
  const mirrors = Object.fromEntries(listings.map(({ perl, ts }) => [perl, parse_mirror(source(ts))]));
  const nav = listings.map(({ perl, sections }) => `<b>${perl}</b>`
    + sections.map(({ name }) => `<a href="#${stem(perl)}-${name}">${name}</a>`).join('')).join('');
  return page('Perl and TypeScript side by side', 'eliza_hup.pl and Daemon.pm beside their TypeScript, line by line', `<header>
<p><a href="index.html">eliza_hup</a> · <a href="eliza.html">ELIZA</a></p>
<h1>Perl and TypeScript side by side</h1>
<p>On the left what each line of the Perl does, on the right the line of ours that stands for it. Green lines are ours
alone; <i>e24</i> is the number of the fault of the Perl that a line mends, in the errata. Up and down move between lines,
left and right change sides, <kbd>n</kbd> and <kbd>p</kbd> go from part to part.</p>
<div class="drop">
<p><label for="file">Have you the Perl, or a saved page that prints it? Drop it here, paste it, or choose it:</label>
<input type="file" id="file" multiple> <button id="forget" hidden>Forget it</button></p>
<p>It stays in this browser.</p>
<p id="status" role="status"></p>
</div>
</header>
<nav aria-label="Parts" tabindex="0">${nav}</nav>
<main>
${listings.map(listing_html).join('\n')}
</main>
${script('reader.ts', { MIRRORS: mirrors })}`);
}

function talk(): string {
  const bytes = (file: string): string => readFileSync(join(root, 'Chatbot', file), 'latin1');
  return page('ELIZA', 'Talk to ELIZA, and see what leads to each reply', `<header>
<p><a href="index.html">eliza_hup</a> · <a href="reader.html">Perl and TypeScript</a></p>
<h1>ELIZA</h1>
</header>
<main class="talk">
<p>The engine of the daemon, in your browser: nothing you say leaves this page. <i>bye</i> ends it.</p>
<ol id="log" aria-live="polite"></ol>
<form>
<label for="say">You:</label>
<input type="text" id="say" autocomplete="off" autofocus>
<button>Say it</button>
<label for="language">Language:</label>
<select id="language"><option value="en">English</option><option value="es">Español</option></select>
</form>
</main>
${script('talk.ts', { SCRIPTS: { en: bytes('doctor.txt'), es: bytes('doctor.es.txt') } })}`);
}

/**
 * Writes both pages.
 *
 * @param folder where
 */
export function write_pages(folder: string): void {
  writeFileSync(join(folder, 'reader.html'), reader());
  writeFileSync(join(folder, 'eliza.html'), talk());
}
