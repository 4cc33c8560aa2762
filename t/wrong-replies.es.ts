/**
 * What is always wrong in a reply in Spanish.
 */
import { pattern } from './wrong-replies.en.ts';
import { words, type Fault } from './wrong-replies.ts';

/** JavaScript's `\b` takes an accented letter for no letter: these two do not. */
const [START, END] = [String.raw`(?<![\p{L}\p{N}])`, String.raw`(?![\p{L}\p{N}])`];

/** Whole words, in any letter case. */
function whole(source: string): RegExp {
  return new RegExp(`${START}(?:${source})${END}`, 'iu');
}

/** What an accent tells from another word, which a reply may well have. */
const TOLD_APART = [
  'tú', 'mí', 'él', 'sí', 'sé', 'dé', 'té', 'más', 'aún', 'qué', 'cómo', 'cuándo', 'dónde', 'adónde', 'quién', 'quiénes',
  'cuál', 'cuáles', 'cuánto', 'cuánta', 'cuántos', 'cuántas', 'está', 'estás', 'esté',
];

/** What the user does, and what is said back of it. */
const TURNED = [
  ['soy', 'eres'], ['estoy', 'estás'], ['tengo', 'tienes'], ['quiero', 'quieres'], ['puedo', 'puedes'],
  ['necesito', 'necesitas'], ['creo', 'crees'], ['voy', 'vas'], ['debo', 'debes'], ['odio', 'odias'], ['he', 'has'],
] as const;

/** What says no in a reply, or leaves it open. */
const NO = whole('(?:no|nunca|nadie|nada|sin|tampoco|ni|dejado)');

/** What may stand between a plural possessive and its plural. */
const NUMBERS = '(?:dos|tres|cuatro|cinco|siete|ocho|nueve|diez|[\\p{L}]+ce|[\\p{L}]+[ei]nta|veinte|[0-9]+)';

/** What is said of the user, where the user has said whether they are a man or a woman. */
const ADJECTIVE = whole('(?:estás|eres|estés|sientas|te sientes|te sentías|sentirte|te encuentras) (?:muy |tan )?'
  + '(\\p{L}+[ai]d[oa]|sol[oa]|hart[oa]|content[oa]|segur[oa]|tranquil[oa]|enferm[oa]|loc[oa]|tont[oa]|buen[oa]|nervios[oa])');

/** What ends like an infinitive with a pronoun, and is none. */
const NO_PRONOUN = ['duerme', 'firme', 'informe', 'fuerte', 'muerte', 'suerte', 'parte', 'arte', 'inerte'];

/** The faults of this language. */
export const FAULTS: readonly Fault[] = [
  pattern('a letter torn apart', /[\ufffdÃÂ]/, ['Tu mam\ufffd te cuida.', 'Tu mamÃ¡ te cuida.'], ['Tu mamá te cuida.']),
  {
    what: 'an accent lost that the line had',
    wrong: (reply, line) => words(line).some((word) => {
      const bare = word.normalize('NFD').replace(/[\u0300\u0301]/g, '').normalize('NFC');
      return bare !== word && !TOLD_APART.includes(word) && !words(line).includes(bare) && words(reply).includes(bare);
    }),
    examples: [
      ['Mi padre murió.', 'Así que tu padre murio.'],
      ['Mi mamá habló.', '¿Qué dijo tu mama?'],
      ['La canción.', '¿Qué cancion?'],
    ],
    fine: [['Tú no.', '¿Y tu vida?'], ['Mi mamá habló.', '¿Qué dijo tu mamá?'], ['Él es así.', '¿Y el resto?']],
  },
  {
    what: '¿ or ¡ without its other half',
    wrong: (reply) => /^(?:[^¿?]*¿[^¿?]*\?)*[^¿?]*$/.exec(reply) === null || /^(?:[^¡!]*¡[^¡!]*!)*[^¡!]*$/.exec(reply) === null,
    examples: [['', 'Por qué?'], ['', '¿Por qué.'], ['', 'Hola!'], ['', '¡Hola.'], ['', '¿Y ¿qué?'], ['', 'Qué? ¿']],
    fine: [['', '¡Hola! ¿Qué tal? ¿Y tú?']],
  },
  pattern('a small letter where a sentence begins', /^[¿¡]?\p{Ll}|[.?!] [¿¡]?\p{Ll}/u,
    ['así que vas.', 'Bien. ¿y tú?'], ['Bien. ¿Y tú?']),
  pattern('a capital within a sentence', /\p{Ll},? (?:Lo|La|Los|Las|Le|Me|Te|Se|Mi|Mis|Tu|Tus|No|Un|Una|El|Yo|Tú) /u,
    ['Dices que Lo has visto.', 'Así que No vas.'], ['¿Ves? Lo dices tú.', 'Dices que lo has visto.']),
  pattern('a verb in the wrong person',
    whole('(?:yo (?:no )?(?:eres|estás|tienes|quieres|puedes|vas|crees)|tú (?:no )?(?:soy|estoy|tengo|quiero|puedo|voy|creo)'
      + '|te (?:soy|estoy|tengo|puedo|voy|siento)|me (?:eres|estás|tienes|vas))'),
    ['Yo no eres así.', '¿Tú tengo hijos?', '¿Y te siento mal?', '¿Me vas a casar?'],
    ['¿Qué tengo yo que te guste?', 'Yo no soy así.']),
  pattern('yo or tú for mí or ti', whole('(?:a|de|en|para|por|sin|sobre|contra|hacia) (?:yo|tú)|con (?:mí|ti|yo|tú)'),
    ['¿Es para tú?', '¿Qué piensas de yo?', '¿Y con mí?'], ['¿Y según tú?', '¿Qué piensas de mí?', '¿Y conmigo?']),
  pattern('mi for mí', whole('(?:a|de|en|para|por|sin|sobre|contra) mi(?= *[.,;:?!]| y )'), ['¿Qué esperas de mi?'],
    ['¿Qué esperas de mí?', '¿Qué esperas de mi vida?']),
  pattern('tu for tú',
    whole('tu (?:eres|estás|tienes|quieres|puedes|vas|crees|piensas|sabes|dices|no|me|te|lo)|y tu(?=[,?])'),
    ['Así que tu tienes razón.', '¿Y tu, qué dices?'], ['¿Y tú, qué dices?', '¿Y tu madre?']),
  pattern('tú for tu',
    whole('tú (?:madre|padre|mamá|papá|herman[oa]|hij[oa]|vida|trabajo|casa|familia|nombre|jef[ea])'),
    ['Háblame de tú madre.'], ['¿Trabajas tú?', 'Háblame de tu madre.']),
  pattern('a plural possessive before a word in the singular',
    whole(`(?:tus|mis) (?!${NUMBERS}(?: |$))\\p{L}*[^s\\P{L}]`),
    ['Háblame de tus madre.'], ['Háblame de tus padres.', '¿Cómo llevas tus treinta y dos años?', '¿Y tus dos hijos?']),
  pattern('no infinitive where one must stand',
    whole('(?:te impide|pudieras|tuvieras que|tienes que|podrías)'
      + '(?! (?:\\p{L}*[aeiáéí]r(?:[mts]e|l[aeo]s?|[mts]el[oa]s?)?|no|todo|lo que)'
      + END + ') \\p{L}+'),
    ['¿Qué te impide quiero ir?', '¿Y si pudieras estoy bien?', 'Así que tienes que soy bueno.'],
    ['¿Qué te impide irte?', '¿Y si pudieras?', '¿Y si tuvieras que decírselo?']),
  pattern('an infinitive twice', whole('(\\p{L}*[aei]r)(?:[mts]e)? (?:a |de |que )?\\1'),
    ['¿Por qué quieres ir a ir?', '¿Poder poder?'],
    ['¿Quieres poder ir?', '¿Quieres aprender a leer?']),
  pattern('a hole at the end',
    whole('(?:de|en|con|a|para|por|sin|sobre|el|la|los|las|un|que|mi|tu|tus|mis|y|o|si|se|muy|tan|cuando)(?=[.?!,:])'),
    ['¿Desde cuándo quieres a?', 'Háblame de tu.', '¿Y qué es para ti el?', 'Dices que. Sigue.'],
    ['¿Qué es para mí? ¿Y para qué?', '¿Y para él?', '¿Por qué no?']),
  {
    what: 'a negation dropped',
    // The words after it are said back as if the line had said yes to them: `estás segura` for `No estoy segura`.
    wrong: (reply, line) => TURNED.some(([mine, yours]) => {
      const [, said] = new RegExp(`${START}no ${mine} (\\p{L}+)`, 'iu').exec(line) ?? [];
      return said !== undefined && !NO.test(reply) && whole(`${yours} ${said}`).test(reply);
    }),
    examples: [['No estoy segura.', '¿Desde cuándo estás segura?'], ['No soy feliz.', '¿Por qué eres feliz?']],
    fine: [['No estoy segura.', '¿Desde cuándo no estás segura?'], ['No estoy segura.', '¿Y te gustaría estar segura?']],
  },
  {
    what: 'a negation dropped before another',
    wrong: (reply, line) => {
      const said = ['nadie', 'nada', 'ningún', 'ninguna'].filter((word) => whole(`no [\\p{L} ]*${word}`).test(line));
      const yours = TURNED.map(([, verb]) => verb).join('|');
      return said.some((word) => whole(`(?:${yours})(?: a| de)? ${word}`).test(reply)
        && !whole(`(?:no|nunca|tampoco) [\\p{L} ]*${word}`).test(reply));
    },
    examples: [['No necesito a nadie.', '¿Quién dice que necesitas a nadie?'], ['No quiero nada.', '¿Por qué quieres nada?']],
    fine: [['No necesito a nadie.', '¿Seguro que no necesitas a nadie?']],
  },
  {
    what: 'a verb of the user that was not turned round',
    wrong: (reply, line) =>
      TURNED.some(([mine]) => whole(mine).test(line) && whole(`(?:que|cuando|si) (?:no )?${mine}`).test(reply)),
    examples: [['Creo que soy tonto.', '¿Por qué crees que soy tonto?'], ['Estoy mal.', '¿Y qué haces cuando estoy mal?']],
    fine: [['Eres tonta.', '¿Por qué piensas que soy tonta?'], ['Estoy mal.', '¿Y qué haces cuando estás mal?']],
  },
  {
    what: 'mi for tu, or tu for mi',
    wrong: (reply, line) => Array.from(line.matchAll(new RegExp(`${START}(mis?|tus?) (\\p{L}+)`, 'giu')))
      .some(([, whose = '', what = '']) => whole(`${whose} ${what}`).test(reply)),
    examples: [['Mi madre canta.', 'Háblame de mi madre.'], ['Tus preguntas cansan.', '¿Te cansan tus preguntas?']],
    fine: [['Mi madre canta.', 'Háblame de tu madre.'], ['Tu no sabes.', '¿Y tú?']],
  },
  {
    what: 'a pronoun on an infinitive that was not turned round',
    wrong: (reply, line) => words(line).some((word) =>
      /[aeiáéí]r[mt]e(?:l[oae]s?)?$/.test(word) && !NO_PRONOUN.includes(word) && words(reply).includes(word)),
    examples: [['Quiero irme.', '¿Por qué quieres irme?'], ['Quiero verte.', '¿Para qué quieres verte?']],
    fine: [['Quiero irme.', '¿Por qué quieres irte?'], ['Soy fuerte.', '¿Desde cuándo eres fuerte?']],
  },
  {
    what: 'a man or a woman taken for granted',
    wrong: (reply, line) => {
      const [, said = ''] = ADJECTIVE.exec(reply) ?? [];
      return said !== '' && !words(line).includes(said.toLowerCase());
    },
    examples: [['Me duele.', '¿Estás cansado?'], ['Hola', '¿Te sientes agotada?']],
    fine: [['Estoy cansada.', '¿Desde cuándo estás cansada?'], ['Hola', '¿Estás bien?']],
  },
];
