/**
 * The C library: what perl/libc.ts says of it holds for glibc, which most systems have, and for musl, which Alpine has.
 *
 * A student learns that to call C without a compiler is to promise what a compiler would have checked: each name, and where
 * each member of a struct lies.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import t from 'tap';
import { C, libc } from '../perl/libc.ts';
import { root } from './harness.ts';
import { functions, libuv, opaque, structs } from './libcs.ts';

const source = readFileSync(join(root, 'perl', 'libc.ts'), 'utf8');
/** The functions whose prototypes perl/libc.ts has. */
const used = [...new Set([...source.matchAll(/'[a-z][\w *]*[ *](\w+)\([^']*\)'/g)].map(([, name = '']) => name))];

void t.test('each function is in both C libraries, or in libuv', (t) => {
  t.ok(used.length > 40, `there are prototypes: ${used.length}`);
  t.same(used.filter((name) => !functions.includes(name) && !libuv.includes(name)), [],
    'none is missing in t/libcs.ts, where a new one is added once it has been looked up');
  t.end();
});

/** The names that an ELF file of 64 bits defines for others. */
function defined(file: string): Set<string> {
  const elf = readFileSync(file);
  const u64 = (at: number): number => Number(elf.readBigUInt64LE(at));
  const [sections, size, count] = [u64(40), elf.readUInt16LE(58), elf.readUInt16LE(60)];
  const section = (index: number): { type: number; at: number; length: number; link: number } => {
    const at = sections + index * size;
    return { type: elf.readUInt32LE(at + 4), at: u64(at + 24), length: u64(at + 32), link: elf.readUInt32LE(at + 40) };
  };
  const dynamic = Array.from({ length: count }, (_, i) => section(i)).find(({ type }) => type === 11); // SHT_DYNSYM
  const names = new Set<string>();
  if (!dynamic) return names;
  const strings = section(dynamic.link).at;
  for (let at = dynamic.at; at < dynamic.at + dynamic.length; at += 24) {
    const name = strings + elf.readUInt32LE(at);
    if (elf.readUInt16LE(at + 6) !== 0) names.add(elf.toString('latin1', name, elf.indexOf(0, name)));
  }
  return names;
}

const here = /\/\S*\/libc\.so\.6$/m.exec(readFileSync('/proc/self/maps', 'utf8'))?.[0];
const musl = readdirSync('/lib').filter((name) => /^ld-musl-.*\.so\.1$/.test(name)).map((name) => join('/lib', name));
for (const [name, files] of [['glibc', here === undefined ? [] : [here]], ['musl', musl]] as const) {
  void t.test(`the symbols of ${name}`, { skip: files.length > 0 ? false : `${name} is not installed` }, (t) => {
    for (const file of files) {
      const names = defined(file);
      t.same(used.filter((function_) => !libuv.includes(function_) && !names.has(function_)), [], `${file} has each`);
    }
    t.end();
  });
}

const include = '/usr/include/x86_64-linux-musl';
void t.test('the constants of musl', { skip: existsSync(include) ? false : 'musl-dev is not installed' }, (t) => {
  const headers = readdirSync(include, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.h'));
  const text = headers.map((name) => readFileSync(join(include, name), 'utf8')).join('\n');
  for (const [name, value] of Object.entries(C)) {
    const cast = String.raw`\(?(?:\(void \(\*\)\(int\)\))?`; // SIG_DFL has one
    const all = [...text.matchAll(new RegExp(String.raw`^\s*#\s*define\s+${name}\s+${cast}\s*(\w+)`, 'gm'))];
    const values = all.map(([, word = '']) => Number(/^0\d/.test(word) ? `0o${word}` : word)).filter((n) => !Number.isNaN(n));
    // What only the kernel's headers define is the kernel's, and the same under either library.
    if (values.length > 0) t.ok(values.includes(value), `${name} is ${value}: ${values.join(' or ')}`);
  }
  t.end();
});

void t.test('each struct is laid out as in both', (t) => {
  libc(); // makes the types known to koffi
  const [, block = ''] = /^const structs = \{\n(.*?)^\};$/ms.exec(source) ?? [];
  const names = [...block.matchAll(/^ {2}(\w+): \{/gm)].map(([, name = '']) => name);
  t.ok(names.length > 8, `there are structs: ${names.join(', ')}`);
  for (const name of names) {
    const wanted = structs[name];
    if (!wanted) {
      t.fail(`${name} is missing in t/libcs.ts, where a new one is added once it has been looked up in both`);
      continue;
    }
    for (const member of Object.values(koffi.type(name).members ?? {})) {
      t.same([member.offset, member.type.size], wanted.members[member.name], `${name}.${member.name}: where, and how long`);
    }
    t.ok(koffi.sizeof(name) <= wanted.size, `${name} is not longer than there`);
    const beginning = name === 'passwd' || name === 'group';
    if (!beginning) t.equal(koffi.sizeof(name), wanted.size, `${name} has its size`);
  }
  t.end();
});

void t.test('there is room for what is not looked into', (t) => {
  const perlipc = readFileSync(join(root, 'perl', 'perlipc.ts'), 'utf8');
  const rooms = [...perlipc.matchAll(/Buffer\.alloc\((\d+)\)/g)].map(([, bytes]) => Number(bytes));
  t.ok(rooms.every((bytes) => bytes >= opaque.sigset_t), 'a sigset_t fits into each buffer of perl/perlipc.ts');
  t.ok(rooms.some((bytes) => bytes >= opaque.sigaction), 'and a struct sigaction into those for it');
  t.end();
});
