/**
 * t/47 with what a developer types, which takes the compiler and the linter.
 *
 * A student learns that a command on a page is a promise too, however long it takes.
 */
process.env['ELIZA_LONG'] = '1';
await import('../47-commands.t.ts');
