import type { ErrorObject } from "ajv/dist/2020.js";

/** One problem of a value as a sentence that begins with its JSON pointer. */
export function sentenceOf(found: ErrorObject): string {
  const { instancePath: pointer, keyword, params } = found;
  const where = pointer === "" ? "The value" : pointer;
  switch (keyword) {
    case "required":
      return `${pointer}/${escaped(params["missingProperty"])} is missing.`;
    case "additionalProperties":
      return `${pointer}/${escaped(params["additionalProperty"])} is not allowed.`;
    case "unevaluatedProperties":
      return `${pointer}/${escaped(params["unevaluatedProperty"])} is not allowed.`;
    case "enum":
      return `${where} must be one of ${JSON.stringify(params["allowedValues"])}.`;
    case "const":
      return `${where} must be ${JSON.stringify(params["allowedValue"])}.`;
    case "type":
      return `${where} must be ${article(String(params["type"]))}.`;
    case "format":
      return `${where} must be in the format ${String(params["format"])}.`;
    case "false schema":
      return `${where} is not allowed.`;
    default:
      return `${where} ${String(found.message).replace("must NOT", "must not")}.`;
  }
}

/** A key as a part of a JSON pointer (RFC 6901). */
function escaped(key: unknown): string {
  return String(key).replace(/~/g, "~0").replace(/\//g, "~1");
}

function article(types: string): string {
  const words = types.split(",").map((type) => (type === "null" ? "null" : /^[aio]/.test(type) ? `an ${type}` : `a ${type}`));
  return words.join(" or ");
}
