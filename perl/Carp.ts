/**
 * Carp: die and warn from the caller's point of view, and `caller` itself.
 *
 * @module
 */
import { basename } from 'node:path';
import { die, warn } from './perlfunc.ts';

/** Where a call came from. */
export interface Frame {
  /** The function that made the call, `main` at the top of a file. */
  sub: string;
  /** The file's name without its folder. */
  file: string;
  /** The line of the call in that file. */
  line: number;
}

const perl = new URL('.', import.meta.url).href;

/**
 * `caller`: the calls under way in the program, the innermost first. Files in perl/ are left out, as Perl leaves out
 * its own C; so are Node's.
 *
 * @returns one frame a call
 */
export function caller(): Frame[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 50;
    Error.prepareStackTrace = (_, sites) => sites;
    const sites = new Error().stack as unknown as NodeJS.CallSite[];
    return sites.flatMap((site) => {
      const file = site.getFileName() ?? '';
      if (!file.startsWith('file:') || file.startsWith(perl)) return [];
      return [{ sub: site.getFunctionName() ?? 'main', file: basename(file), line: site.getLineNumber() ?? 0 }];
    });
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}

/** @returns ` at FILE line N` for the innermost frame outside the file that complains */
function blame(): string {
  const frames = caller();
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
  const [here, ...callers] = caller();
  const at = here ? ` at ${here.file} line ${here.line}.\n` : '\n';
  // Each frame names the sub that runs in it; the line of a call stands in the frame outside it.
  const trace = callers.map(({ file, line }, i) => `\t${[here, ...callers][i]?.sub ?? '?'}() called at ${file} line ${line}\n`);
  warn(`${list.join('')}${at}${trace.join('')}`);
}
