type Article = { readonly title: string; readonly sections: readonly { readonly heading: string; readonly text: string }[] };

export function toMarkdown({ title, sections }: Article): string {
  return [`# ${title}`, ...sections.map(({ heading, text }) => `## ${heading}\n\n${text}`)].join("\n\n");
}

export function toHtml({ title, sections }: Article): string {
  const body = sections.map(({ heading, text }) => `<h2>${escaped(heading)}</h2><p>${escaped(text)}</p>`).join("");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title><h1>${escaped(title)}</h1>${body}</html>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
