/**
 * Figures about many measurements.
 *
 * @module
 */

/**
 * The value below which a part of them lies.
 *
 * @param values in any order
 * @param part from 0 to 1: 0.5 for the median
 * @returns the value; NaN where there is none
 */
export function quantile(values: readonly number[], part: number): number {
  return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? NaN;
}
