/**
 * For each exercise the three wrong answers that are most likely, each as a change of the solution, and what the exercise's
 * test says of it.
 *
 * @module
 */

/** A wrong answer. */
export interface Wrong {
  /** What somebody thought. */
  readonly thought: string;
  /** The file, where it is not eliza_hup.ts. */
  readonly file?: string;
  /** What stands in the solution, and what in the wrong answer: a text or a pattern, in the order in which they are changed. */
  readonly changes: readonly (readonly [part: string | RegExp, other: string])[];
  /** What the test says: it is in a line that begins with `not ok`. */
  readonly says: string;
}

const answers = 'answers.txt';
/** The answer to a question. */
const answer = (question: number): RegExp => new RegExp(`(?<=^${question}\\. [^]*?^answer: ).*$`, 'm');

const CALLBACK = /^ {2}const lasted = [^]*?^ {2}};.*\n/m;
const GREETING = /^ {2}STDOUT\.print\(qq`You are.*\n/m;
const TOLD = /^ {2}for \(const open of talking.*\n/m;

/** By the exercise's number. */
export const wrong_answers: Readonly<Record<number, readonly Wrong[]>> = {
  1: [
    { thought: 'the server is no process of its own', file: answers, changes: [[answer(1), 'three']],
      says: 'question 1: the answer is not what happens: the server itself is one of them' },
    { thought: 'it was started in a terminal, so it has one', file: answers, changes: [[answer(3), 'yes']],
      says: 'question 3: the answer is not what happens: see the column TTY' },
    { thought: 'the line that makes the server nobody makes the child so', file: answers, changes: [[answer(8), '61']],
      says: 'question 8: the answer is not what happens: that line leaves the real user id root' },
  ],
  2: [
    { thought: 'the child has the handler of its parent', file: answers, changes: [[answer(1), 'no']],
      says: 'question 1: the answer is not what happens: a child has no handler' },
    { thought: 'whoever ends says so', file: answers, changes: [[answer(2), '1']],
      says: 'question 2: the answer is not what happens: a process that a signal ends' },
    { thought: 'another program is another process', file: answers, changes: [[answer(5), 'no']],
      says: 'question 5: the answer is not what happens: exec keeps the process' },
  ],
  3: [
    { thought: 'a template literal will do', changes: [['qq`You', '`You']],
      says: 'a client sees names its address; it was hung up on; the log has "TypeError: a tainted string' },
    { thought: 'the address is there already in the loop, before interact', changes: [
      [GREETING, ''],
      [/^( {4})(log_notice\(qq`Accepting.*\n)/m, '$1STDOUT.print(qq`You are calling from ${host}.\\n`);\n$1$2'],
    ], says: 'the first line that a client sees names its address; it was "Eliza:' },
    { thought: 'print ends the line', changes: [['.\\n`);                                           // +', '.`); // +']],
      says: 'the first line that a client sees names its address; it was "You are calling from 127.0.0.1.Eliza:' },
  ],
  4: [
    { thought: 'any signal is as good', changes: [['SIG.USR2 =', 'SIG.USR1 =']], says: 'USR2 has a handler' },
    { thought: 'the server counts as well', changes: [['CHILDREN.size', 'CHILDREN.size + 1']],
      says: 'with two clients USR2 logs "2 conversations open"; the log ends in .*3 conversations open' },
    { thought: 'a counter of one’s own, which nobody turns back', changes: [
      ['CHILDREN.size', 'count'],
      [/^( {2}const child = launch_child)/m, '  count++;\n$1'],
      [/^(SIG\.USR2 = )/m, 'let count = 0;\n$1'],
      [/^import { CHILDREN }.*\n/m, ''],
    ], says: 'and again, when those have ended: "0 conversations open"; the log ends in .*2 conversations open' },
  ],
  5: [
    { thought: 'beside the line that says finished, in the child', changes: [
      ['launch_child(lasted,', 'launch_child(undefined,'],
      [CALLBACK, ''],
      [
        /^( {4})(log_notice\(qq`Connection from)/m,
        '$1log_notice(`Conversation $${$$[\'$$\']} lasted $${Date.now() - began} ms\\n`);\n$1$2',
      ],
    ], says: 'a conversation whose child was killed: the log has "Conversation PID lasted N ms"' },
    { thought: 'one variable for when it began', changes: [
      [/^ {2}const began = Date\.now\(\);/m, '  began = Date.now();'],
      [/^(for \(let connection;)/m, 'let began = 0;\n$1'],
    ], says: 'a conversation that ended with bye: .* ms; it was between .*, while others began and ended' },
    { thought: 'seconds', changes: [['Date.now() - began', 'Math.round((Date.now() - began) / 1000)']],
      says: 'a conversation that ended with bye: [01] ms; it was between' },
  ],
  6: [
    { thought: 'my is said back as my', file: 'unix.txt', changes: [['post: my your\n', '']],
      says: 'is answered with the signal, and with "your server"; the answer is ".*my server' },
    { thought: 'who has a rule for child has one for children', file: 'unix.txt', changes: [[/^key: children[^]*?\n\n/m, '']],
      says: '"My children do not listen." is answered with something about fork; the answer is "Eliza:\\s+Please go on' },
    { thought: 'a key need have no rule', file: 'unix.txt', changes: [
      [/^ {2}decomp: \* @child \*\n.*\n/m, '    reasmb: Who called fork?\n'],
    ], says: 'unix.txt is a script that a server can be started with; it could not be started: .*script' },
  ],
  7: [
    { thought: 'a quick report leaves no time for it', file: 'waiting.ts', changes: [
      [/^ {4}await sleep\(\);.*\n( {4}await report.*\n)/m, '$1    await sleep();\n'], ['resume, 1000', 'resume, 1'],
    ], says: 'it ends when its last child has ended, though that was before it began to sleep' },
    { thought: 'without the report there is no fault', file: 'waiting.ts', changes: [
      [/^ {4}await report.*\n/m, ''], [/^\/\*\* Says how[^]*/m, ''],
    ], says: 'it says how many are left' },
    { thought: 'to look once more before the report will do', file: 'waiting.ts', changes: [
      [/^ {4}await sleep\(\);.*\n( {4}await report.*\n)/m, '    if (children.size > 0) {\n  $1      await sleep();\n    }\n'],
    ], says: 'it ends when its last child has ended, though that was before it began to sleep' },
  ],
  8: [
    { thought: 'the parent need not keep the connection', changes: [
      [/^ {2}else connection\.close\(\);/m, '  connection.close();'],
    ], says: 'the second client is told: The server is going down. The last line that it has heard is' },
    { thought: 'and it need not close it', changes: [['talking.get(child)?.close();', 'talking.has(child);']],
      says: 'the server lets go of clients who have left: after five of them it has 5 descriptors more' },
    { thought: 'first the children, then the goodbye', changes: [
      [TOLD, ''],
      [
        /^( {2}exit\(0\);.*\/\/ 54\n)/m,
        `  for (const open of talking.values()) open.print('\\nThe server is going down.\\n');\n$1`,
      ],
    ], says: 'the second client is told: The server is going down. The last line that it has heard is "you:' },
  ],
  9: [
    { thought: 'nobody needs what it gives back', file: 'perl/perlfunc.ts', changes: [
      ['export function alarm(seconds: number): number {\n  return ', 'export function alarm(seconds: number): void {\n  '],
    ], says: 'alarm\\(60\\) gives 0: no alarm had been set; it gave undefined' },
    { thought: 'Node has timers', file: 'perl/perlfunc.ts', changes: [
      [
        'return libc().alarm(seconds);',
        `setTimeout(() => { libc().kill($['$'], signo('ALRM')); }, 1000 * seconds);\n  return 0;`,
      ],
    ], says: 'alarm\\(0\\) then gives the seconds that were left' },
    { thought: 'a number is a number', file: 'perl/libc.ts', changes: [
      ['\'unsigned int alarm(unsigned int)\'', '\'int alarm(int)\''],
    ], says: 'perl/libc.ts has the prototype, as the manual page gives it' },
  ],
  10: [
    { thought: 'the socket is closed at HUP, as in Perl', file: 'quoted.ts', changes: [
      ['listen_socket.hand_over();', 'listen_socket.close();'],
    ], says: 'and turns nobody away: \\d+ were refused' },
    { thought: 'the first one will do', file: 'quoted.ts', changes: [['quotes[i % quotes.length]', 'quotes[0]']],
      says: 'and not always the same' },
    { thought: 'TERM ends the server, and so its children', file: 'quoted.ts', changes: [
      [/( {2}log_notice\('TERM signal.*\n) {2}await kill_children\(\);\n/, '$1  await Promise.resolve();\n'],
    ], says: 'TERM ends the children' },
  ],
  11: [
    { thought: 'whoever does not end the children may relaunch', changes: [
      [
        /^ {2}try {[^]*?^ {2}}.*\n(?=})/m,
        `  log_notice('The rules have been read again\\n');\n  listen_socket.hand_over();\n  void do_relaunch();\n`,
      ],
      [/^import { readFileSync.*\n/m, ''],
      ['import { init_server, ', 'import { do_relaunch, init_server, '],
      ['log_notice, log_warn }', 'log_notice }'],
      ['let script: string | undefined;', 'const script: string | undefined = undefined;'],
    ], says: 'a script that is none: the log has "The rules stay as they were: WHY"' },
    { thought: 'load reads the file again', changes: [
      [/^ {4}const text = [^]*?^ {4}script = text;/m, '    Eliza.load(ELIZA_SCRIPT);'],
      [/^import { readFileSync.*\n/m, ''],
      ['let script: string | undefined;', 'const script: string | undefined = undefined;'],
    ], says: 'a client who comes after the HUP meets the new rules' },
    { thought: 'the file will be a script', changes: [[/^ {4}new Eliza.*\n/m, '']],
      says: 'a script that is none: the log has "The rules stay as they were: WHY"' },
  ],
  12: [
    { thought: 'the number is the status', changes: [
      [/^ {4}const signal = .*\n {4}const how = .*\n/m, '    const how = `ended with status ${$[\'?\']}`;\n'],
    ], says: 'after a KILL the log has "Conversation PID was ended by signal 9"' },
    { thought: 'the status need not be shifted', changes: [
      ['${$[\'?\'] >> 8}', '${$[\'?\'] & 255}'], ['const signal = $[\'?\'] & 127', 'const signal = $[\'?\'] >> 8'],
    ], says: 'after a KILL the log has "Conversation PID was ended by signal 9"' },
    { thought: 'the child says how it ends', changes: [
      [/^ {2}const ended = [^]*?^ {2}};.*\n/m, ''], ['launch_child(ended,', 'launch_child(undefined,'],
      [/^( {4})(exit\(0\);.*\/\/ 36\n)/m, '$1log_notice(`Conversation $${$$[\'$$\']} ended with status 0\\n`);\n$1$2'],
    ], says: 'after a KILL the log has "Conversation PID was ended by signal 9"' },
  ],
  13: [
    { thought: 'one loop after the other', changes: [
      ['await Promise.all(sockets.map(serve));', 'for (const socket of sockets) await serve(socket);'],
    ], says: 'one of the second port' },
    { thought: 'to listen is enough', changes: [['sockets.map(serve)', '[serve(listen_socket)]']],
      says: 'one of the second port' },
    { thought: 'in turn', changes: [
      ['await Promise.all(sockets.map(serve));', 'await serve();'],
      ['/** Serves the clients of a socket. @param socket where they come from */', '/** Serves the clients. */'],
      ['async function serve(socket: IO_Socket_INET)', 'async function serve()'],
      ['let connection; ', 'let i = 0, connection; '],
      ['await socket.accept()', 'await sockets[i++ % sockets.length]?.accept()'],
    ], says: 'another one of the first port' },
  ],
  14: [
    { thought: 'the child refuses', changes: [
      [/^ {2}if \(too_many\(\)\) {[^]*?^ {2}}.*\n/m, ''],
      [
        /^( {4})(log_notice\(qq`Accepting)/m,
        `$1if (too_many()) connection.print('Eliza:\\tI need a rest, come back in a minute.\\n');\n$1$2`,
      ],
    ], says: 'no child was forked for it: it is the parent that refuses' },
    { thought: 'who knocks counts', changes: [
      [
        /^( {2}if \(begun\.length >= PER_MINUTE\)).*\n {2}begun\.push\(now\);.*\n {2}return false;/m,
        '  begun.push(now);\n  return begun.length > PER_MINUTE;',
      ],
    ], says: 'although others came meanwhile: those that were refused do not count' },
    { thought: 'a minute is a minute', changes: [['1000 * MINUTE', '60_000 * MINUTE']],
      says: 'a client is greeted again when the minute of 8 seconds is over; it heard "Eliza:.*rest' },
  ],
  15: [
    { thought: 'without blocking there is no fault', file: 'Daemon.ts', changes: [
      [/^ {2}POSIX\.sigprocmask\(POSIX\.SIG_BLOCK.*\n/m, ''],
    ], says: 'the server goes on: the signal was not for it' },
    { thought: 'the signals can be given back before the fork', file: 'Daemon.ts', changes: [
      [/^ {4}(SIG\.HUP = SIG\.INT = SIG\.CHLD.*\n)/m, ''],
      [/^( {2}const child = fork\(\) \?\?.*\n)/m, '  SIG.HUP = SIG.INT = SIG.CHLD = SIG.TERM = \'DEFAULT\';\n$1'],
    ], says: 'a child that has ended is asked for: the server hears CHLD' },
    { thought: 'it is the child that must unblock', file: 'Daemon.ts', changes: [
      [/^( {2}}.*\/\/ 75\n)( {2}POSIX\.sigprocmask\(POSIX\.SIG_UNBLOCK.*\n)/m, '$2$1'],
    ], says: 'a child that has ended is asked for: the server hears CHLD' },
  ],
};
