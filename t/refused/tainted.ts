// Each line below hands data from outside to something that changes the system. The type checker must refuse every one.
import { IO_File, O_WRONLY, unlink } from '../../perl/IO/File.ts';
import { $, ARGV, chdir, chroot, ENV, exec, getpwnam, kill, open, qq } from '../../perl/perl.ts';
import { STDIN, STDOUT } from '../../perl/IO/Handle.ts';

const [port] = ARGV;
const line = STDIN.getline();
const { HOME, ELIZA_USER } = ENV;
if (port === undefined || line === undefined || HOME === undefined || ELIZA_USER === undefined) throw new Error('nothing given');

exec('node', port); // refused
exec(line); // refused
unlink(HOME); // refused
kill('TERM', port); // refused
IO_File.open(line, O_WRONLY); // refused
open(STDOUT, '>', HOME); // refused
chroot(HOME); // refused
chdir(HOME); // refused
getpwnam(ELIZA_USER); // refused
exec(qq`eliza ${port}`); // refused
ENV.PATH = HOME; // refused
$[')'] = line; // refused
const name: string = HOME; // refused

// What a pattern captured is clean.
exec('node', port.match(/^(\d+)$/)?.[1] ?? '', name);
