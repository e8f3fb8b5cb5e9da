/** Bar charts as SVG text: a group for each load, a bar for each engine, each with its figure beside it. */

export type Bar = { readonly label: string; readonly value: number | null; readonly text: string; readonly color: string };
export type Group = { readonly title: string; readonly bars: readonly Bar[] };
export type Chart = { readonly title: string; readonly note: string; readonly groups: readonly Group[] };

const WIDTH = 860;
const LEFT = 200;
const RIGHT = 110;
const BAR = 20;
const ROW = 26;
const HEAD = 62;
const GROUP_HEAD = 34;

/** Bars of a group share a scale that begins at zero, and the longest fills the width. */
export function drawChart({ title, note, groups }: Chart): string {
  let y = HEAD;
  const parts: string[] = [];
  for (const group of groups) {
    parts.push(label({ x: 16, y: y + 20, text: group.title, attributes: `font-weight="600"` }));
    y += GROUP_HEAD;
    const longest = Math.max(...group.bars.map(({ value }) => value ?? 0));
    for (const bar of group.bars) {
      parts.push(drawBar(bar, y, longest));
      y += ROW;
    }
  }
  const height = y + 16;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="13" fill="#1f2328">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" rx="6" fill="#ffffff"/>`,
    label({ x: 16, y: 28, text: title, attributes: `font-size="17" font-weight="600"` }),
    label({ x: 16, y: 48, text: note, attributes: `fill="#59636e"` }),
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

function drawBar({ label: name, value, text, color }: Bar, y: number, longest: number): string {
  const length = value === null || longest <= 0 ? 0 : Math.max(1, (value / longest) * (WIDTH - LEFT - RIGHT));
  return [
    label({ x: LEFT - 8, y: y + 15, text: name, attributes: `text-anchor="end"` }),
    `<rect x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" rx="2" fill="${color}"/>`,
    label({ x: LEFT + length + 6, y: y + 15, text, attributes: `fill="#59636e"` }),
  ].join("\n");
}

type Label = { readonly x: number; readonly y: number; readonly text: string; readonly attributes: string };

function label({ x, y, text, attributes }: Label): string {
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escape(text)}</text>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
