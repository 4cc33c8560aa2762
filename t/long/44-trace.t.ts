/**
 * t/44 with more widths.
 *
 * A student learns that what is broken at one width need not be at another.
 */
process.env['ELIZA_LONG'] = '1';
await import('../44-trace.t.ts');
