/**
 * The C library, for what Perl does in C and Node cannot do: fork, setresuid, chroot, sigprocmask, syslog …
 *
 * This is the one file that knows koffi, so that another FFI (`node:ffi`, one day) can take its place. The
 * library is opened at the first call, not at import: the bot and the docs load this file where there is no libc.
 *
 * @module
 */
import type koffi_module from 'koffi';

type Koffi = typeof koffi_module;

/** What a poll handle can do: see {@link readable}. */
export interface Poll {
  /** Ends the watch; the descriptor may be closed afterwards. */
  close(): void;
}

let koffi: Koffi | undefined;
let library: ReturnType<Koffi['load']> | undefined;
let functions: Libc | undefined;

/** Opens koffi through `require`, so that importing this file needs neither Node nor koffi. */
function load(): Koffi {
  koffi ??= process.getBuiltinModule('node:module').createRequire(import.meta.url)('koffi') as Koffi;
  return koffi;
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- says what the prototype says
function c<F extends (...args: never[]) => unknown>(prototype: string): F {
  library ??= load().load(null);
  return library.func(prototype) as unknown as F;
}

/* eslint-disable-next-line @typescript-eslint/explicit-function-return-type -- the return type is the table itself */
function declare() {
  return {
    // processes
    fork: c<() => number>('int fork()'),
    _exit: c<(status: number) => never>('void _exit(int)'),
    execvp: c<(file: string, argv: (string | null)[]) => number>('int execvp(const char *, const char **)'),
    waitpid: c<(pid: number, status: [number], options: number) => number>('int waitpid(int, _Out_ int *, int)'),
    getpid: c<() => number>('int getpid()'),
    setsid: c<() => number>('int setsid()'),
    kill: c<(pid: number, signal: number) => number>('int kill(int, int)'),
    prctl: c<(option: number, a: number, b: Buffer | null, c: number, d: number) => number>(
      'int prctl(int, unsigned long, void *, unsigned long, unsigned long)'),
    madvise: c<(address: number, length: number, advice: number) => number>('int madvise(uintptr_t, size_t, int)'),
    mmap: c<(address: number, length: number, protection: number, flags: number, fd: number, offset: number) => number>(
      'intptr_t mmap(intptr_t, size_t, int, int, int, long)'),
    munmap: c<(address: number, length: number) => number>('int munmap(intptr_t, size_t)'),
    mprotect: c<(address: number, length: number, protection: number) => number>('int mprotect(intptr_t, size_t, int)'),
    mremap: c<(from: number, length: number, new_length: number, flags: number, to: number) => number>(
      'intptr_t mremap(intptr_t, size_t, size_t, int, intptr_t)'),
    memcpy: c<(to: number, from: number, length: number) => number>('intptr_t memcpy(intptr_t, intptr_t, size_t)'),
    uv_default_loop: c<() => bigint>('void *uv_default_loop()'),
    uv_loop_fork: c<(loop: bigint) => number>('int uv_loop_fork(void *)'),

    // users, groups, root directory
    setresuid: c<(real: number, effective: number, saved: number) => number>('int setresuid(uint32_t, uint32_t, uint32_t)'),
    setresgid: c<(real: number, effective: number, saved: number) => number>('int setresgid(uint32_t, uint32_t, uint32_t)'),
    setgroups: c<(size: number, list: Uint32Array) => number>('int setgroups(size_t, const uint32_t *)'),
    setrlimit: c<(resource: number, limits: BigUint64Array) => number>('int setrlimit(int, const void *)'),
    chdir: c<(path: string) => number>('int chdir(const char *)'),
    chroot: c<(path: string) => number>('int chroot(const char *)'),
    getpwnam: c<(name: string) => bigint | null>('void *getpwnam(const char *)'),
    getgrnam: c<(name: string) => bigint | null>('void *getgrnam(const char *)'),

    // signals
    pthread_sigmask: c<(how: number, set: Buffer, old: null) => number>('int pthread_sigmask(int, const void *, void *)'),
    sigpending: c<(set: Buffer) => number>('int sigpending(void *)'),
    sigaction: c<(signal: number, action: Buffer | null, old: Buffer | null) => number>(
      'int sigaction(int, const void *, void *)'),
    signal: c<(signal: number, disposition: number) => number>('intptr_t signal(int, intptr_t)'),

    // descriptors and sockets
    syscall: c<(number: number, a: number, b: number, c: number) => number>('long syscall(long, long, long, long)'),
    read: c<(fd: number, into: Buffer, size: number) => number>('long read(int, void *, size_t)'),
    write: c<(fd: number, bytes: Buffer, size: number) => number>('long write(int, const void *, size_t)'),
    close: c<(fd: number) => number>('int close(int)'),
    dup2: c<(from: number, to: number) => number>('int dup2(int, int)'),
    fcntl_lock: c<(fd: number, command: number, lock: Buffer) => number>('int fcntl(int, int, void *)'),
    socketpair: c<(domain: number, type: number, protocol: number, ends: Int32Array) => number>(
      'int socketpair(int, int, int, void *)'),
    pipe2: c<(ends: Int32Array, flags: number) => number>('int pipe2(void *, int)'),
    getsockname: c<(fd: number, address: Buffer, size: Uint32Array) => number>('int getsockname(int, void *, uint32_t *)'),
    getpeername: c<(fd: number, address: Buffer, size: Uint32Array) => number>('int getpeername(int, void *, uint32_t *)'),
    fcntl: c<(fd: number, command: number, argument: number) => number>('int fcntl(int, int, long)'),
    socket: c<(domain: number, type: number, protocol: number) => number>('int socket(int, int, int)'),
    setsockopt: c<(fd: number, level: number, name: number, value: Int32Array | BigInt64Array, size: number) => number>(
      'int setsockopt(int, int, int, const void *, uint32_t)'),
    bind: c<(fd: number, address: Buffer, size: number) => number>('int bind(int, const void *, uint32_t)'),
    listen: c<(fd: number, backlog: number) => number>('int listen(int, int)'),
    connect: c<(fd: number, address: Buffer, size: number) => number>('int connect(int, const void *, uint32_t)'),
    accept4: c<(fd: number, address: Buffer, size: Uint32Array, flags: number) => number>(
      'int accept4(int, void *, uint32_t *, int)'),
    poll: c<(fds: Buffer, number: number, timeout: number) => number>('int poll(void *, unsigned long, int)'),

    // the system log
    openlog: c<(ident: Buffer, option: number, facility: number) => void>('void openlog(const void *, int, int)'),
    syslog: c<(priority: number, format: '%s', type: 'const char *', message: string) => void>(
      'void syslog(int, const char *, ...)'),
    strerror: c<(errno: number) => string>('const char *strerror(int)'),
  };
}

/** The table of C functions; see each one's manual page. */
export type Libc = ReturnType<typeof declare>;

/**
 * The C functions this project calls. The table can be written to: a test may wrap one of them.
 *
 * @returns the table, the same one each time
 */
export function libc(): Libc {
  functions ??= process.platform === 'linux' ? declare() : elsewhere();
  return functions;
}

let errno_elsewhere = 0;

/**
 * What the bot needs where there is no Linux: Node's own calls under the C library's names. It can talk in a terminal;
 * whatever else is called says what it would need.
 */
function elsewhere(): Libc {
  const fs = process.getBuiltinModule('node:fs');
  const attempt = (call: () => number): number => {
    try {
      return call();
    } catch (error) {
      errno_elsewhere = error instanceof Error && 'errno' in error ? Math.abs(Number(error.errno)) : 5;
      return -1;
    }
  };
  const portable: Partial<Libc> = {
    getpid: () => process.pid,
    read: (fd, into, size) => attempt(() => fs.readSync(fd, into, 0, size, null)),
    write: (fd, bytes, size) => attempt(() => fs.writeSync(fd, bytes, 0, size)),
    close: (fd) => attempt(() => {
      fs.closeSync(fd);
      return 0;
    }),
  };
  const needs_linux = (name: string) => () => { throw new Error(`${name}: needs Linux`); };
  return new Proxy({}, {
    get: (_, name) => Reflect.get(portable, name) as unknown ?? needs_linux(String(name)),
  }) as Libc; // it answers to every name
}

/** @returns the C library's `errno` as the last call left it */
export function c_errno(): number {
  return process.platform === 'linux' ? load().errno() : errno_elsewhere;
}

/**
 * @param pointer what getpwnam or getgrnam gave
 * @param id which of the two numbers behind the name and the password: 0 (uid of a user, gid of a group) or 1
 * @returns that number
 */
export function id_of(pointer: bigint, id: 0 | 1): number {
  const k = load();
  return k.decode(pointer, 2 * k.sizeof('void *') + 4 * id, 'uint32_t') as number;
}

/**
 * @param bytes a buffer that must outlive the use C makes of the address
 * @returns where it lies in memory
 */
export function address_of(bytes: Buffer): bigint {
  return load().address(bytes);
}

/**
 * Watches a descriptor on Node's event loop (libuv's uv_poll_t).
 *
 * @param fd an open, pollable descriptor
 * @param callback called whenever it is readable, until the handle is closed
 * @returns the handle; it keeps the loop alive
 */
export function readable(fd: number, callback: () => void): Poll {
  const { poll } = load().node;
  if (Number.parseInt(process.versions.node) < 26) return poll(fd, { readable: true }, callback);
  // koffi calls from libuv straight into JavaScript, and from 26 on Node does not look afterwards for promises that were
  // kept. After an immediate it does. Older ones are spared that: it costs parent and child 70 page faults.
  let watched = true;
  const told = (): void => { if (watched) callback(); };
  const watch = poll(fd, { readable: true }, () => setImmediate(told));
  return {
    close: () => {
      watched = false;
      watch.close();
    },
  };
}

/**
 * @param path where a local socket is bound; one that begins with `@` is in the abstract name space, not in a folder
 * @returns its address as the C library's sockaddr_un, as long as the path makes it
 */
export function sockaddr_un(path: string): Buffer {
  const AF_UNIX = 1;
  const abstract = path.startsWith('@');
  const address = Buffer.alloc(2 + path.length + (abstract ? 0 : 1));
  new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_UNIX;
  address.write(abstract ? `\0${path.slice(1)}` : path, 2);
  return address;
}
