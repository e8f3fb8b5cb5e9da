/** What pictures are made of. */

/** Of pictures that stand in a document, whatever the colours of its reader's screen. */
export const INK = "#1f2328";
export const PALE_INK = "#59636e";

export type Picture = { readonly title: string; readonly width: number; readonly height: number; readonly parts: readonly string[] };

export function drawPicture({ title, width, height, parts }: Picture): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="13" fill="${INK}">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="6" fill="#ffffff"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

export type Label = { readonly x: number; readonly y: number; readonly text: string; readonly attributes?: string };

export function label({ x, y, text, attributes = "" }: Label): string {
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escape(text)}</text>`;
}

/** The title of a picture and a line below it. */
export function heading(title: string, note: string): readonly string[] {
  return [
    label({ x: 16, y: 28, text: title, attributes: `font-size="17" font-weight="600"` }),
    label({ x: 16, y: 48, text: note, attributes: `fill="${PALE_INK}"` }),
  ];
}

export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
