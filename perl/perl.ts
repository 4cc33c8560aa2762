/**
 * What a Perl program has without importing it: the built-in functions and variables, in one place.
 *
 * @module
 */
export { constant } from './constant.ts';
export { fork } from './fork.ts';
export {
  caller, chdir, chroot, die, exec, exit, getgrnam, getpwnam, kill, local_uids, open, sleep, waitpid, warn,
} from './perlfunc.ts';
export { pledge } from './OpenBSD/Pledge.ts';
export { SIG } from './perlipc.ts';
export { END } from './perlmod.ts';
export { foreground, perl_c, relaunch_args } from './perlrun.ts';
export { qq, Tainted, type Text } from './perlsec.ts';
export { $, ARGV, ENV } from './perlvar.ts';
export { STDERR, STDIN, STDOUT } from './IO/Handle.ts';
