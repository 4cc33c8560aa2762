/**
 * The guide shows what is: its sessions are run again.
 *
 * A student learns that a page nobody runs is wrong before long. `npm run docs` brings the sessions up to date.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { lasting, run_sessions } from '../../tools/sessions.ts';
import { installed, root } from '../harness.ts';

const docs = join(root, 'docs');
const text = (name: string): string => readFileSync(join(docs, name), 'utf8');

// A translated page shows the sessions of its original. A reader types them in this order, in one home, and again.
const typed = readdirSync(docs).sort().filter((name) => name.endsWith('.md') && text(name).includes('```console'));
const needs_no_log = typed.some((name) => text(name).includes('eliza_hup.log')) && existsSync('/dev/log')
  ? 'this machine has a log daemon, and the pages show one that has none'
  : !installed('nc') && 'nc is not installed';
void t.test('the sessions', { skip: needs_no_log }, async (t) => {
  const PAGE = '\n\u001d\n';
  const twice = [...typed, ...typed.filter((name) => /^\d/.test(name))]; // an exercise that has begun goes on, the second time
  const said = (await run_sessions(twice.map(text).join(PAGE))).split(PAGE);
  for (const [i, name] of twice.entries()) {
    t.equal(lasting(said[i] ?? ''), lasting(text(name)),
      `${name}, typed ${i < typed.length ? 'after the pages before it' : 'a second time'}: each says what the page shows; `
      + 'if not: npm run docs');
  }
});
