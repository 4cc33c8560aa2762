/**
 * What a student learns here: to say what holds for every input, and to let a machine look for the input it does not
 * hold for.
 */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { Eliza, random } from '../Chatbot/Eliza.ts';
import { lower, matcher, pattern, rule_pattern } from '../Chatbot/Pattern.ts';

const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const token = fc.constantFrom(
  'i', 'you', 'my', 'am', 'are', 'mother', 'if', 'remember', 'xnone', 'but', 'goto', '(2)', '(3)', '%n',
  '.', ',', ' ', '  ', '\n', 'yo', 'mi', 'me', 'te', 'que', 'si', 'como', 'sue', '\xc3\xb1', '\xc3\xad', "don't", '$&', '\\',
);
const bytes = fc.string({ unit: byte, maxLength: 200 });
const talk = fc.array(fc.oneof(token, bytes), { maxLength: 60 }).map((parts) => parts.join(' '));
const scripts = fc.constantFrom('doctor.txt', 'doctor.es.txt');
const seeds = fc.integer();

/** All that a bot says to some lines. */
function replies(scriptfile: string, seed: number, lines: readonly string[]): string[] {
  const bot = new Eliza({ scriptfile, myrand: random(seed), likelihood_of_using_memory: 0.5 });
  return lines.map((line) => `${bot.transform(line)}${bot.debug_text}`);
}

void t.test('transform always answers, and never remembers more than it may', (t) => {
  fc.assert(fc.property(scripts, fc.array(talk, { maxLength: 20 }), (scriptfile, lines) => {
    const bot = new Eliza({ scriptfile });
    for (const line of lines) {
      if (bot.transform(line) === '' || bot.memory.length > bot.max_memory_size) return false;
    }
    return true;
  }), { numRuns: 300 });
  t.pass('300 conversations');
  t.end();
});

void t.test('a seed makes a conversation', (t) => {
  fc.assert(fc.property(scripts, seeds, fc.array(talk, { maxLength: 10 }), (script, seed, lines) => {
    return isDeepStrictEqual(replies(script, seed, lines), replies(script, seed, lines));
  }), { numRuns: 100 });
  t.pass('100 conversations, twice each');
  t.end();
});

void t.test('other bots of the same script do not matter', (t) => {
  fc.assert(fc.property(scripts, fc.array(talk, { maxLength: 10 }), talk, (script, lines, other) => {
    const alone = replies(script, 1, lines);
    const neighbour = new Eliza({ scriptfile: script });
    neighbour.transform(other);
    neighbour.keyranks.clear();
    neighbour.decomplist.clear();
    return isDeepStrictEqual(replies(script, 1, lines), alone);
  }), { numRuns: 100 });
  t.pass('100 conversations beside others');
  t.end();
});

void t.test('a long line of anything is answered', (t) => {
  fc.assert(fc.property(scripts, talk.filter((text) => text !== ''), (scriptfile, text) => {
    const line = text.repeat(Math.ceil(4096 / text.length)).slice(0, 4096);
    return new Eliza({ scriptfile }).transform(line) !== '';
  }), { numRuns: 200 });
  t.pass('200 lines of 4,096 bytes');
  t.end();
});

void t.test('the linear matcher captures what backtracking captures', (t) => {
  const synon = new Map([['be', ['am', 'is', 'a']], ['no', []]]);
  const piece = fc.constantFrom('*', '* ', ' *', 'a', 'b', ' ', 'a b', '[ ]', '@be', '@no', "'");
  const rule = fc.array(piece, { minLength: 1, maxLength: 7 });
  const text = fc.array(fc.constantFrom('a', 'b', ' ', 'am', 'is', 'no', "'", '-', 'A', '\n', '\xe9'), { maxLength: 14 });
  fc.assert(fc.property(rule, text, (pieces, words) => {
    fc.pre(!/@(?:be|no)\w/.test(pieces.join('')));
    const source = rule_pattern(pieces.join(''), synon);
    const string = words.join('');
    return isDeepStrictEqual(matcher(source)(string, lower(string)), pattern(source).exec(string)?.slice(1));
  }), { numRuns: 5000 });
  t.pass('5,000 rules and texts');
  const line = 'i am '.repeat(819);
  const four = matcher(rule_pattern(`${'* i am[ ]'.repeat(4)}* x`, synon));
  t.equal(four(line, line), undefined, 'at once, where backtracking comes to no end, with a blank in a class too');
  t.end();
});
