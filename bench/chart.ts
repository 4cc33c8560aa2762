/**
 * Charts for the docs, as SVG that follows the reader's light or dark colours.
 */

const COLOURS = ['#2f6fbf', '#7aa6dc', '#b9cfec'];
const STYLE = '<style>text{font:12px sans-serif;fill:#333}.t{font-weight:bold}.g{stroke:#8888;fill:none}'
  + '@media(prefers-color-scheme:dark){text{fill:#ddd}}</style>';

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const figure = (value: number): string => value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en');

function svg(width: number, height: number, label: string, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(label)}">`
    + `${STYLE}<text class="t" x="0" y="14">${escape(label)}</text>${body}</svg>\n`;
}

/**
 * Horizontal bars, a group a row. Their lengths are logarithmic, since the longest is a hundred times the shortest.
 *
 * @param title what is measured
 * @param series a name for each bar of a group
 * @param rows the groups
 * @returns the SVG
 */
export function bars(title: string, series: readonly string[], rows: readonly { name: string; values: number[] }[]): string {
  const [left, width, bar] = [230, 420, 11];
  const most = Math.max(...rows.flatMap(({ values }) => values));
  const long = (value: number): number => Math.max(1, width * Math.log10(1 + value) / Math.log10(1 + most));
  let y = 28;
  let body = series.map((name, i) => `<rect x="${left + 110 * i}" y="20" width="10" height="10" fill="${COLOURS[i] ?? ''}"/>`
    + `<text x="${left + 14 + 110 * i}" y="29">${escape(name)}</text>`).join('');
  for (const { name, values } of rows) {
    y += 14;
    body += `<text x="0" y="${y + bar * values.length / 2 + 4}">${escape(name)}</text>`;
    for (const [i, value] of values.entries()) {
      body += `<rect x="${left}" y="${y}" width="${long(value).toFixed(1)}" height="${bar - 1}" fill="${COLOURS[i] ?? ''}"/>`
        + `<text x="${(left + long(value) + 4).toFixed(1)}" y="${y + bar - 2}" font-size="10">${figure(value)}</text>`;
      y += bar;
    }
  }
  return svg(left + width + 60, y + 10, title, body);
}

/** A curve. */
export interface Curve {
  name: string;
  points: [x: number, y: number][];
}

/**
 * Curves through measured points, both axes logarithmic.
 *
 * @param title what is measured
 * @param across what the points stand for
 * @param lines the curves
 * @returns the SVG
 */
export function curves(title: string, across: string, lines: readonly Curve[]): string {
  const [left, top, width, height] = [60, 34, 520, 220];
  const all = lines.flatMap(({ points }) => points);
  const scale = (values: number[], from: number, to: number): ((value: number) => number) => {
    const [low, high] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values) * 1.05)];
    return (value) => from + (to - from) * (Math.log10(value) - low) / (high - low || 1);
  };
  const x = scale(all.map(([x]) => x), left, left + width);
  const y = scale(all.map(([, y]) => y), top + height, top + 8);
  const ticks = [...new Set(lines[0]?.points.map(([x]) => x))];
  let body = `<path class="g" d="M${left} ${top}V${top + height}H${left + width}"/>`
    + ticks.map((value) => `<text x="${x(value)}" y="${top + height + 16}" text-anchor="middle">${figure(value)}</text>`)
      .join('')
      + `<text x="${left + width / 2}" y="${top + height + 34}" text-anchor="middle">${escape(across)}</text>`;
  for (const [i, { name, points }] of lines.entries()) {
    const path = points.map(([px, py]) => `${x(px).toFixed(1)} ${y(py).toFixed(1)}`).join('L');
    const [, last = 1] = points.at(-1) ?? [];
    body += `<path d="M${path}" fill="none" stroke="${COLOURS[i] ?? '#000'}" stroke-width="2"/>`
      + points.map(([px, py]) => `<text x="${x(px)}" y="${y(py) - 6}" text-anchor="middle">${figure(py)}</text>`)
        .join('')
        + `<text x="${left + width + 8}" y="${y(last) + 4}">${escape(name)}</text>`;
  }
  return svg(left + width + 150, top + height + 44, title, body);
}
