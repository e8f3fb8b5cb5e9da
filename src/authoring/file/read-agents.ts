import type { AgentBinding } from "../../definition/definition.ts";
import { isForbiddenName } from "../../definition/expression/value.ts";
import { at, isAbsent, type Place, type Reader, readObject, readText, report, reportForm } from "./reader.ts";

const AGENT_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const WAYS = ["card", "module", "capability", "local"] as const;

/** `agents`: logical names, and where they lead (workflow-language.md, Binding agents). */
export function readAgents(reader: Reader, place: Place): { readonly [name: string]: AgentBinding } {
  if (isAbsent(place)) return {};
  const object = readObject(reader, place, null);
  if (object === null) return {};
  const bindings = Object.keys(object).flatMap((name): [string, AgentBinding][] => {
    const path = [...place.path, name];
    if (!AGENT_NAME.test(name) || isForbiddenName(name)) {
      report(reader, {
        code: "T1014",
        message: `"${name}" cannot be the name of an agent.`,
        help: 'Use letters, digits, "_" and "-", beginning with a letter.',
        path,
        at: "key",
      });
      return [];
    }
    const binding = readBinding(reader, at(object, place.path, name));
    return binding === null ? [] : [[name, binding]];
  });
  return Object.fromEntries(bindings);
}

function readBinding(reader: Reader, place: Place): AgentBinding | null {
  if (typeof place.value === "string") {
    reportForm(reader, place, "an object", `Write { ${wayOf(place.value)}: ${place.value} }.`);
    return null;
  }
  const object = readObject(reader, place, { known: [...WAYS, "auth"] });
  if (object === null) return null;
  const { path } = place;
  const [way, ...others] = WAYS.filter((key) => Object.hasOwn(object, key));
  if (way === undefined || others.length > 0) {
    const message = way === undefined ? "The agent leads nowhere." : `The agent leads to ${[way, ...others].join(" and ")} at once.`;
    report(reader, { code: "T1012", message, help: "Give it exactly one of card, module and capability.", path, at: "key" });
    return null;
  }
  const target = readText(reader, at(object, path, way));
  if (target === null || target === "") {
    if (target === "" || isAbsent(at(object, path, way)))
      report(reader, { code: "T1012", message: `"${way}" is empty.`, path: [...path, way], at: "key" });
    return null;
  }
  switch (way) {
    case "card":
      return readCard(reader, target, { card: at(object, path, "card"), auth: at(object, path, "auth") });
    case "module":
      return { kind: "module", specifier: target };
    case "capability":
      return { kind: "capability", capability: target };
    case "local":
      return { kind: "local", name: target };
  }
}

/** What a text most likely leads to. */
function wayOf(text: string): (typeof WAYS)[number] {
  if (/^https?:/.test(text)) return "card";
  return /[./]/.test(text) ? "module" : "capability";
}

function readCard(reader: Reader, target: string, { card, auth }: { readonly card: Place; readonly auth: Place }): AgentBinding | null {
  const url = URL.parse(target);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    report(reader, {
      code: "T1011",
      message: `"${target}" is not the address of an agent.`,
      help: "Write a URL that begins with https:// or http://.",
      path: card.path,
    });
    return null;
  }
  return { kind: "card", url: target, secret: readSecret(reader, auth) };
}

/** `auth: { secret: NAME }`: the name of a secret, never the secret. */
function readSecret(reader: Reader, place: Place): string | null {
  if (isAbsent(place)) return null;
  const object = readObject(reader, place, { known: ["secret"] });
  if (object === null) return null;
  const secret = readText(reader, at(object, place.path, "secret"));
  if (secret === null || /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/.test(secret)) return secret;
  report(reader, {
    code: "T1403",
    message: "A secret is given by its name, not by its value.",
    help: "Put the value into the environment, and write the name of the variable here.",
    path: [...place.path, "secret"],
  });
  return null;
}
