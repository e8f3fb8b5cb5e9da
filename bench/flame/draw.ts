/** Stacks as a picture: callers above, what they called below, as wide as the time that it took. */
import { basename } from "node:path";

import { drawPicture, escape, heading, label, PALE_INK } from "../svg.ts";
import { type Frame, type Layer, LAYERS } from "./layers.ts";
import { microsByLayer, type Stack } from "./stacks.ts";

const WIDTH = 1_200;
const MARGIN = 16;
const LEGEND_TOP = 68;
const LEGEND_COLUMNS = 4;
const LEGEND_ROW = 22;
const ROW = 19;
/** Of the whole: what is narrower is left out. */
const LEAST_SHARE = 0.003;
/** Of the fixed-width letters of the frames. */
const LETTER = 6.7;

export function drawFlameGraph(root: Stack, title: string, note: string): string {
  const legend = drawLegend(root);
  const top = LEGEND_TOP + legend.rows * LEGEND_ROW + 14;
  const frames: string[] = [];
  const depth = drawCalled(root, { x: MARGIN, y: top, scale: (WIDTH - 2 * MARGIN) / root.micros, total: root.micros, frames });
  const height = top + depth * ROW + MARGIN;
  const group = [`<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="11">`, ...frames, "</g>"];
  return drawPicture({ title, width: WIDTH, height, parts: [...heading(title, note), ...legend.parts, ...group] });
}

/** Layers with their shares, the frames' own time alone. */
function drawLegend(root: Stack): { readonly parts: readonly string[]; readonly rows: number } {
  const shown = [...microsByLayer(root)].filter(([, micros]) => micros > 0);
  const rows = Math.ceil(shown.length / LEGEND_COLUMNS);
  const column = (WIDTH - 2 * MARGIN) / LEGEND_COLUMNS;
  const parts = shown.flatMap(([layer, micros], index) => {
    const x = MARGIN + Math.floor(index / rows) * column;
    const y = LEGEND_TOP + (index % rows) * LEGEND_ROW;
    const { title, color } = LAYERS[layer];
    return [
      `<rect x="${x.toFixed(1)}" y="${y}" width="14" height="14" rx="2" fill="${color}"/>`,
      label({ x: x + 21, y: y + 12, text: title }),
      label({ x: x + column - 24, y: y + 12, text: percent(micros / root.micros), attributes: `text-anchor="end" fill="${PALE_INK}"` }),
    ];
  });
  return { parts, rows };
}

type Place = { readonly x: number; readonly y: number; readonly scale: number; readonly total: number; readonly frames: string[] };

/** Draws what a stack called, and returns how many rows that took. */
function drawCalled(stack: Stack, place: Place): number {
  let { x } = place;
  let depth = 0;
  for (const called of widestFirst(stack)) {
    const width = called.micros * place.scale;
    if (called.micros / place.total < LEAST_SHARE) break;
    place.frames.push(drawFrame(called, { ...place, x }, width));
    depth = Math.max(depth, 1 + drawCalled(called, { ...place, x, y: place.y + ROW }));
    x += width;
  }
  return depth;
}

function widestFirst({ called }: Stack): readonly Stack[] {
  return [...called.values()].toSorted((left, right) => right.micros - left.micros);
}

function drawFrame({ frame, layer, micros, ownMicros }: Stack, { x, y, total }: Place, width: number): string {
  const where = frame.file === "" ? "" : `${frame.file}:${frame.line}, `;
  const own = ownMicros === micros ? "" : `, ${percent(ownMicros / total)} its own`;
  const name = nameOf(frame, layer);
  const text = textOf(name, basename(frame.file), Math.floor((width - 8) / LETTER));
  return [
    `<g><title>${escape(`${name} (${where}${LAYERS[layer].title}): ${percent(micros / total)}${own}`)}</title>`,
    `<rect x="${x.toFixed(2)}" y="${y}" width="${Math.max(0.5, width - 1).toFixed(2)}" height="${ROW - 1}" rx="2" fill="${LAYERS[layer].color}"/>`,
    `${text === "" ? "" : label({ x: x + 4, y: y + 13, text })}</g>`,
  ].join("");
}

function nameOf({ name, file }: Frame, layer: Layer): string {
  return file === "" && layer.startsWith("sqlite") ? `node:sqlite ${name}` : name;
}

/** As much as there is room for: with its file, alone, its beginning, or nothing. */
function textOf(name: string, file: string, letters: number): string {
  const long = `${name} · ${file}`;
  if (file !== "" && long.length <= letters) return long;
  if (name.length <= letters) return name;
  return letters < 3 ? "" : `${name.slice(0, letters - 1)}…`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
