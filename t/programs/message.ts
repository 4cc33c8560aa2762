// Says to the log what a format, a forger or a zero could do harm with: t/42-errata.t.ts reads it.
import '../../perl/perlrun.ts';
import { exit } from '../../perl/perl.ts';
import { openlog } from '../../perl/Sys/Syslog.ts';
import { log_notice } from '../../Daemon.ts';

openlog('message', 'pid', 'local0');
log_notice('50 % of %m is %n\n');
log_notice('one\nNov 22 12:00:00 message[1]: forged\n');
log_notice('0\n');
log_notice('wide: €\n');
exit(0);
