import type { ASTNode } from "@marcbachmann/cel-js";

import { didYouMean } from "../did-you-mean.ts";
import { compilePattern, type Pattern } from "../pattern.ts";
import { type Code, type Context, refuse } from "./context.ts";
import { asText, type CelFunction, FUNCTIONS, METHODS } from "./functions.ts";
import { bindMacro, type CompileNode, hasMacro, METHOD_MACROS, optionalCall } from "./macros.ts";
import { charge, fail, type Frame } from "./value.ts";

type CallNode = Extract<ASTNode, { op: "call" }>;
type MethodNode = Extract<ASTNode, { op: "rcall" }>;

/** `name(…)`. */
export function compileCall(node: CallNode, context: Context, compile: CompileNode): Code {
  const [name, given] = node.args;
  if (name === "has") return compileHas(node, context, compile);
  if (name === "matches" && given.length === 2) return compileMatches([given[0] as ASTNode, given[1] as ASTNode], context, compile);
  const found = FUNCTIONS.get(name);
  if (found === undefined) unknownFunction(node, name, { isMethod: false });
  return call(
    node,
    name,
    found,
    given.map((value) => compile(value, context)),
  );
}

/** `x.name(…)`. */
export function compileMethod(node: MethodNode, context: Context, compile: CompileNode): Code {
  const [name, receiver, given] = node.args;
  const space = receiver.op === "id" && !context.locals.has(receiver.args) ? receiver.args : null;
  if (space === "cel" && name === "bind") return bindMacro(node, given, context, compile);
  if (space === "optional")
    return optionalCall(
      node,
      name,
      given.map((value) => compile(value, context)),
    );
  const macro = METHOD_MACROS.get(`${name}/${given.length}`);
  if (macro !== undefined) return macro({ node, receiver, arguments: given, context, compile });
  if (name === "matches" && given.length === 1) return compileMatches([receiver, given[0] as ASTNode], context, compile);
  const found = METHODS.get(name);
  if (found === undefined) unknownFunction(node, name, { isMethod: true });
  return call(
    node,
    name,
    found,
    [receiver, ...given].map((value) => compile(value, context)),
  );
}

function call(node: ASTNode, name: string, found: CelFunction, values: readonly Code[]): Code {
  const [least, most] = found.arity;
  if (values.length < least || values.length > most) {
    const before = node.op === "rcall" ? 1 : 0;
    const range = least === most ? `${least - before}` : `${least - before} to ${most - before}`;
    refuse(node, { code: "T1203", message: `${name}() takes ${range} values here, not ${values.length - before}.` });
  }
  return {
    run: (frame) =>
      found.call(
        frame,
        values.map((value) => value.run(frame)),
      ),
    type: found.type,
    cost: values.reduce((total, value) => total + value.cost, 1),
  };
}

function compileHas(node: CallNode, context: Context, compile: CompileNode): Code {
  const [selection, more] = node.args[1];
  if (selection === undefined || more !== undefined || (selection.op !== "." && selection.op !== ".?")) {
    refuse(node, { code: "T1203", message: "has() takes one field, such as has(input.note)." });
  }
  const [container, key] = selection.args;
  if (container.op === "id" && container.args === "steps") {
    refuse(node, { code: "T1205", message: "Every step is there; ask for a part of its result.", help: `Write has(steps.${key}.output).` });
  }
  // Compiled whole as well, so that a misspelt or forbidden field is found.
  compile(selection, context);
  return hasMacro(compile(container, context), key);
}

/** `text.matches(pattern)`: RE2, linear in the text. A pattern that is written out is compiled once. */
function compileMatches([text, pattern]: readonly [ASTNode, ASTNode], context: Context, compile: CompileNode): Code {
  const value = compile(text, context);
  const source = compile(pattern, context);
  const fixed = pattern.op === "value" && typeof pattern.args === "string" ? compilePattern(pattern.args, "re2") : null;
  if (fixed !== null && !fixed.ok)
    refuse(pattern, { code: "T1201", message: fixed.error, help: "Regular expressions are RE2: no look-around and no back-references." });
  return {
    run: (frame) => {
      const subject = asText(value.run(frame));
      const compiled = fixed === null ? patternAt(frame, asText(source.run(frame))) : fixed.value;
      charge(frame, matchWork(subject, compiled));
      return compiled.test(subject);
    },
    type: "any",
    cost: 1 + value.cost + source.cost,
  };
}

/** Compiling is the dear part: patterns that are computed can be compiled a hundred times. */
function patternAt(frame: Frame, source: string): Pattern {
  charge(frame, 40_000);
  const compiled = compilePattern(source, "re2");
  if (!compiled.ok) fail(compiled.error);
  return compiled.value;
}

function matchWork(subject: string, pattern: Pattern): number {
  return 8 + Math.ceil((subject.length * pattern.size) / 4);
}

function unknownFunction(node: ASTNode, name: string, { isMethod }: { isMethod: boolean }): never {
  const macros = isMethod ? [...METHOD_MACROS.keys()].map((key) => key.slice(0, -2)) : ["has"];
  const known = [...(isMethod ? METHODS : FUNCTIONS).keys(), ...macros, "matches"];
  refuse(node, {
    code: "T1203",
    message: isMethod ? `There is no method ".${name}()" that fits here.` : `There is no function "${name}()".`,
    help: didYouMean(name, known) ?? "A computation that no expression can do is a local agent.",
    declared: [...new Set(known)],
  });
}
