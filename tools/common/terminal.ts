/**
 * What is written to a terminal: as wide as it is, and how far a long run has come.
 *
 * @module
 */
import { stderr, stdout } from 'node:process';

/** The width of what goes elsewhere than to a terminal, in columns, where none is asked for. */
export const PIPED = 100;

/**
 * How wide STDOUT is.
 *
 * @returns the terminal's columns; {@link PIPED} where there is none, or one that does not say
 */
export function columns_of_stdout(): number {
  return (stdout.isTTY ? stdout.columns : 0) || PIPED;
}

/**
 * Cuts words into lines: at blanks, but for a word that is longer than a line.
 *
 * @param words what is to be cut
 * @param width how many columns a line may have; 1 at least
 */
export function cut(words: string, width: number): string[] {
  const lines: string[] = [];
  let rest = words;
  while (rest.length > width) {
    const blank = rest.lastIndexOf(' ', width);
    const end = blank <= 0 || rest.slice(blank + 1).search(/ |$/) > width ? width : blank;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

/**
 * Wraps a line at blanks where it can, and indents what it carries over as far as the line itself, and a little more.
 *
 * @param text the line
 * @param width how many columns there are
 */
export function wrap(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const words = text.trimStart();
  const indent = Math.min(text.length - words.length, width >> 1);
  if (words.length <= width) return [words.padStart(width)];
  const deeper = ' '.repeat(Math.min(indent + 2, width >> 1));
  const [first = ''] = cut(words, width - indent);
  const more = cut(words.slice(first.length).trimStart(), width - deeper.length);
  return [' '.repeat(indent) + first, ...more.map((line) => deeper + line)];
}

/**
 * Shows how far a long run has come, in one line of the terminal, in place of the line before. Where STDERR is no terminal,
 * nobody waits for it, and nothing is shown.
 *
 * @param text what is under way; nothing takes the line away, which is to be done before anything else is printed
 */
export function progress(text = ''): void {
  if (stderr.isTTY) stderr.write(`\r\u001b[K${text.slice(0, (stderr.columns || PIPED) - 1)}`);
}
