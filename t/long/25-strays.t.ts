/**
 * t/25 with every error that accept(2) tells a server to try again after.
 *
 * A student learns that a list in a manual page is a list of tests.
 */
process.env['ELIZA_LONG'] = '1';
await import('../25-strays.t.ts');
