/** Bar charts as SVG text: a group for each load, a bar for each engine, each with its figure beside it. */
import { drawPicture, heading, label, PALE_INK } from "../svg.ts";

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
  const parts: string[] = [...heading(title, note)];
  for (const group of groups) {
    parts.push(label({ x: 16, y: y + 20, text: group.title, attributes: `font-weight="600"` }));
    y += GROUP_HEAD;
    const longest = Math.max(...group.bars.map(({ value }) => value ?? 0));
    for (const bar of group.bars) {
      parts.push(drawBar(bar, y, longest));
      y += ROW;
    }
  }
  return drawPicture({ title, width: WIDTH, height: y + 16, parts });
}

function drawBar({ label: name, value, text, color }: Bar, y: number, longest: number): string {
  const length = value === null || longest <= 0 ? 0 : Math.max(1, (value / longest) * (WIDTH - LEFT - RIGHT));
  return [
    label({ x: LEFT - 8, y: y + 15, text: name, attributes: `text-anchor="end"` }),
    `<rect x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" rx="2" fill="${color}"/>`,
    label({ x: LEFT + length + 6, y: y + 15, text, attributes: `fill="${PALE_INK}"` }),
  ].join("\n");
}
