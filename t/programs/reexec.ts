/** Prints what the execution that makes fork possible has kept. @module */
import '../../perl/perlrun.ts';
import { maxHeaderSize } from 'node:http';
import { STDOUT } from '../../perl/IO/Handle.ts';
import { exit } from '../../perl/perl.ts';

const { execArgv, execPath, argv, env } = process;
STDOUT.print(JSON.stringify({ execArgv, execPath, argv: argv.slice(1), header: maxHeaderSize, something: env.SOMETHING }));
STDOUT.flush();
exit(0);
