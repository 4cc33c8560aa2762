/**
 * The guide in Spanish is the guide: the same pages, headings, sessions, examples, pictures and links.
 *
 * A student learns that a translation goes stale in silence, unless something compares its structure.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { lasting } from '../tools/sessions.ts';
import { root } from './harness.ts';

const docs = join(root, 'docs');
const pages = readdirSync(docs).sort()
  .filter((name) => /^(\d\d-.*|answers|course|eliza|errata|exercises|glossary)\.md$/.test(name));

/** What must not depend on the language. */
function bones(page: string): Record<string, string[]> {
  const code = [...page.matchAll(/^```(\w+)([^\n]*)\n([^]*?)^```$/gm)];
  const prose = page.replaceAll(/^```[^]*?^```$/gm, '');
  // Of a picture's text, its arrows and the lines of the Perl.
  const shape = (text: string): string => text.split('\n').map((line) =>
    `${/ (->|=>|x)(?= )/.exec(line.split('|')[0] ?? '')?.[1] ?? ''} ${line.split('|')[2] ?? ''}`).join('\n');
  return {
    headings: prose.match(/^#+(?= )/gm) ?? [],
    kinds: code.map(([, kind = '']) => kind),
    examples: code.filter(([, kind = '']) => /^(ts|diff|text|console)$/.test(kind)).map(([block]) => lasting(block)),
    pictures: code.filter(([, kind]) => kind === 'sequence').map(([, , , text = '']) => shape(text)),
    trees: code.filter(([, kind]) => kind === 'tree').map(([, , , text = '']) => text.replaceAll(/\S[^\n]*/g, '·')),
    traces: code.filter(([, kind]) => kind === 'trace').map(([block]) => block),
    lists: prose.match(/^(?:- |\d+\. |\|)/gm) ?? [],
    // A glossary is in the order of its language; `../` and `es/` lead to a page of the other one.
    links: (prose.match(/\]\(([^)]*)\)/g) ?? []).map((link) => link.replace(/\((?:\.\.|es)\//, '(')).sort(),
    names: (prose.match(/`[^`]+`/g) ?? []).map((name) => name.replaceAll(/\s+/g, ' ')).sort(),
  };
}

// The transcript is another conversation, no translation.
const translated = readdirSync(join(docs, 'es')).filter((name) => name !== 'transcript.md');
t.same(translated.sort(), pages, 'the same pages');
for (const name of pages) {
  void t.test(name, (t) => {
    const [english, spanish] = [docs, join(docs, 'es')].map((folder) => bones(readFileSync(join(folder, name), 'utf8')));
    for (const [bone, value] of Object.entries(english ?? {})) t.same(spanish?.[bone], value, `the same ${bone}`);
    t.end();
  });
}
