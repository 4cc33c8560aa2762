/**
 * t/54 with every tool that is interrupted.
 *
 * A student learns that a promise of eight tools is eight promises.
 */
process.env['ELIZA_LONG'] = '1';
await import('../54-tools.t.ts');
