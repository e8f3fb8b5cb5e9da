/** Reading documents: only from `documents/`, and without their markup. */
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";

export type Extracted = { readonly title: string; readonly text: string; readonly words: number; readonly author: string | null };

/** The text of a document; null when there is none of this name. A name is a name: it leads to no other folder. */
export function readDocument(name: string): string | null {
  const file = new URL(`./documents/${encodeURIComponent(basename(name))}`, import.meta.url);
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

export function extract(raw: string): Extracted {
  const author = /^---\n(?:.*\n)*?author: (.+)\n(?:.*\n)*?---\n/.exec(raw)?.[1] ?? null;
  const body = raw.replace(/^---\n[\s\S]*?\n---\n/, "");
  const plain = /<html/i.test(body) ? withoutHtml(body) : withoutMarkdown(body);
  const [title = "", ...paragraphs] = plain.split(/\n{2,}/).map((part) => part.replaceAll(/\s+/g, " ").trim());
  const text = paragraphs.filter((part) => part !== "").join("\n");
  return { title, text, words: text.split(/\s+/).filter((word) => word !== "").length, author };
}

function withoutHtml(html: string): string {
  return html
    .replaceAll(/<(head|style|script)\b[\s\S]*?<\/\1>/gi, "")
    .replaceAll(/<\/(?:p|h\d|li|div|tr)>/gi, "\n\n")
    .replaceAll(/<[^>]+>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .trim();
}

function withoutMarkdown(markdown: string): string {
  return markdown
    .replaceAll(/^#+\s*/gm, "")
    .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replaceAll(/[*_`]{1,3}(\S(?:.*?\S)?)[*_`]{1,3}/g, "$1")
    .trim();
}
