/**
 * The C library, for what Perl does in C and Node cannot do: fork, setresuid, chroot, sigprocmask, recvmsg …
 *
 * This is the one file that knows koffi, so that another FFI (`node:ffi`, one day) can take its place. The
 * library is opened at the first call, not at import: the bot and the docs load this file where there is no libc.
 *
 * @module
 */
import type koffi_module from 'koffi';

type Koffi = typeof koffi_module;

/**
 * C's constants, under their names there. The values are Linux's on x64 and arm64, which agree on all of these; the
 * numbers of system calls, on which they differ, are in Linux/Seccomp.ts.
 */
export const C = {
  // fcntl(2), pipe2(2)
  F_SETFD: 2, F_SETFL: 4, F_DUPFD_CLOEXEC: 1030, F_OFD_GETLK: 36, F_OFD_SETLK: 37, F_WRLCK: 1,
  FD_CLOEXEC: 1, O_CLOEXEC: 0o2000000,
  // socket(2), socket(7), unix(7)
  AF_UNIX: 1, AF_INET: 2, AF_INET6: 10, SOCK_STREAM: 1, SOCK_DGRAM: 2, SOCK_SEQPACKET: 5, SOCK_NONBLOCK: 0o4000,
  SOCK_CLOEXEC: 0o2000000, SOL_SOCKET: 1, SO_REUSEADDR: 2, SO_TYPE: 3, SO_SNDBUF: 7, SO_OOBINLINE: 10, SO_PASSCRED: 16,
  SO_RCVTIMEO: 20, SO_SNDTIMEO: 21, SO_ACCEPTCONN: 30, SHUT_WR: 1,
  // sendto(2), recvmsg(2), poll(2)
  MSG_DONTWAIT: 0x40, MSG_NOSIGNAL: 0x4000, SCM_CREDENTIALS: 2, POLLOUT: 4,
  // madvise(2), mmap(2), mremap(2)
  MADV_DONTNEED: 4, MADV_FREE: 8, MADV_DONTFORK: 10, MADV_HUGEPAGE: 14, MADV_COLLAPSE: 25,
  PROT_NONE: 0, PROT_READ: 1, PROT_WRITE: 2, PROT_EXEC: 4,
  MAP_PRIVATE: 0x02, MAP_DROPPABLE: 0x08, MAP_FIXED: 0x10, MAP_ANONYMOUS: 0x20, MAP_NORESERVE: 0x4000, MAP_STACK: 0x20000,
  MAP_FIXED_NOREPLACE: 0x100000, MREMAP_MAYMOVE: 1, MREMAP_FIXED: 2,
  // eventfd(2)
  EFD_NONBLOCK: 0o4000,
  // futex(2), with FUTEX_PRIVATE_FLAG
  FUTEX_WAIT: 128, FUTEX_WAKE: 129, FUTEX_WAIT_BITSET: 137, FUTEX_CLOCK_REALTIME: 256,
  // prctl(2), seccomp(2)
  PR_SET_VMA: 0x53564d41, PR_SET_SECCOMP: 22, PR_SET_NO_NEW_PRIVS: 38, SECCOMP_MODE_FILTER: 2,
  // setrlimit(2)
  RLIMIT_CPU: 0, RLIMIT_FSIZE: 1, RLIMIT_DATA: 2, RLIMIT_CORE: 4, RLIMIT_NPROC: 6, RLIMIT_NOFILE: 7,
  // signal(2)
  SIG_DFL: 0, SIG_IGN: 1,
  // accept(2): two errors that Node has no name for
  ENONET: 64, EHOSTDOWN: 112,
} as const;

/** C's structs: what their members are called, and of which type they are. Of passwd and group, the beginning. */
const structs = {
  flock: { l_type: 'int16_t', l_whence: 'int16_t', l_start: 'int64_t', l_len: 'int64_t', l_pid: 'int32_t' },
  group: { gr_name: 'char *', gr_passwd: 'void *', gr_gid: 'uint32_t' },
  iovec: { iov_base: 'uint8_t *', iov_len: 'size_t' },
  msghdr: {
    msg_name: 'void *', msg_namelen: 'uint32_t', msg_iov: 'iovec *', msg_iovlen: 'size_t', msg_control: 'uint8_t *',
    msg_controllen: 'size_t', msg_flags: 'int',
  },
  passwd: { pw_name: 'void *', pw_passwd: 'void *', pw_uid: 'uint32_t', pw_gid: 'uint32_t' },
  pollfd: { fd: 'int', events: 'int16_t', revents: 'int16_t' },
  rlimit: { rlim_cur: 'uint64_t', rlim_max: 'uint64_t' },
  sockaddr_in: { sin_family: 'uint16_t', sin_port: 'uint16_be_t', sin_addr: 'uint8_t [4]', sin_zero: 'uint8_t [8]' },
  sockaddr_un: { sun_family: 'uint16_t', sun_path: 'uint8_t [108]' },
  sock_filter: { code: 'uint16_t', jt: 'uint8_t', jf: 'uint8_t', k: 'uint32_t' },
  sock_fprog: { len: 'uint16_t', filter: 'sock_filter *' },
  timespec: { tv_sec: 'int64_t', tv_nsec: 'int64_t' },
  timeval: { tv_sec: 'int64_t', tv_usec: 'int64_t' },
};

/** struct flock. A length of 0 is the whole file. */
export type Flock = Record<keyof typeof structs.flock, number>;

/** One instruction of a seccomp filter: struct sock_filter. */
export type Instruction = Record<keyof typeof structs.sock_filter, number>;

/** A watch on a descriptor: see {@link readable}. */
export interface Poll {
  /** Ends the watch; the descriptor may be closed afterwards. */
  close(): void;
  /** From now on the watch does not by itself keep the event loop alive. */
  unref(): void;
}

let koffi: Koffi | undefined;
let library: ReturnType<Koffi['load']> | undefined;
let functions: Libc | undefined;

/** Opens koffi, once, through `require`, so that importing this file needs neither Node nor koffi. */
function load(): Koffi {
  if (koffi) return koffi;
  koffi = process.getBuiltinModule('node:module').createRequire(import.meta.url)('koffi') as Koffi;
  for (const [name, members] of Object.entries(structs)) koffi.struct(name, members);
  return koffi;
}

/** @returns a struct of C with these members, in memory of its own */
function encode(struct: keyof typeof structs, members: object): Buffer {
  const bytes = Buffer.alloc(load().sizeof(struct));
  load().encode(bytes, struct, members);
  return bytes;
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
    nanosleep: c<(time: { tv_sec: number; tv_nsec: number }, left: null) => number>(
      'int nanosleep(const timespec *, void *)'),
    uv_default_loop: c<() => bigint>('void *uv_default_loop()'),
    uv_loop_fork: c<(loop: bigint) => number>('int uv_loop_fork(void *)'),

    // users, groups, root directory
    setresuid: c<(real: number, effective: number, saved: number) => number>('int setresuid(uint32_t, uint32_t, uint32_t)'),
    setresgid: c<(real: number, effective: number, saved: number) => number>('int setresgid(uint32_t, uint32_t, uint32_t)'),
    setgroups: c<(size: number, list: Uint32Array) => number>('int setgroups(size_t, const uint32_t *)'),
    setrlimit: c<(resource: number, limits: Record<keyof typeof structs.rlimit, number>) => number>(
      'int setrlimit(int, const rlimit *)'),
    getrlimit: c<(resource: number, limits: Record<keyof typeof structs.rlimit, number>) => number>(
      'int getrlimit(int, _Out_ rlimit *)'),
    chdir: c<(path: string) => number>('int chdir(const char *)'),
    chroot: c<(path: string) => number>('int chroot(const char *)'),
    getpwnam: c<(name: string) => bigint | null>('void *getpwnam(const char *)'),
    getgrnam: c<(name: string) => bigint | null>('void *getgrnam(const char *)'),
    getgrgid: c<(gid: number) => bigint | null>('void *getgrgid(uint32_t)'),

    // signals
    pthread_sigmask: c<(how: number, set: Buffer, old: null) => number>('int pthread_sigmask(int, const void *, void *)'),
    srand48: c<(seed: number) => void>('void srand48(long)'),
    seed48: c<(seed: Uint16Array) => bigint>('void *seed48(const void *)'),
    sigaction: c<(signal: number, action: Buffer | null, old: Buffer | null) => number>(
      'int sigaction(int, const void *, void *)'),
    signal: c<(signal: number, disposition: number) => number>('intptr_t signal(int, intptr_t)'),

    // descriptors and sockets
    syscall: c<(number: number, a: number, b: number, c: number) => number>('long syscall(long, long, long, long)'),
    read: c<(fd: number, into: Buffer, size: number) => number>('long read(int, void *, size_t)'),
    write: c<(fd: number, bytes: Buffer, size: number) => number>('long write(int, const void *, size_t)'),
    close: c<(fd: number) => number>('int close(int)'),
    eventfd: c<(count: number, flags: number) => number>('int eventfd(unsigned int, int)'),
    dup2: c<(from: number, to: number) => number>('int dup2(int, int)'),
    fcntl_lock: c<(fd: number, command: number, lock: Flock) => number>('int fcntl(int, int, _Inout_ flock *)'),
    socketpair: c<(domain: number, type: number, protocol: number, ends: Int32Array) => number>(
      'int socketpair(int, int, int, void *)'),
    pipe2: c<(ends: Int32Array, flags: number) => number>('int pipe2(void *, int)'),
    getsockname: c<(fd: number, address: { sin_family: number; sin_port: number }, size: [number]) => number>(
      'int getsockname(int, _Out_ sockaddr_in *, _Inout_ uint32_t *)'),
    fcntl: c<(fd: number, command: number, argument: number) => number>('int fcntl(int, int, long)'),
    socket: c<(domain: number, type: number, protocol: number) => number>('int socket(int, int, int)'),
    getsockopt: c<(fd: number, level: number, name: number, value: [number], size: [4]) => number>(
      'int getsockopt(int, int, int, _Out_ int *, _Inout_ uint32_t *)'),
    setsockopt: c<(fd: number, level: number, name: number, value: Int32Array, size: 4) => number>(
      'int setsockopt(int, int, int, const void *, uint32_t)'),
    setsockopt_timeval: c<(fd: number, level: number, name: number, value: { tv_sec: number; tv_usec: number }, size: 16) =>
    number>('int setsockopt(int, int, int, const timeval *, uint32_t)'),
    bind: c<(fd: number, address: Buffer, size: number) => number>('int bind(int, const void *, uint32_t)'),
    shutdown: c<(fd: number, how: number) => number>('int shutdown(int, int)'),
    listen: c<(fd: number, backlog: number) => number>('int listen(int, int)'),
    connect: c<(fd: number, address: Buffer, size: number) => number>('int connect(int, const void *, uint32_t)'),
    accept4: c<(fd: number, address: Buffer, size: Uint32Array, flags: number) => number>(
      'int accept4(int, void *, uint32_t *, int)'),
    sendto: c<(fd: number, bytes: Buffer, size: number, flags: number, to: Buffer | null, length: number) => number>(
      'long sendto(int, const void *, size_t, int, const void *, uint32_t)'),
    recvmsg: c<(fd: number, message: Buffer, flags: number) => number>('long recvmsg(int, void *, int)'),
    poll: c<(fds: Buffer, number: number, timeout: number) => number>('int poll(void *, unsigned long, int)'),

    strerror: c<(errno: number) => string>('const char *strerror(int)'),
  };
}

/** The table of C functions; see each one's manual page. */
export type Libc = ReturnType<typeof declare>;

/** @returns which program runs this one: Bun and Deno have no libuv to fork; the bot does without the C library there */
export function interpreter(): 'Node' | 'Bun' | 'Deno' {
  const { bun, deno } = process.versions;
  return bun !== undefined ? 'Bun' : deno !== undefined ? 'Deno' : 'Node';
}

/** Whether there is a C library that we can call. */
function has_libc(): boolean {
  return process.platform === 'linux' && interpreter() === 'Node';
}

/**
 * The C functions this project calls. The table can be written to: a test may wrap one of them.
 *
 * @returns the table, the same one each time
 */
export function libc(): Libc {
  functions ??= has_libc() ? declare() : elsewhere();
  return functions;
}

/** @returns the number that srand48(3) was given last, which is 0 from now on */
export function swap_seed(): number {
  const SIGN = 0x330e; // of srand48: the number is in the other two thirds
  const [, low = 0, high = 0] = load().decode(libc().seed48(Uint16Array.of(SIGN, 0, 0)), 'uint16_t', 3) as Uint16Array;
  return high * 0x10000 + low;
}

/**
 * @param name a function of the C library
 * @returns where it is, for C to call it
 */
export function address_of(name: keyof Libc): bigint {
  library ??= load().load(null);
  return library.symbol(name) as bigint;
}

let errno_elsewhere = 0;

/**
 * What the bot needs where there is no Linux, or another interpreter: Node's own calls under the C library's names. It can
 * talk in a terminal; whatever else is called says what it would need.
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
    strerror: (errno) => {
      const [, message = `error ${errno}`] = process.getBuiltinModule('node:util').getSystemErrorMap().get(-errno) ?? [];
      return message.charAt(0).toUpperCase() + message.slice(1);
    },
  };
  const needs_linux = (name: string) => () => { throw new Error(`${name}: needs Linux and Node`); };
  return new Proxy({}, {
    get: (_, name) => Reflect.get(portable, name) as unknown ?? needs_linux(String(name)),
  }) as Libc; // it answers to every name
}

/** @returns the C library's `errno` as the last call left it */
export function c_errno(): number {
  return has_libc() ? load().errno() : errno_elsewhere;
}

/**
 * Stands still, event loop and handlers too, as Time::HiRes's usleep does. It is not Atomics.wait: V8 may look in /sys how
 * many processors there are, for the first that waits, and a confined child may not.
 *
 * @param microseconds how long; a signal may end it before
 */
export function usleep(microseconds: number): void {
  const tv_sec = Math.floor(microseconds / 1e6);
  libc().nanosleep({ tv_sec, tv_nsec: Math.floor(1000 * (microseconds - 1e6 * tv_sec)) }, null);
}

/**
 * @param entry what getpwnam gave: it must be read before the next call of getpwnam
 * @returns the user's ids
 */
export function passwd(entry: bigint): { pw_uid: number; pw_gid: number } {
  return load().decode(entry, 'passwd') as { pw_uid: number; pw_gid: number };
}

/**
 * @param entry what getgrnam or getgrgid gave: it must be read before the next call of either
 * @returns the group's name and id
 */
export function group(entry: bigint): { gr_name: string; gr_gid: number } {
  return load().decode(entry, 'group') as { gr_name: string; gr_gid: number };
}

/**
 * @param program a seccomp filter's instructions
 * @returns the filter as prctl takes it, and the code that it points to, which must live as long
 */
export function sock_fprog(program: readonly Instruction[]): { sock_fprog: Buffer; code: Buffer } {
  const code = Buffer.concat(program.map((instruction) => encode('sock_filter', instruction)));
  return { sock_fprog: encode('sock_fprog', { len: program.length, filter: code }), code };
}

/**
 * @param port a TCP port
 * @returns the C library's sockaddr_in for that port at every address of this machine
 */
export function sockaddr_in(port: number): Buffer {
  return encode('sockaddr_in', { sin_family: C.AF_INET, sin_port: port });
}

/**
 * @param path where a local socket is bound; one that begins with `@` is in the abstract name space, not in a folder
 * @returns its address as the C library's sockaddr_un, as long as the path makes it
 */
export function sockaddr_un(path: string): Buffer {
  const abstract = path.startsWith('@');
  const sun_path = Buffer.from(abstract ? `\0${path.slice(1)}` : `${path}\0`);
  return encode('sockaddr_un', { sun_family: C.AF_UNIX, sun_path }).subarray(0, 2 + sun_path.length);
}

/**
 * @param fd a descriptor
 * @param events what to ask of it: C.POLLOUT
 * @returns the one pollfd that poll takes
 */
export function pollfd(fd: number, events: number): Buffer {
  return encode('pollfd', { fd, events, revents: 0 });
}

/** A message to be received, with the kernel's word on whose it is, on a socket that has SO_PASSCRED. */
export class Message {
  /** The bytes. */
  readonly bytes: Buffer;
  readonly #control = Buffer.alloc(32); // CMSG_SPACE(sizeof(struct ucred)): there is no room for descriptors
  readonly #iovec: Buffer; // C points to it: it must live as long
  readonly #before: Buffer;
  readonly #header: Buffer;

  /**
   * Room for one.
   *
   * @param size how many bytes there is room for; of a longer message the rest is dropped
   */
  constructor(size: number) {
    this.bytes = Buffer.alloc(size);
    this.#iovec = encode('iovec', { iov_base: this.bytes, iov_len: size });
    this.#before = encode('msghdr', {
      msg_name: null, msg_namelen: 0, msg_iov: this.#iovec, msg_iovlen: 1,
      msg_control: this.#control, msg_controllen: this.#control.length, msg_flags: 0,
    });
    this.#header = Buffer.alloc(this.#before.length);
  }

  /**
   * recvmsg(2), without waiting.
   *
   * @param fd the socket
   * @returns how many bytes there are now, -1 where no message has come
   */
  receive(fd: number): number {
    this.#before.copy(this.#header); // the kernel has written into it
    this.#control.fill(0);
    return libc().recvmsg(fd, this.#header, C.MSG_DONTWAIT);
  }

  /** @returns the pid of the process that sent it; 0 where the kernel does not say */
  get pid(): number {
    // struct cmsghdr has its level at 8 and its type at 12; at 16 follows struct ucred, which begins with the pid.
    const [level, type, pid] = [8, 12, 16].map((at) => this.#control.readInt32LE(at));
    return level === C.SOL_SOCKET && type === C.SCM_CREDENTIALS ? pid ?? 0 : 0;
  }
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
  // koffi calls from libuv straight into JavaScript. From 26 on Node does not run, after such a call, what waits for the
  // promises that it has resolved; after an immediate it does. Older versions need none, and it costs 70 page faults.
  let watched = true;
  const told = (): void => { if (watched) callback(); };
  const watch = poll(fd, { readable: true }, () => setImmediate(told));
  return {
    close: () => {
      watched = false;
      watch.close();
    },
    unref: () => { watch.unref(); },
  };
}
