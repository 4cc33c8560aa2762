/**
 * version: `use v20.19`, by which a Perl program says what it needs of the interpreter before anything else of it runs.
 *
 * The programs import this file first, and it imports nothing: whatever else they load may need a newer Node than there is,
 * and would end in an error that does not say so. The range is that of `engines` in package.json.
 *
 * @module
 */
/** What is needed, in words. */
export const needed = 'Node 20.19 or later of the 20s, or 22.3 or later';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number); // Bun and Deno give the one they stand for

if (!(major === 20 ? minor >= 19 : major === 22 ? minor >= 3 : major > 22)) {
  const program = process.argv[1]?.replace(/.*\//, '') ?? 'node';
  process.stderr.write(`${program}: needs ${needed}: this is ${process.versions.node}\n`);
  process.exit(255);
}
