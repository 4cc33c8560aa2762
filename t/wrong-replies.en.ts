/**
 * What is always wrong in a reply in English.
 */
import type { Fault } from './wrong-replies.ts';

/** A fault that a pattern finds in any reply. */
export function pattern(what: string, regexp: RegExp, examples: readonly string[], fine: readonly string[] = []): Fault {
  return {
    what,
    wrong: (reply) => regexp.test(reply),
    examples: examples.map((reply) => ['', reply]),
    fine: fine.map((reply) => ['', reply]),
  };
}

/** What a subject stands before. */
const AUXILIARY = "(?:am|are|was|were|do|don't|did|didn't|can|can't|could|will|won't|would|should|must|have|has|had)";

/** What a subject stands after, and an object never does. */
const BEFORE_SUBJECT = '(?:that|if|what|when|because|why|how|way|whether|where|while|although|until|unless)';

/** What makes a line say no. */
const NEGATION = /\b(?:not|never|no|nobody|nothing|none|cannot|hardly|without)\b|n['’]t\b/i;

/** The faults of this language. */
export const FAULTS: readonly Fault[] = [
  pattern('me for I',
    new RegExp(`(?:^|[.?!:,] +)me ${AUXILIARY}\\b|\\b${BEFORE_SUBJECT} me \\w|\\b(?:do|did|am) me\\b`, 'i'),
    ['Do me think so?', 'What if me was you?', 'Do you say that me are kind?', 'Me am kind?', 'Is it the way me think?'],
    ['Tell me about it.', 'What would you tell me?']),
  pattern('I for me',
    /\b(?:of|with|for|to|about|from|at|by|without) I\b(?! (?:am|was|were|had|have|do|did|can|could|will|would|should)\b)/,
    ['Are you afraid of I?'], ['What would you tell me?']),
  pattern('a verb in the wrong person',
    new RegExp(String.raw`\b(?:you|they|we) (?:am|is|was|has|does)\b|\bI (?:are|is|has|does)\b|\bme (?:am|are|was|were)\b`),
    ['Say that you am sad.', 'So you was late?', 'What if I are kind?', 'That me are kind?'],
    ['What if it were so?', 'Who says that you are kind?']),
  pattern('an infinitive mark too many',
    /\b(?:to|can|could|will|would|should|must|cannot|do you) to\b|\bto (?:will|can|am|are|is|was|were|would|must|don't|did)\b/i,
    ['What if you were to to go?', 'And to will see me?', 'Could to sing help?'], ['Would you like to sing?']),
  pattern('two auxiliaries',
    /\b(?:did|does|can|could|will|would|should|must|not) (?:did|does|can|could|will|would|should|must|am|is|are|was|were)\b/i,
    ['What if you could can go?', 'What if you did was late?'], ['What would you do?']),
  pattern('be for am, are, is or were', /\b(?:did|did not|when you|if you|when I|if I|that you|that I) be\b/,
    ['What would happen if you did be alone?', 'And when you be rich?'], ['What would it be like?']),
  pattern('two negations', /\bnot not\b|\bnot \w+n't\b|n't not\b|\bnever not\b|\bnot (?:have )?never\b/i,
    ['Are you not not sure?', "Do I not don't know?", 'What if you did not have never done it?']),
  pattern('a preposition without its object', /\b(?:than|without|into) *[?!.]|\b(?:with|of|about|at|to), (?:you say|in)\b/i,
    ['Could you live without ?', 'And who is it with, you say?'], ['What is it about?']),
  pattern('nothing after a word that needs it',
    /\b(?:a|an|the|your|my|that you|that I|whether|if you|if I|because|else who|you to|feel to be|not to be) *(?:[.,?!]|$)/i,
    ['What does it mean to you that you?', 'So it is your?', 'How does it feel to be?', 'Is there anybody else who?'],
    ['And how about you?', 'How would you like it to be?']),
  pattern('a to with nothing after it', /\b(?:get|got|wanted|without|about|would) to(?: tomorrow| that| do for|[.?!,])/i,
    ['What would it mean to you to get to?', 'What is it about to that you like?'], ['Would you like to?']),
  pattern('a for an, or an for a', /\ba (?=[aeio]\w)(?!one\b|once\b|euro)|\ban (?![aeiouh8])/i,
    ['Is it a apple?', 'Is it an banana?'], ['Is it a one?', 'An hour?']),
  pattern('a contraction torn apart', /(?<!\w)['’](?:s|m|re|ve|ll|d|t)\b/, ["So you 'll go?"], ["So it's yours?"]),
  pattern('a plural verb after who else', /\bwho else (?:in your family )?(?:are|were|have|take|love|hate|fight|want|think)\b/i,
    ['Who else take care of you?', 'Who else in your family fight?'], ['Who are you?']),
  {
    what: 'it with you and it, or about it about it',
    wrong: (reply) => /\bwith you and it\b|\babout it about it\b|\bit about it\b/.test(reply),
    examples: [['I hate it.', 'What is it about it that you hate?']],
  },
  {
    what: 'a negation dropped',
    // The words after it are said back as if the line had said yes to them: `you are happy` for `I am not happy`.
    wrong: (reply, line) => {
      const [, said] = /\bi(?:'|’| a)m not (\w+)/i.exec(line) ?? [];
      if (said === undefined || NEGATION.test(reply)) return false;
      return new RegExp(`\\b(?:you are|makes you|you so) ${said}\\b`, 'i').test(reply);
    },
    examples: [['I am not happy.', 'What makes you happy?'], ["I'm not sure.", 'Who knows that you are sure?']],
    fine: [
      ['I am not happy.', 'What would it take for you to be happy?'],
      ['I am not happy.', 'Who says that you are not happy?'],
    ],
  },
  {
    what: 'a word of the user that was not turned round',
    wrong: (reply, line) => /\bmyself\b/i.test(line) && !/\byourself\b/i.test(line) && /\bmyself\b/i.test(reply),
    examples: [['I hate myself.', 'What is it about myself?']],
    fine: [['I hate myself.', 'What is it about yourself?']],
  },
];
