/**
 * perlipc: %SIG, and the moments at which Perl lets a handler run.
 *
 * Perl delivers signals between two operations of the program, never within one, and the program stands still until
 * the handler is done. Node runs handlers from its event loop, so never within synchronous code; but an asynchronous
 * handler would let the program go on beside it. Hence the stack of running handlers below: {@link is_innermost} lets the
 * program, or a handler that was itself interrupted, go on only when every handler above it has finished.
 *
 * @module
 */
import { constants } from 'node:os';
import { address_of, C, libc, swap_seed } from './libc.ts';

/**
 * A handler gets the signal's bare name, as in Perl. It may be asynchronous: the program waits for it.
 *
 * @param signal the name
 */
export type Handler = (signal: string) => void | Promise<void>;

/**
 * A hook of warn or die.
 *
 * @param message the whole of it, with its newline
 */
export type Hook = (message: string) => void;

/** What `$SIG{NAME}` may hold. */
export type Disposition = Handler | 'DEFAULT' | 'IGNORE';

const names = ['HUP', 'INT', 'QUIT', 'USR1', 'USR2', 'PIPE', 'ALRM', 'TERM', 'CHLD', 'CONT', 'WINCH'] as const;

/** The signals that %SIG knows here. */
export type Signal = (typeof names)[number];

/**
 * Signals that end a process by default and that this daemon has no use for. They are ignored in every process of it, where
 * the Perl's would end without a word, and leave its pid file and its children behind. A program may set a handler.
 */
export const ignored = ['QUIT', 'USR1', 'USR2', 'ALRM'] as const satisfies readonly Signal[];

/** The same, for signals that %SIG does not know: VTALRM, PROF, IO, PWR, STKFLT, and those for real time. */
const strays = [26, 27, 29, 30, 16, ...Array.from({ length: 31 }, (_, i) => 34 + i)];

/** Ignores what would end the process and means nothing to it. */
export function ignore_strays(): void {
  for (const signal of ignored) dispose(signal, 'IGNORE');
  for (const number of strays) libc().signal(number, C.SIG_IGN);
}

const dispositions = new Map<Signal, Disposition>();
const listeners = new Map<Signal, () => void>();

/** As sigaction's sa_mask: while TERM's handler runs a HUP waits, so what was told to end is not restarted (erratum 9). */
const masks: Partial<Record<Signal, readonly Signal[]>> = { TERM: ['HUP'], INT: ['HUP'] };

const blocked = new Set<Signal>(); // by sigprocmask
const pending = new Set<Signal>(); // fell due while blocked, or while their own handler ran
const running: Signal[] = []; // handlers under way, the innermost last
const waiting: { level: number; resume: () => void }[] = [];

/**
 * The kernel's number of a signal.
 *
 * @param signal its name
 * @returns the number
 */
export function signo(signal: Signal): number {
  return constants.signals[`SIG${signal}`];
}

/** What the kernel does on a signal, as struct sigaction, the handler first. */
function action_of(number: number): Buffer {
  const action = Buffer.alloc(256); // it has some 150 bytes
  libc().sigaction(number, null, action);
  return action;
}

/**
 * Gives a signal the handler in C that Node gives to others, where the filter of fork.ts has kept Node from setting it.
 * The filter lets pass who asks for the old action, too.
 */
function install_handler(number: number): void {
  const listener = (): void => undefined;
  process.on('SIGWINCH', listener);
  libc().sigaction(number, action_of(constants.signals.SIGWINCH), Buffer.alloc(256));
  process.off('SIGWINCH', listener);
}

const set = Buffer.alloc(128); // one for all: the kernel takes a copy

/**
 * @param signals some signals
 * @returns the set of them as the C library's sigset_t, until the next call
 */
export function sigset_t(signals: readonly Signal[]): Buffer {
  set.fill(0);
  for (const signal of signals) {
    const bit = signo(signal) - 1;
    set.writeUInt8(set.readUInt8(bit >> 3) | (1 << (bit & 7)), bit >> 3);
  }
  return set;
}

const ENDS: readonly Signal[] = ['TERM', 'INT'];
let held: boolean | undefined; // undefined until a handler is set for the first time
const actions = new Map<Signal, Buffer>(); // of what is held back: struct sigaction as Node has set it

/**
 * Holds TERM and INT back until the event loop's next turn, where they have handlers: what Node has noted of a signal by then
 * would be lost in a fork. To block them would not do, since another of Node's threads would take the signal. So the kernel
 * calls srand48(3) meanwhile, with the signal's number, on whichever thread: a function that does nothing but keep a number,
 * in a place for which nobody else in the process has a use.
 */
export function hold_until_turn(): void {
  if (!held) {
    held = true;
    swap_seed();
    setImmediate(let_go);
  }
  for (const signal of ENDS) {
    if (actions.has(signal) || typeof dispositions.get(signal) !== 'function') continue;
    const action = action_of(signo(signal));
    actions.set(signal, Buffer.from(action));
    action.writeBigUInt64LE(address_of('srand48'));
    libc().sigaction(signo(signal), action, null);
  }
}

/** @returns TERM or INT if it has come and was held back; the next call does not say so again */
export function told_to_end(): Signal | undefined {
  const number = held ? swap_seed() : 0;
  return ENDS.find((signal) => signo(signal) === number);
}

/** Has Node hear of TERM and INT again, and of the one that was held back. */
function let_go(): void {
  for (const [signal, action] of actions) libc().sigaction(signo(signal), action, null);
  actions.clear();
  const told = told_to_end();
  held = false;
  if (told) deliver(told);
}

/** Sets a disposition. Without a handler only the kernel is told: it no longer calls Node, whose listener may stay. */
function dispose(signal: Signal, disposition: Disposition): void {
  dispositions.set(signal, disposition);
  actions.delete(signal);
  if (typeof disposition !== 'function') {
    libc().signal(signo(signal), disposition === 'IGNORE' ? C.SIG_IGN : C.SIG_DFL);
    return;
  }
  const listener = listeners.get(signal);
  if (listener) process.off(`SIG${signal}`, listener); // and on again, so that the kernel calls Node again
  const another = (): void => { deliver(signal); };
  listeners.set(signal, another);
  process.on(`SIG${signal}`, another);
  if (signal === 'HUP' || (ignored as readonly Signal[]).includes(signal)) install_handler(signo(signal));
  if (held ?? ENDS.includes(signal)) hold_until_turn();
}

/** Runs a signal's handler now, or notes it for the moment it is unblocked or its earlier run is done. */
function deliver(signal: Signal): void {
  if (blocked.has(signal) || running.some((other) => other === signal || masks[other]?.includes(signal))) {
    pending.add(signal);
    return;
  }
  const handler = dispositions.get(signal);
  if (typeof handler !== 'function') return;
  running.push(signal);
  const outcome = handler(signal);
  if (outcome) void outcome.then(() => { finish(signal); });
  else finish(signal);
}

function finish(signal: Signal): void {
  running.splice(running.lastIndexOf(signal), 1);
  if (pending.delete(signal)) deliver(signal);
  for (const sleeper of waiting.splice(0)) {
    if (sleeper.level >= running.length) sleeper.resume();
    else waiting.push(sleeper);
  }
}

/**
 * Waits until a signal's handler has run, and every handler above the caller is done. The registration happens at
 * once: a signal that comes after this call is not missed.
 *
 * @returns a promise for that moment; it does not by itself keep Node alive
 */
export function next_signal(): Promise<void> {
  return new Promise((resume) => waiting.push({ level: running.length, resume }));
}

/**
 * Has the handlers run of all signals that have come, those among them that Node has noted and not told yet.
 */
export async function signals_handled(): Promise<void> {
  const level = running.length;
  // The first may come in the turn that is under way, which has looked for signals already, or let go what was held back.
  for (let turns = 0; turns < 2; turns++) await new Promise((resume) => { setImmediate(resume); });
  while (!is_innermost(level)) await next_signal();
}

/**
 * To be awaited before an exec: has the handlers run of all signals that have come, since what Node has noted of one and not
 * told yet is lost with Node. What comes from now on is for the kernel, which does as it will until the program that follows
 * has handlers: TERM and INT end the process, HUP is ignored (erratum 6).
 */
export async function last_signals(): Promise<void> {
  for (const signal of [...ENDS, 'HUP'] as const) {
    if (typeof dispositions.get(signal) !== 'function') continue;
    actions.delete(signal);
    libc().signal(signo(signal), signal === 'HUP' ? C.SIG_IGN : C.SIG_DFL);
  }
  await signals_handled();
}

/**
 * @param level how many handlers ran when the caller began
 * @returns whether it may go on: no handler runs above it
 */
export function is_innermost(level: number): boolean {
  return running.length <= level;
}

/** Whether this process has an event loop, which timers and handlers need; a confined child has none. */
export let has_event_loop = true;

/** Node's event loop has ended: its descriptors are closed. */
export function end_event_loop(): void {
  has_event_loop = false;
}

/** @returns how many handlers are running */
export function handler_depth(): number {
  return running.length;
}

/**
 * The emulated half of sigprocmask: what Node has already taken from the kernel but not yet run.
 *
 * @param signals whose delivery to hold back, or to let go
 * @param block true to hold
 */
export function hold(signals: Iterable<Signal>, block: boolean): void {
  for (const signal of signals) {
    if (block) blocked.add(signal);
    else if (blocked.delete(signal) && pending.delete(signal)) deliver(signal);
  }
}

/**
 * @param signal its name
 * @returns whether it has come, and its handler not been called yet
 */
export function is_pending(signal: Signal): boolean {
  return pending.has(signal);
}

/** In a new child: signals that are pending belong to the parent, as fork(2) has it. */
export function forget_pending(): void {
  pending.clear();
}

/** `%SIG`: assign a handler, `'DEFAULT'` or `'IGNORE'` to a name; `__WARN__` and `__DIE__` hold warn's and die's hooks. */
export const SIG = { __WARN__: undefined, __DIE__: undefined } as Record<Signal, Disposition> & {
  /** Gets what warn would print. */
  __WARN__: Hook | undefined;
  /** Is told before die dies. */
  __DIE__: Hook | undefined;
};

for (const signal of names) {
  Object.defineProperty(SIG, signal, {
    enumerable: true,
    get: () => dispositions.get(signal) ?? 'DEFAULT',
    set: (disposition: Disposition) => { dispose(signal, disposition); },
  });
}
