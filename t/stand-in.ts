/**
 * A text that stands in for the Perl in tests: as many lines, blank where it has blank ones, and in each the words of our
 * own mirror line.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse_mirror } from '../tools/mirror.ts';
import type { Listing } from '../tools/perl-lines.ts';
import { root } from './harness.ts';

/** @returns its lines */
export function stand_in({ perl, ts, lines }: Listing): string[] {
  const rows = parse_mirror(readFileSync(join(root, ts), 'utf8')).filter(({ kind }) => kind === 'mirror');
  return lines.map((description, i) => {
    if (description === '') return '';
    const row = rows.find(({ from, to }) => from <= i + 1 && i + 1 <= to);
    return `stand-in <${i + 1}> for ${perl}: ${(row?.text.match(/[a-z_]\w*/gi) ?? []).join(' & ')}`;
  });
}
