/**
 * The bot on standard input and output, with its prompts: what a server that starts a program per client would start.
 */
import { Eliza } from '../Chatbot/Eliza.ts';
import { $ } from '../perl/perlvar.ts';

$['|'] = 1;
new Eliza().command_interface();
