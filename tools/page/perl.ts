/**
 * Colours for the reader's own Perl, which is known only in the browser. No more than a reader of two short files needs.
 *
 * @module
 */

const TOKENS: [name: string, pattern: string][] = [
  ['remark', String.raw`(?<![$\\])#.*`],
  ['string', String.raw`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`],
  ['name', String.raw`[$@%]\{?\^?\w+|\$[^\s\w]|%[A-Z]\w+`],
  ['word', `\\b(?:${'my our local sub use no package if unless else while foreach return die exit defined or and qw END'
    .replaceAll(' ', '|')})\\b`],
];
const TOKEN = new RegExp(TOKENS.map(([name, pattern]) => `(?<${name}>${pattern})`).join('|'), 'g');

/**
 * Colours a line.
 *
 * @param line a line of Perl
 * @returns its pieces, each with what it is, '' for what stays as it is
 */
export function pieces(line: string): [name: string, text: string][] {
  const found: [string, string][] = [];
  let end = 0;
  for (const { 0: text, index, groups = {} } of line.matchAll(TOKEN)) {
    if (index > end) found.push(['', line.slice(end, index)]);
    found.push([TOKENS.find(([name]) => groups[name] !== undefined)?.[0] ?? '', text]);
    end = index + text.length;
  }
  if (end < line.length) found.push(['', line.slice(end)]);
  return found;
}
