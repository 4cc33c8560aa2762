/**
 * What a student learns here: that what a page of documentation shows can be held to be true. docs/conversation.md is
 * what the bots say today.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { page } from '../tools/conversation.ts';

const written = readFileSync(new URL('../docs/conversation.md', import.meta.url), 'utf8');
t.equal(written, page(), 'docs/conversation.md is current; if not: node tools/conversation.js');
