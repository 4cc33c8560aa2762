/**
 * What each line of the two Perl files does, in words of our own, for readers who have no copy of the Perl beside them.
 *
 * @module
 */

/** A part of a Perl file that has a name: a sub, a block, or what belongs together. */
export interface Section {
  /** The sub's name, or a word of ours. */
  readonly name: string;
  /** Its first line. */
  readonly from: number;
  /** Its last line that is not blank. */
  readonly to: number;
}

/** A Perl file and the TypeScript file that mirrors it. */
export interface Listing {
  /** The Perl file's name. */
  readonly perl: string;
  /** The TypeScript file's name. */
  readonly ts: string;
  /** What each line does, the first line's text at index 0; '' for a blank line. */
  readonly lines: readonly string[];
  /** The named parts, in order. */
  readonly sections: readonly Section[];
}

/** Makes a listing of its parts, each the lines of a name. */
export function listing(perl: string, ts: string, parts: Record<string, string[]>): Listing {
  const lines: string[] = [];
  const sections = Object.entries(parts).map(([name, texts]) => {
    const from = lines.length + 1;
    lines.push(...texts);
    return { name, from, to: lines.findLastIndex((text) => text !== '') + 1 };
  });
  return { perl, ts, lines, sections };
}

/** Both files. */
export const listings: readonly Listing[] = [
  listing('eliza_hup.pl', 'eliza_hup.ts', {
    imports: [
      'runs perl with warnings (-w) and taint mode (-T)',
      'no undeclared variables, no symbolic references',
      'looks for modules in the current folder too, which -T forbids otherwise',
      'the bot',
      'sockets, and with them file handles as objects',
      'our own module: everything that makes a daemon',
      '',
    ],
    constants: [
      'the port, unless an argument names one',
      'where the pid is written',
      'whom the daemon becomes',
      'and with which group',
      'the folder that children are locked into',
      '',
    ],
    handlers: [
      'a comment; it speaks of dying children, although line 15 is about TERM and INT',
      'TERM and INT: call do_term',
      'HUP: call do_hup',
      '',
    ],
    listen: [
      'the port: the first argument, left in its list for do_relaunch, or the constant',
      'opens a TCP socket on that port,',
      'with twenty connections allowed to wait,',
      'by TCP,',
      'and takes the port although connections of an earlier run linger on it',
      'dies, saying why, if there is no socket',
      'becomes a daemon: pid file, detachment, log, user; keeps its own pid',
      '',
      'logs that the server accepts connections',
      '',
    ],
    accept: [
      'waits for a client, again and again',
      "asks for the client's address",
      'forks a child that is locked into ELIZA_HOME; no callback for its end',
      'in the child:',
      'it has no use for the listening socket',
      'logs whom it talks to',
      'holds the conversation',
      'logs that it is over',
      'ends, with success; it never comes back to the loop',
      'the end of what the child does',
      'in the parent: the child has the connection, so let go of it',
      'round again',
      '',
    ],
    interact: [
      'one conversation, in the child',
      'takes the connection',
      'standard input becomes the client',
      'standard output becomes the client',
      'standard error becomes the client',
      'each print goes out at once',
      'makes a bot',
      'which talks on standard input and output until somebody says bye',
      'the end of interact',
      '',
    ],
    do_term: [
      'what TERM and INT do',
      'logs it',
      'ends the children and waits for them',
      'ends, with success; END blocks run',
      'the end of do_term',
      '',
    ],
    do_hup: [
      'what HUP does',
      'logs it',
      'logs the next step',
      'no new clients from here on',
      'logs the next step',
      'ends the children and waits for them',
      'logs the next step',
      'executes the program again; this does not return',
      'unless it failed: logs that, and dies',
      'the end of do_hup',
      '',
    ],
    _testquit: [
      'opens a block',
      'in which a sub may be redefined without a warning',
      '',
      "replaces one of the bot's own methods",
      'takes the bot and the line',
      'the end of input ends the conversation: the one thing that the original method lacks',
      'so does each quit word, anywhere in the line, in capitals or not',
      'the end of _testquit',
      '',
    ],
    DESTROY: [
      'a comment: what follows keeps a warning away',
      'an empty destructor, so that the bot does not take the name for one of its fields',
      'the end of the block',
      '',
      '',
    ],
    END: [
      'when the process ends, however it ends:',
      'logs it, in the daemon itself and not in its children',
      'the end of END',
    ],
  }),
  listing('Daemon.pm', 'Daemon.ts', {
    package: [
      'a package of its own',
      'no undeclared variables, no symbolic references',
      'declares the variables that Exporter reads, and the version',
      '',
      'from POSIX: sets of signals, setsid, waitpid without waiting',
      "errors told from the caller's point of view",
      'loads the rest of that now: inside the chroot nobody would find it',
      'the last part of a path',
      'files as objects',
      'the current folder',
      'the system log',
      'the module that gives names to whoever uses this one',
      '',
    ],
    exports: [
      'the names it gives: the subs for servers,',
      'the relaunch,',
      'the four ways to log,',
      'and the table of children',
      'gives all of them without being asked',
      'is an Exporter',
      'version 1.00',
      '',
      'where pid files go',
      "the log's facility",
      'the table of children: by pid, what to call when one ends',
      'variables of this file: the pid, the pid file, a folder that is never used, the folder it was started in',
      '',
    ],
    init_server: [
      'makes the process a daemon',
      'takes the pid file into the variable of this file,',
      'and the user and the group',
      'without a pid file: one named after the program',
      'opens it, or dies if a server is running',
      'leaves terminal and session; from here on this is another process',
      'writes the pid',
      'closes the file',
      'opens the log',
      'becomes somebody else, where a user and a group are given',
      'gives the pid back, and keeps it for END',
      'the end of init_server',
      '',
    ],
    become_daemon: [
      'leaves the terminal and the session',
      'forks, or dies',
      'the parent ends: the shell has its prompt back',
      'a session of its own, without a terminal',
      'standard input: nothing',
      'standard output: nowhere',
      'standard error: the same',
      'remembers the folder it was started in, for the relaunch',
      'holds no folder busy',
      'what it creates gets exactly the permissions it asks for',
      'a PATH that -T trusts',
      'drops what else could mislead a shell',
      'CHLD: call reap_child',
      'the end of become_daemon',
      '',
    ],
    change_privileges: [
      'becomes somebody else',
      'takes the user and the group',
      "the user's number, or dies",
      "the group's number, or dies",
      'the effective group, and no other groups',
      'the real group',
      'the effective user alone: the real one stays root, so that root can be had again',
      'the end of change_privileges',
      '',
    ],
    launch_child: [
      'forks a child',
      'takes what to call when the child ends,',
      'and the folder to lock it into',
      'four signals: INT, CHLD, TERM, HUP',
      'blocks them: from here on none of them comes through',
      'forks, or logs the reason and dies',
      'in the parent:',
      'notes the child, before news of its end can arrive',
      'in the child:',
      "the four signals do again what they do by default; the parent's handlers are none of its business",
      'goes to its folder and gives root up',
      'both again:',
      'unblocks the signals; what was held back arrives now',
      "gives the child's pid to the parent, 0 to the child",
      'the end of launch_child',
      '',
    ],
    prepare_child: [
      'locks a child in',
      'takes the folder',
      'where one is given:',
      'swaps real and effective user for this block, to be root for a moment',
      'goes there, or dies',
      'makes it the root of all paths, or dies',
      'the end of the block; the swap is undone',
      'the real user becomes the effective one: root is given up, or was meant to be',
      'the end of prepare_child',
      '',
    ],
    reap_child: [
      'what CHLD does',
      'one signal may stand for several children: asks until none is left that has ended',
      'calls what was noted for that child',
      'strikes it off the table',
      'round again',
      'the end of reap_child',
      '',
    ],
    kill_children: [
      'ends the children',
      'sends TERM to each of them',
      'a comment: wait',
      'sleeps until a signal comes, as long as there are children; reap_child runs meanwhile',
      'the end of kill_children',
      '',
    ],
    do_relaunch: [
      'executes the program again',
      'becomes root again',
      'goes back to the folder it was started in, past -T',
      "takes the program's path past -T, by a pattern,",
      'or dies',
      'takes the port past -T: its digits',
      'removes the pid file, which the new run will make',
      'replaces this process by perl with -T, the program and the port, or dies',
      'the end of do_relaunch',
      '',
    ],
    init_log: [
      'opens the log',
      'by a socket in the file system',
      "the program's name without its folder",
      'with that name and the pid in each line',
      'warnings go to the log from here on',
      'and so do last words',
      'the end of init_log',
      '',
    ],
    logging: [
      'logs for whoever hunts an error',
      'logs what is worth knowing',
      'logs what is wrong',
      'logs why the process ends:',
      'at priority crit, unless an eval will catch it',
      'and dies',
      'the end of log_die',
    ],
    _msg: [
      'makes one text of what is to be logged',
      'joins the parts, or finds something to say',
      'asks who is logging',
      'adds file and line where no newline ends the text',
      'gives the text back',
      'the end of _msg',
      '',
    ],
    getpidfilename: [
      'a pid file for a server that names none',
      "the program's name without folder and ending",
      'in PIDPATH',
      'the end of getpidfilename',
      '',
    ],
    open_pid_file: [
      'makes the pid file',
      'takes its path',
      'if there is one already:',
      'opens it; returns without a word if that fails',
      'reads the pid',
      'dies if that is no number',
      'dies if there is such a process',
      'else the file was left behind: warns,',
      'and removes it, or dies',
      'the end of that',
      'makes it, and insists on being the one who does,',
      'or means to die (the precedence of its "or" keeps it from doing so)',
      'the end of open_pid_file',
      '',
    ],
    END: [
      'when the process ends:',
      'becomes root again',
      'removes the pid file, in the daemon itself and not in its children',
      'the end of END',
      '',
      'a module must end in a true value',
      'what follows is not Perl',
    ],
  }),
];
