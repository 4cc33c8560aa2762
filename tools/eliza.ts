#!/usr/bin/env node
/**
 * `npx eliza`: a conversation in the terminal.
 *
 * @module
 */
import '../perl/version.ts';
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Eliza, rand, random, type Rand } from '../Chatbot/Eliza.ts';
import { ScriptError } from '../Chatbot/Script.ts';
import { print } from '../perl/IO/Handle.ts';
import { $ } from '../perl/perlvar.ts';
import { command_line } from './common/command.ts';

const HELP = `Usage: eliza [options]

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

function main(): void {
  const { values, number } = command_line({
    name: 'eliza', help: HELP,
    options: {
      script: { type: 'string', default: '' }, debug: { type: 'boolean', default: false },
      seed: { type: 'string' }, replay: { type: 'string' },
    },
  });
  $['|'] = 1;
  const seed = number('seed', NaN, { from: -Infinity, whole: true });
  const myrand: Rand = Number.isNaN(seed) ? rand : random(seed);
  const bot = new Eliza({ scriptfile: values.script, debug: values.debug, prompts_on: isatty(0), myrand });
  if (values.replay === undefined) bot.command_interface();
  else replay(bot, readFileSync(values.replay, 'latin1').split(/\r?\n/).filter((line) => line !== ''));
}

try {
  main();
} catch (error) {
  if (!(error instanceof Error && (error instanceof ScriptError || 'code' in error))) throw error;
  process.stderr.write(`${error.message.trimEnd()}\n`);
  process.exitCode = 2;
}
