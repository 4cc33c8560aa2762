/** Hands a tainted string to what its argument names, as an untyped caller could. @module */
import '../../perl/perlrun.ts';
import { unlink } from '../../perl/IO/File.ts';
import { ARGV, chroot, exec, exit, kill, Tainted } from '../../perl/perl.ts';
import { STDOUT } from '../../perl/IO/Handle.ts';

const outside: unknown = new Tainted('1');
const attempts = { exec, unlink, kill: (to: number) => kill('TERM', to), chroot };
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    Reflect.apply(attempt, undefined, [outside]);
    STDOUT.print(`${name}: done\n`);
  } catch (error) {
    STDOUT.print(`${name}: ${error instanceof Error ? error.message : ''}\n`);
  }
}
STDOUT.print(`clean: ${ARGV[0]?.match(/^(\d+)$/)?.[1] ?? 'nothing'}\n`);
STDOUT.flush();
exit(0);
