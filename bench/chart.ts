/**
 * Charts for the docs, as SVG that follows the reader's light or dark colours. Both kinds are logarithmic and say so, since the
 * greatest of their figures is a hundred times the least.
 */

const COLOURS = ['#2f6fbf', '#c4762b', '#7a9a3a', '#8a63b8'];
const STYLE = '<style>text{font:12px sans-serif;fill:#333}.t{font-weight:bold}.s{font-size:10px}'
  + '.b{fill:#fff}.g{stroke:#8884;fill:none}'
  + '.h{stroke:#fff;stroke-width:4;paint-order:stroke}'
  + '@media(prefers-color-scheme:dark){text{fill:#ddd}.b{fill:#0d1117}.h{stroke:#0d1117}}</style>';

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const figure = (value: number): string =>
  value < 10 && !Number.isInteger(value) ? value.toFixed(1) : Math.round(value).toLocaleString('en');

function svg(width: number, height: number, label: string, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(label)}">`
    + `${STYLE}<rect class="b" width="${width}" height="${height}"/>`
    + `<text class="t" x="4" y="14">${escape(label)}</text>${body}</svg>\n`;
}

/** The powers of ten from one value to another. */
function decades(from: number, to: number): number[] {
  const first = Math.ceil(Math.log10(from));
  return Array.from({ length: Math.max(Math.floor(Math.log10(to)) - first + 1, 0) }, (_, i) => 10 ** (first + i));
}

/**
 * Horizontal bars, a group a row.
 *
 * @param title what is measured
 * @param series a name for each bar of a group
 * @param rows the groups
 * @returns the SVG
 */
export function bars(title: string, series: readonly string[], rows: readonly { name: string; values: number[] }[]): string {
  const [left, width, bar] = [234, 420, 11];
  const values = rows.flatMap((row) => row.values);
  const [least, most] = [Math.min(1, ...values), Math.max(...values)];
  const x = (value: number): number => left + width * Math.log10(value / least) / Math.log10(most / least || 10);
  const height = 28 + rows.reduce((sum, row) => sum + 14 + bar * row.values.length, 0);
  let body = series.map((name, i) => `<rect x="${left + 110 * i}" y="20" width="10" height="10" fill="${COLOURS[i] ?? ''}"/>`
    + `<text x="${left + 14 + 110 * i}" y="29">${escape(name)}</text>`).join('');
  body += decades(least, most).map((value) => `<path class="g" d="M${x(value).toFixed(1)} 36V${height + 4}"/>`
    + `<text class="s" x="${x(value).toFixed(1)}" y="${height + 16}" text-anchor="middle">${figure(value)}</text>`).join('');
  let y = 28;
  for (const { name, values } of rows) {
    y += 14;
    body += `<text x="4" y="${y + bar * values.length / 2 + 4}">${escape(name)}</text>`;
    for (const [i, value] of values.entries()) {
      const end = Math.max(x(value), left + 1);
      body += `<rect x="${left}" y="${y}" width="${(end - left).toFixed(1)}" height="${bar - 1}" fill="${COLOURS[i] ?? ''}"/>`
        + `<text class="s h" x="${(end + 4).toFixed(1)}" y="${y + bar - 2}">${figure(value)}</text>`;
      y += bar;
    }
  }
  return svg(left + width + 60, height + 22, `${title} (logarithmic)`, body);
}

/** A curve. */
export interface Curve {
  name: string;
  points: [x: number, y: number][];
}

/** Moves labels that stand too close apart, downwards, in the order of their heights. */
function apart(heights: readonly number[], gap: number): number[] {
  const order = heights.map((height, i) => ({ height, i })).sort((a, b) => a.height - b.height);
  const placed: number[] = [];
  let last = -Infinity;
  for (const { height, i } of order) {
    last = Math.max(height, last + gap);
    placed[i] = last;
  }
  return placed;
}

/**
 * Two curves through measured points. Of two points at the same place the upper one has its figure above it, the lower one
 * below.
 *
 * @param title what is measured
 * @param across what the points stand for
 * @param lines the curves
 * @returns the SVG
 */
export function curves(title: string, across: string, lines: readonly Curve[]): string {
  const [left, top, width, height] = [60, 40, 520, 230];
  const all = lines.flatMap(({ points }) => points);
  const scale = (values: number[], from: number, to: number): ((value: number) => number) => {
    const [low, high] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))];
    return (value) => from + (to - from) * (Math.log10(value) - low) / (high - low || 1);
  };
  const [xs, ys] = [all.map(([x]) => x), all.map(([, y]) => y)];
  const x = scale(xs, left + 24, left + width - 24);
  const y = scale(ys, top + height - 22, top + 16);
  let body = `<path class="g" d="M${left} ${top}V${top + height}H${left + width}"/>`
    + decades(Math.min(...ys), Math.max(...ys)).map((value) => `<path class="g" d="M${left} ${y(value).toFixed(1)}h${width}"/>`
      + `<text class="s" x="${left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${figure(value)}</text>`).join('')
    + [...new Set(xs)].map((value) => `<text x="${x(value).toFixed(1)}" y="${top + height + 16}" text-anchor="middle">`
      + `${figure(value)}</text>`).join('')
    + `<text x="${left + width / 2}" y="${top + height + 34}" text-anchor="middle">${escape(across)} (logarithmic)</text>`;
  for (const [i, { points }] of lines.entries()) {
    const path = points.map(([px, py]) => `${x(px).toFixed(1)} ${y(py).toFixed(1)}`).join('L');
    body += `<path d="M${path}" fill="none" stroke="${COLOURS[i] ?? '#000'}" stroke-width="2"/>`;
  }
  for (const { points } of lines) {
    body += points.map(([px, py]) => {
      const upper = all.every(([ox, oy]) => ox !== px || oy <= py);
      return `<text class="s h" x="${x(px).toFixed(1)}" y="${(y(py) + (upper ? -7 : 15)).toFixed(1)}" text-anchor="middle">`
        + `${figure(py)}</text>`;
    }).join('');
  }
  const names = apart(lines.map(({ points }) => y(points.at(-1)?.[1] ?? 1) + 4), 16);
  body += lines.map(({ name }, i) => `<text x="${left + width + 8}" y="${names[i]?.toFixed(1) ?? ''}" style="fill:`
    + `${COLOURS[i] ?? ''}">${escape(name)}</text>`).join('');
  return svg(left + width + 150, top + height + 44, `${title} (logarithmic)`, body);
}
