/**
 * What a student learns here: what becomes of UTF-8 in a program that sees bytes, and that doctor.es.txt understands
 * Spanish with its accents and without.
 */
import t from 'tap';
import { Eliza } from '../Chatbot/Eliza.ts';

const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const text = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');
const reply = (line: string): string => text(new Eliza('Eliza', 'doctor.es.txt').transform(bytes(line)));

void t.test('with accents or without, in capitals or not', (t) => {
  const pairs = [
    ['¿Qué quieres?', 'que quieres?'],
    ['¿Cómo estás?', 'COMO ESTAS'],
    ['CÓMO ESTÁS', 'como estas'],
    ['sí', 'si'],
    ['Soñé con el mar', 'sone con el mar'],
    ['Un sueño', 'un sueno'],
    ['Mi mamá me quiere', 'mi mama me quiere'],
    ['MI PAPÁ', 'mi papa'],
    ['quizá', 'QUIZAS'],
    ['Recordé la casa', 'recorde la casa'],
    ['perdón', 'perdon'],
    ['¿Por qué no puedo dormir?', 'por que no puedo dormir'],
    ['una máquina', 'una maquina'],
    ['jamás', 'jamas'],
    ['hablo inglés', 'hablo ingles'],
    ['cállate', 'callate'],
  ];
  for (const [one = '', other = ''] of pairs) {
    t.not(reply(one), reply('xx'), `there is an answer to ${one}`);
    t.equal(reply(one).toLowerCase(), reply(other).toLowerCase(), `${one} = ${other}`);
  }
  for (const word of ['adiós', 'adios', 'ADIÓS', 'hasta luego', 'Chao']) {
    t.ok(new Eliza('Eliza', 'doctor.es.txt')._testquit(bytes(word)), `${word} ends the conversation`);
  }
  t.end();
});

void t.test('what is said back is Spanish', (t) => {
  t.equal(reply('Mi mamá'), 'Háblame más de tu mamá.', 'my mother is your mother');
  t.equal(reply('Mi canción es sobre mí y sobre ti'),
    'Me dices que tu canción es sobre ti y sobre mí. ¿Y tú, cómo lo llevas?', 'mí and ti are each other’s');
  t.equal(reply('Un miércoles teórico'), reply('xx'), 'mi is no word in miércoles, nor te in teórico');
  t.equal(reply('hola'), 'Me alegra verte por aquí. ¿Cómo te ha ido?', 'a greeting is answered');
  t.end();
});
