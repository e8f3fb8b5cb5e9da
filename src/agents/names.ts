/** A name for an agent that has none: its address, without what every address has. */
export function chooseName(url: string): string {
  if (!URL.canParse(url)) return url;
  const { host, pathname } = new URL(url);
  return `${host}${pathname.replace(/\/(?:\.well-known\/agent-card\.json)?$/, "")}`;
}
