/**
 * IO::File: opening files, and the file tests.
 *
 * @module
 */
import { accessSync, constants, existsSync, openSync, unlinkSync } from 'node:fs';
import { refuse_tainted } from '../perlsec.ts';
import { attempt } from '../perlvar.ts';
import { IO_Handle } from './Handle.ts';

/** For reading. */
export const O_RDONLY = constants.O_RDONLY;
/** For writing. */
export const O_WRONLY = constants.O_WRONLY;

/** A file opened by path. */
export class IO_File extends IO_Handle {
  /**
   * `IO::File->new`
   *
   * @param path the file; for writing it must not be tainted
   * @param flags O_RDONLY or O_WRONLY
   * @param mode the permissions of a new file
   * @returns the handle, or undefined with `$!` set
   */
  static open(path: string, flags = O_RDONLY, mode = 0o666): IO_File | undefined {
    if (flags !== O_RDONLY) refuse_tainted('open', path);
    let file: IO_File | undefined;
    attempt(() => { file = new IO_File(openSync(path, flags, mode)); });
    return file;
  }
}

/**
 * The file tests: `e` exists, `w` can be written.
 *
 * @param test which
 * @param path of what
 * @returns whether it holds
 */
export function filetest(test: 'e' | 'w', path: string): boolean {
  if (test === 'e') return existsSync(path);
  return attempt(() => { accessSync(path, constants.W_OK); });
}

/**
 * Removes a file.
 *
 * @param path untainted
 * @returns whether it is gone; `$!` says why not
 */
export function unlink(path: string): boolean {
  refuse_tainted('unlink', path);
  return attempt(() => { unlinkSync(path); });
}
