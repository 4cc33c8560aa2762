/**
 * The mirror files read by their cross references: which line of ours stands for which lines of the Perl.
 *
 * Nothing here needs Node: the reader page uses it too.
 *
 * @module
 */

/** A line of a mirror file. */
export interface Row {
  /** Its number there. */
  readonly number: number;
  /** Its text, without the reference at its end. */
  readonly text: string;
  /** The faults of the Perl that it mends, by their numbers in docs/errata.md. */
  readonly errata: readonly number[];
  /** What mirrors Perl lines (code, or a comment that begins with their numbers), code that Perl does not have … */
  readonly kind: 'mirror' | 'plus' | 'comment' | 'blank';
  /** The first Perl line that it mirrors, or else the one beside which it is to be read. */
  readonly from: number;
  /** The last one. */
  readonly to: number;
  /** The last one that is shown beside it: blank lines of the Perl's stand beside the line before them. */
  readonly through: number;
}

/** A line before it is known where it belongs. */
type Loose = Omit<Row, 'from' | 'to' | 'through'>;

/**
 * Lines between two mirror lines go with the one after them, but for those that a blank line parts from it.
 *
 * @param loose the lines between
 * @param before the Perl line before them
 * @param after the Perl line after them
 */
function settle(loose: readonly Loose[], before: number, after: number): Row[] {
  const blank = loose.findIndex(({ kind }) => kind === 'blank');
  return loose.map((row, i) => {
    const line = i < blank ? before : after;
    return { ...row, from: line, to: line, through: line };
  });
}

/**
 * Reads a mirror file.
 *
 * @param source its text
 * @returns its lines, in order
 */
export function parse_mirror(source: string): Row[] {
  const rows: Row[] = [];
  let loose: Loose[] = [];
  let comment = false;
  let last = 0;
  source.trimEnd().split('\n').forEach((line, i) => {
    comment ||= line.trimStart().startsWith('/**');
    const at_end = comment
      ? null
      : /^(.*?)\s*\/\/ (?:\+|(\d+)(?:-(\d+))?)((?: e\d+)*)$/.exec(line);
    const in_front = comment ? null : /^(\s*\/\/ (\d+)(?:-(\d+))?: .*)$/.exec(line);
    const [, code = '', from, to = from, marks = ''] = at_end ?? in_front ?? [];
    const errata = marks.split(' e').filter(Boolean).map(Number);
    if (from !== undefined) {
      rows.push(...settle(loose, last, Number(from)));
      last = Number(to);
      rows.push({ number: i + 1, text: code, errata, kind: 'mirror', from: Number(from), to: last, through: last });
      loose = [];
    } else {
      const kind = code !== '' ? 'plus' : line.trim() === '' ? 'blank' : 'comment';
      loose.push({ number: i + 1, text: code || line, errata, kind });
    }
    if (line.includes('*/')) comment = false;
  });
  const mirrors = rows.filter(({ kind }) => kind === 'mirror');
  const follows = new Map(mirrors.map((row, i) => [row, (mirrors[i + 1]?.from ?? row.to + 1) - 1]));
  return [...rows.map((row) => ({ ...row, through: follows.get(row) ?? row.through })), ...settle(loose, last, last)];
}

/**
 * A line as it is shown to readers.
 *
 * @param row the line
 * @returns its text, with the errata that it mends at its end
 */
export function shown({ text, errata }: Row): string {
  return errata.length > 0 ? `${text}  // ${errata.map((n) => `e${n}`).join(' ')}` : text;
}

/**
 * The lines of ours that show a range of Perl lines.
 *
 * @param rows a mirror file
 * @param from the first Perl line
 * @param to the last
 * @returns its lines, without blank ones at the beginning
 */
export function select<R extends Row>(rows: readonly R[], from: number, to: number): R[] {
  const wanted = rows.filter((row) => row.from <= to && row.to >= from);
  return wanted.slice(Math.max(wanted.findIndex(({ kind }) => kind !== 'blank'), 0));
}
