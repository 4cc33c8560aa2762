/**
 * What perl/libc.ts relies on, as the headers and the symbol tables of two C libraries have it: glibc 2.36 and musl 1.2.3,
 * each on x64 and on arm64, which agree wherever nothing else is said.
 *
 * A name that is new in perl/libc.ts is looked up in both, and added here.
 *
 * @module
 */

/** The functions that both have, by name. */
export const functions = [
  '_exit', 'accept4', 'bind', 'chdir', 'chroot', 'close', 'connect', 'dup2', 'eventfd', 'execvp', 'fcntl', 'fork', 'getgrgid',
  'getgrnam', 'getpeername', 'getpid', 'getpwnam', 'getrlimit', 'getsockname', 'getsockopt', 'kill', 'listen', 'madvise',
  'memcpy', 'mmap', 'mprotect', 'mremap', 'munmap', 'nanosleep', 'openlog', 'pipe2', 'poll', 'prctl', 'pthread_sigmask', 'read',
  'recvmsg', 'seed48', 'sendto', 'setgroups', 'setresgid', 'setresuid', 'setrlimit', 'setsid', 'setsockopt', 'shutdown',
  'sigaction', 'signal', 'socket', 'socketpair', 'srand48', 'strerror', 'syscall', 'syslog', 'waitpid', 'write',
];

/** The functions of libuv, which is in Node or beside it, and the same whatever the C library is. */
export const libuv = ['uv_default_loop', 'uv_loop_fork'];

/** A struct: its size, and where its members begin and how long they are, in bytes. */
export interface Layout {
  size: number;
  members: Record<string, [offset: number, size: number]>;
}

/** The structs that both have, laid out alike. Of passwd and group, whose beginning we read, the size is that of the whole. */
export const structs: Record<string, Layout> = {
  flock: { size: 32, members: { l_type: [0, 2], l_whence: [2, 2], l_start: [8, 8], l_len: [16, 8], l_pid: [24, 4] } },
  group: { size: 32, members: { gr_name: [0, 8], gr_passwd: [8, 8], gr_gid: [16, 4] } },
  iovec: { size: 16, members: { iov_base: [0, 8], iov_len: [8, 8] } },
  // musl, as POSIX, has an int and a socklen_t where glibc has two size_t; the other halves are padding, which must be 0.
  msghdr: {
    size: 56, members: {
      msg_name: [0, 8], msg_namelen: [8, 4], msg_iov: [16, 8], msg_iovlen: [24, 8], msg_control: [32, 8],
      msg_controllen: [40, 8], msg_flags: [48, 4],
    },
  },
  passwd: { size: 48, members: { pw_name: [0, 8], pw_passwd: [8, 8], pw_uid: [16, 4], pw_gid: [20, 4] } },
  pollfd: { size: 8, members: { fd: [0, 4], events: [4, 2], revents: [6, 2] } },
  rlimit: { size: 16, members: { rlim_cur: [0, 8], rlim_max: [8, 8] } },
  sock_filter: { size: 8, members: { code: [0, 2], jt: [2, 1], jf: [3, 1], k: [4, 4] } },
  sock_fprog: { size: 16, members: { len: [0, 2], filter: [8, 8] } },
  sockaddr_in: { size: 16, members: { sin_family: [0, 2], sin_port: [2, 2], sin_addr: [4, 4], sin_zero: [8, 8] } },
  sockaddr_un: { size: 110, members: { sun_family: [0, 2], sun_path: [2, 108] } },
  timespec: { size: 16, members: { tv_sec: [0, 8], tv_nsec: [8, 8] } },
  timeval: { size: 16, members: { tv_sec: [0, 8], tv_usec: [8, 8] } },
};

/** What the program keeps room for without looking into it: how many bytes it has in either. */
export const opaque = { sigset_t: 128, sigaction: 152 };
