#!/usr/bin/env node
/**
 * `npx eliza`: a conversation in the terminal.
 *
 * @module
 */
import '../perl/version.ts';
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import * as util from 'node:util'; // whole: a Node that has no parseArgs would end at its name, and not in version.ts
import { Eliza, rand, random, type Rand } from '../Chatbot/Eliza.ts';
import { ScriptError } from '../Chatbot/Script.ts';
import { print } from '../perl/IO/Handle.ts';
import { $ } from '../perl/perlvar.ts';

const USAGE = `Usage: eliza [options]

Talks until you say goodbye. Say \`debug\`, \`debug that\` or \`memory\` to see what it thinks.
Input from a pipe is answered without prompts.

  --script FILE   speak by another script: doctor.es.txt is the Spanish one
  --debug         show what leads to each reply
  --seed N        draw the random numbers from N on, a whole number: the same conversation again
  --replay FILE   take what is said from a file, a line each, and print the whole conversation
  --help          print this
  --version       print the version
`;

/** The conversation that a file's lines make. */
function replay(bot: Eliza, lines: readonly string[]): void {
  const say = (list: readonly string[]): void => {
    print(`${bot.name}:\t${list[Math.floor(bot.myrand(list.length))] ?? ''}\n`);
  };
  say(bot.initial);
  for (const line of lines) {
    print(`you:\t${line}\n`);
    if (bot._testquit(line)) break;
    const reply = bot.transform(line);
    print(bot.debug ? bot.debug_text : '', `${bot.name}:\t${reply}\n`);
  }
  say(bot.final);
}

/** The numbers that --seed names. */
function seeded(seed: string): Rand {
  if (/^[+-]?\d{1,15}$/.test(seed)) return random(Number(seed));
  throw Object.assign(new Error(`--seed takes a whole number, not '${seed}'`), { code: 'EINVAL' });
}

function version(): string {
  const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { name, version } = JSON.parse(file) as Record<string, string>;
  return `${name ?? ''} ${version ?? ''}\n`;
}

function main(): void {
  const { values } = util.parseArgs({
    options: {
      script: { type: 'string', default: '' },
      debug: { type: 'boolean', default: false },
      seed: { type: 'string' },
      replay: { type: 'string' },
      help: { type: 'boolean', default: false },
      version: { type: 'boolean', default: false },
    },
  });
  $['|'] = 1;
  if (values.help || values.version) {
    print(values.help ? USAGE : version());
    return;
  }
  const myrand = values.seed === undefined ? rand : seeded(values.seed);
  const bot = new Eliza({ scriptfile: values.script, debug: values.debug, prompts_on: isatty(0), myrand });
  if (values.replay === undefined) bot.command_interface();
  else replay(bot, readFileSync(values.replay, 'latin1').split(/\r?\n/).filter((line) => line !== ''));
}

try {
  main();
} catch (error) {
  if (!(error instanceof Error && (error instanceof ScriptError || 'code' in error))) throw error;
  const misused = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`${error.message.trimEnd()}\n${misused ? USAGE : ''}`);
  process.exitCode = 2;
}
