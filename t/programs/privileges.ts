/** What t/11-processes.t.ts looks at: a child of launch_child that tries to be root again. @module */
import '../../perl/perlrun.ts';
import { existsSync } from 'node:fs';
import { init_server, launch_child } from '../../Daemon.ts';
import { STDOUT } from '../../perl/IO/Handle.ts';
import { libc } from '../../perl/libc.ts';
import { $, chroot, exit, waitpid } from '../../perl/perl.ts';
import { set_errno } from '../../perl/perlvar.ts';

const here = process.cwd();
init_server(`${here}/privileges.pid`, 'nobody', 'nogroup');

const child = launch_child(undefined, here);
if (child === 0) {
  const refused = (result: number): string => set_errno(result) === -1 ? $['!'] : 'done';
  STDOUT.print(JSON.stringify({
    'setresuid': refused(libc().setresuid(0, 0, 0)),
    'setgroups': refused(libc().setgroups(1, Uint32Array.of(0))),
    'chroot': chroot('/') ? 'done' : $['!'],
    '/etc/passwd': existsSync('/etc/passwd') ? 'there' : 'not there',
  }));
  STDOUT.flush();
  exit(0);
}
waitpid(child ?? -1, 0);
exit(0);
