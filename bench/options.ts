/**
 * The command line of `npm run bench`.
 */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { command_line } from '../tools/common/command.ts';

const HELP = `Usage: npm run bench -- [PART] [OPTIONS]

Without a PART: the daemon beside other ways to serve a conversation from a process of its own, all in one run.

  --rounds N     so many rounds, of which the median counts; 5 where nothing is said
  --seconds N    so long each load, 3 where nothing is said
  --perl DIR     beside them your own eliza_hup.pl and Daemon.pm, of that folder; as root
  --json FILE    every figure, as JSON
  --svg FILE     a chart

growth: how its cost grows, with conversations, memory, the script's length.

  --docs DIR     the charts, into that folder

eliza: the bot beside Chatbot::Eliza.

  --quick        a short run of whatever it is, to see whether it works
  --help         print this and end
  --version      print the version and end
`;

const typed = command_line({
  name: 'bench', help: HELP, words: 1,
  options: {
    quick: { type: 'boolean', default: false }, rounds: { type: 'string' }, seconds: { type: 'string' },
    perl: { type: 'string' }, json: { type: 'string' }, svg: { type: 'string' }, docs: { type: 'string' },
  },
});

/** The options of each part, beside those of all. */
const PARTS = { servers: ['rounds', 'seconds', 'perl', 'json', 'svg'], growth: ['docs'], eliza: [] };

/** The part of the bench that is asked for. */
export const part = typed.words[0] ?? 'servers';

/** What is asked of it. */
export const { values: options, refuse, number } = typed;

const takes: readonly string[] = PARTS[part as keyof typeof PARTS] as string[] | undefined
  ?? refuse(`there is no part "${part}"; they are ${Object.keys(PARTS).join(', ')}`);
for (const [name, value] of Object.entries(options)) {
  if (typeof value === 'string' && !takes.includes(name)) refuse(`${part} takes no --${name}; see --help`);
}
const { perl, json, svg, docs } = options;
// Better now than after an hour.
const folders = [docs, perl, ...[json, svg].map((file) => file === undefined ? undefined : dirname(resolve(file)))];
const missing = [...folders, ...perl === undefined ? [] : [join(perl, 'eliza_hup.pl'), join(perl, 'Daemon.pm')]]
  .find((path) => path !== undefined && !existsSync(path));
if (missing !== undefined) refuse(`there is no ${missing}`);
