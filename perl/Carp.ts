/**
 * Carp: die and warn from the caller's point of view.
 *
 * @module
 */
import { callers, die, warn } from './perlfunc.ts';

/** @returns ` at FILE line N` for the innermost frame outside the file that complains */
function blame(): string {
  const frames = callers();
  const frame = frames.find(({ file }) => file !== frames[0]?.file) ?? frames.at(-1);
  return frame ? ` at ${frame.file} line ${frame.line}` : '';
}

/**
 * Dies at the caller's line.
 *
 * @param list the message's parts
 * @throws PerlDie always
 */
export function croak(...list: string[]): never {
  die(`${list.join('')}${blame()}.\n`);
}

/**
 * Warns with the list of calls that led here.
 *
 * @param list the message's parts
 */
export function cluck(...list: string[]): void {
  const [here, ...outer] = callers();
  const at = here ? ` at ${here.file} line ${here.line}.\n` : '\n';
  // Each frame names the sub that runs in it; the line of a call stands in the frame outside it.
  const trace = outer.map(({ file, line }, i) => `\t${[here, ...outer][i]?.sub ?? '?'}() called at ${file} line ${line}\n`);
  warn(`${list.join('')}${at}${trace.join('')}`);
}
