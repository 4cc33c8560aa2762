/**
 * Exercise 1: Who is who
 *
 * Starts the server, looks at it in /proc, and compares that with answers.txt.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import t from 'tap';
import { Answers, perl_line } from '../../../t/answers.ts';
import { children, Client, pid_exists, start, until } from '../../../t/harness.ts';

void t.test('Who is who', async (t) => {
  const { port, pid } = await start(t);
  const server = pid();
  const clients = await Promise.all([1, 2, 3].map(() => Client.greeted(port)));
  const processes = (): number => [server, ...children(server)].filter(pid_exists).length;

  const answers = new Answers(t, 'answers.txt');
  const talking = processes();
  answers.is(1, talking, [[talking - 1, 'the server itself is one of them']]);
  await clients[0]?.bye();
  await until('the end of a child', () => processes() < talking);
  answers.is(2, processes());
  const [, , , , terminal] = readFileSync(`/proc/${server}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  answers.is(3, terminal !== '0', [[true, 'see the column TTY of ps -f']]);
  answers.is(4, readlinkSync(`/proc/${server}/cwd`));
  answers.is(5, readlinkSync(`/proc/${server}/fd/0`));
  answers.is(6, perl_line(/chdir\('\/'\)/));
  answers.is(7, perl_line(/\$\['>'\] = uid/));
  answers.is(8, perl_line(/\$\['<'\] = \$\['>'\]/), [
    [perl_line(/\$\['>'\] = uid/), 'that line leaves the real user id root, and is executed by the server'],
  ]);
  answers.explains(9, perl_line(/if \(child\) exit/));
});
