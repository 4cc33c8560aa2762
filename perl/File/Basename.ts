/**
 * File::Basename: the last part of a path, which stays tainted where the path was.
 *
 * @module
 */
import * as path from 'node:path';
import { Tainted } from '../perlsec.ts';

/**
 * @param fullname a path
 * @param suffix what to take off its end
 * @returns its last part
 */
export function basename<T extends string | Tainted<string>>(fullname: T, suffix = ''): string | T {
  const last = path.basename(Tainted.raw(fullname), suffix);
  return fullname instanceof Tainted ? new Tainted(last) as T : last;
}
