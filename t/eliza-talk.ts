// One conversation on standard input and output, for t/35-eliza-conversation.t.ts: its chance is the oracle's, and its
// script, if any, the argument.
import { Eliza } from '../Chatbot/Eliza.ts';
import { $ } from '../perl/perlvar.ts';
import { lcg } from './eliza-oracle.ts';

$['|'] = 1;
new Eliza({ scriptfile: process.argv[2] ?? '', myrand: lcg() }).command_interface();
