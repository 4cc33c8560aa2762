/**
 * The tests, to be read: what holds a line of the program is one click away from it.
 *
 * @module
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../common/processes.ts';
import { coloured } from './colours.ts';
import { page, source } from './frame.ts';

/** @returns the pages' names and HTML */
export function test_pages(): { file: string; html: string }[] {
  return readdirSync(join(root, 't')).filter((file) => file.endsWith('.t.ts')).sort().map((file) => {
    const name = `tests/${file.replace('.t.ts', '.html')}`;
    const lines = coloured(source('t', file).trimEnd(), 'ts').map((line, i) => `<span id="l${i + 1}">${line}</span>`);
    const run = `npm run build && npx tap t/${file.replace('.ts', '.js')}`;
    const body = `<main id="text" class="source">
<h1><code>t/${file}</code></h1>
<p><code>${run.replaceAll('&', '&amp;')}</code></p>
<pre tabindex="0"><code>${lines.join('\n')}</code></pre>
</main>`;
    const title = `t/${file}`;
    return { file: name, html: page({ name, language: 'en', title, description: title, body, translated: false }) };
  });
}
