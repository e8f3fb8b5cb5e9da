/** Agent cards of A2A 0.3: reading one as a card of 1.0, and a card that readers of both versions understand. Pure. */
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { compact, eachOf, LEGACY_VERSION, type LegacyForm } from "./legacy.ts";

/** True for a card of 0.3. One that says both is a card of 1.0. */
export function isLegacyCard(wire: JsonObject): boolean {
  return !Array.isArray(wire["supportedInterfaces"] ?? wire["supported_interfaces"]) && typeof wire["url"] === "string";
}

/** A card of 0.3 as one of 1.0; a card of 1.0 as it is. */
export function toCurrentCard(wire: JsonObject): JsonObject {
  if (!isLegacyCard(wire)) return wire;
  const { url: _, preferredTransport: _preferred, additionalInterfaces: _more, protocolVersion: _version, ...rest } = wire;
  const { supportsAuthenticatedExtendedCard, security, securitySchemes, capabilities, skills, ...same } = rest;
  return compact({
    ...same,
    supportedInterfaces: interfacesOf(wire),
    capabilities: compact({ ...objectOf(capabilities), extendedAgentCard: supportsAuthenticatedExtendedCard }),
    securitySchemes: mapped(securitySchemes, toCurrentScheme),
    securityRequirements: eachOf(security, toCurrentRequirement),
    skills: eachOf(skills, ({ security: of, ...skill }) => compact({ ...skill, securityRequirements: eachOf(of, toCurrentRequirement) })),
  });
}

/** The preferred one first; most cards name it among the others once more. */
function interfacesOf({ url, preferredTransport, additionalInterfaces, protocolVersion }: JsonObject): readonly Json[] {
  const [version = LEGACY_VERSION] = /^\d+\.\d+/.exec(typeof protocolVersion === "string" ? protocolVersion : "") ?? [];
  const others = Array.isArray(additionalInterfaces) ? additionalInterfaces.filter(isJsonObject) : [];
  const offered = [{ url, transport: preferredTransport ?? "JSONRPC" }, ...others].flatMap(({ url: at, transport }) =>
    typeof at === "string" && typeof transport === "string" ? [{ url: at, protocolBinding: transport, protocolVersion: version }] : [],
  );
  const known = new Map(offered.map((one) => [`${one.protocolBinding} ${one.url}`, one]));
  return [...known.values()];
}

/** By the `type` of OpenAPI, and the field of the protocol buffers. */
const SCHEMES: readonly (readonly [type: string, field: string])[] = [
  ["apiKey", "apiKeySecurityScheme"],
  ["http", "httpAuthSecurityScheme"],
  ["oauth2", "oauth2SecurityScheme"],
  ["openIdConnect", "openIdConnectSecurityScheme"],
  ["mutualTLS", "mtlsSecurityScheme"],
];

function toCurrentScheme(scheme: JsonObject): JsonObject {
  const { type, in: location, ...rest } = scheme;
  const field = SCHEMES.find(([name]) => name === type)?.[1];
  return field === undefined ? scheme : { [field]: compact({ ...rest, location }) };
}

function toCurrentRequirement(requirement: JsonObject): JsonObject {
  return {
    schemes:
      mapped(
        requirement,
        (list) => list,
        (list) => ({ list }),
      ) ?? {},
  };
}

/** The card that everybody can read who does not say which version they speak: 1.0's, and beside it the fields of 0.3. */
export function toSharedCard(wire: JsonObject): JsonObject {
  const legacy = toLegacyCard(wire, "schema");
  if (legacy === null) return wire;
  const { securitySchemes, skills } = legacy;
  const schemes = objectOf(securitySchemes);
  const told = Array.isArray(skills) ? skills : [];
  return compact({
    ...legacy,
    ...wire,
    securitySchemes: mapped(wire["securitySchemes"], (scheme, name) => ({ ...scheme, ...objectOf(schemes[name]) })),
    skills: Array.isArray(wire["skills"])
      ? wire["skills"].map((skill: Json, index) => ({ ...objectOf(skill), ...objectOf(told[index] as Json) }))
      : undefined,
  });
}

/** A card as 0.3 has it; null when it offers no interface of that version. */
export function toLegacyCard(wire: JsonObject, form: LegacyForm): JsonObject | null {
  const interfaces = listOf(wire["supportedInterfaces"]).filter(({ protocolVersion }) => protocolVersion === LEGACY_VERSION);
  const [first] = interfaces;
  if (first === undefined) return null;
  const { name, description, version, provider, documentationUrl, defaultInputModes, defaultOutputModes, signatures } = wire;
  const { extendedAgentCard, ...capabilities } = objectOf(wire["capabilities"]);
  const requirements = (of: Json | undefined): Json | undefined => (form === "proto" ? of : eachOf(of, toLegacyRequirement));
  return compact({
    protocolVersion: "0.3.0",
    name,
    description,
    version,
    provider,
    documentationUrl,
    url: first["url"],
    preferredTransport: first["protocolBinding"],
    additionalInterfaces: interfaces.map(({ url = "", protocolBinding: transport = "" }) => ({ url, transport })),
    capabilities,
    supportsAuthenticatedExtendedCard: extendedAgentCard,
    securitySchemes: form === "proto" ? wire["securitySchemes"] : mapped(wire["securitySchemes"], toLegacyScheme),
    security: requirements(wire["securityRequirements"]),
    defaultInputModes,
    defaultOutputModes,
    skills: eachOf(wire["skills"], ({ securityRequirements, ...skill }) =>
      compact({ ...skill, security: requirements(securityRequirements) }),
    ),
    signatures,
  });
}

function toLegacyScheme(scheme: JsonObject): JsonObject {
  for (const [type, field] of SCHEMES) {
    const inner = scheme[field];
    if (!isJsonObject(inner)) continue;
    const { location, ...rest } = inner;
    return compact({ type, ...rest, in: location });
  }
  return scheme;
}

function toLegacyRequirement({ schemes }: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(objectOf(schemes)).map(([name, scopes]) => [name, objectOf(scopes)["list"] ?? []]));
}

/** The values of an object, told: those that are objects, and by `otherwise` those that are not. */
function mapped(
  value: Json | undefined,
  tell: (item: JsonObject, name: string) => Json,
  otherwise: (item: Json) => Json = (item) => item,
): JsonObject | undefined {
  if (!isJsonObject(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, isJsonObject(item) ? tell(item, name) : otherwise(item)]));
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
