/**
 * What is always wrong in a reply in Spanish.
 */
import type { Fault } from './wrong-replies.ts';

/** The faults of this language. */
export const FAULTS: readonly Fault[] = [];
