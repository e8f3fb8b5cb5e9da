import { describe, expect, it } from "vitest";

import { parseTracestate, parseTraceparent, readServiceParameters } from "../../../src/server/http/service-parameters.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

describe("a traceparent", () => {
  it.each([
    ["as the standard has it", `00-${TRACE}-${PARENT}-01`, `00-${TRACE}-${PARENT}-01`],
    ["with flags that nobody knows", `00-${TRACE}-${PARENT}-ff`, `00-${TRACE}-${PARENT}-ff`],
    ["of a newer version", `cc-${TRACE}-${PARENT}-01`, `00-${TRACE}-${PARENT}-01`],
    ["of a newer version with more behind it", `cc-${TRACE}-${PARENT}-01-what-comes`, `00-${TRACE}-${PARENT}-01`],
    ["with more behind it", `00-${TRACE}-${PARENT}-01-more`, null],
    ["of the version that is forbidden", `ff-${TRACE}-${PARENT}-01`, null],
    ["without a trace", `00-${"0".repeat(32)}-${PARENT}-01`, null],
    ["without a parent", `00-${TRACE}-${"0".repeat(16)}-01`, null],
    ["in capitals", `00-${TRACE.toUpperCase()}-${PARENT}-01`, null],
    ["that is too short", `00-${TRACE.slice(1)}-${PARENT}-01`, null],
    ["twice", `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`, null],
    ["that is missing", null, null],
  ])("%s is taken or left", (_what, text, expected) => {
    expect(parseTraceparent(text)).toBe(expected);
  });
});

describe("a tracestate", () => {
  it.each([
    ["as other systems write it", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"],
    ["with spaces and empty places", "a=1, ,b=2 ", "a=1, ,b=2 "],
    ["as long as everybody must hand on", "a=".padEnd(512, "x"), "a=".padEnd(512, "x")],
    ["that is longer", "a=".padEnd(513, "x"), null],
    ["with characters of no header", "a=ü", null],
    ["that is empty", " ", null],
    ["that is missing", null, null],
  ])("%s is handed on as it is, or left", (_what, text, expected) => {
    expect(parseTracestate(text)).toBe(expected);
  });
});

describe("the headers of a request", () => {
  const read = (headers: { readonly [name: string]: string }, query = "") =>
    readServiceParameters(new Headers(headers), new URLSearchParams(query));

  it("say nothing: then it is version 0.3 without extensions", () => {
    expect(read({})).toEqual({ version: "0.3", extensions: [], traceparent: null, tracestate: null, lastEventId: null });
    expect(read({ "a2a-version": "", "a2a-extensions": " , ", "last-event-id": "" }).version).toBe("0.3");
  });

  it("go before the query, and patch numbers are left out", () => {
    expect(read({}, "A2A-Version=1.0.3").version).toBe("1.0");
    expect(read({ "a2a-version": "1.0" }, "A2A-Version=2.0").version).toBe("1.0");
    expect(read({ "a2a-version": "1.0-beta" }).version).toBe("1.0-beta");
  });

  it.each([
    ["1.0, 1.0", "1.0"],
    ["1.0,1.0 , 1.0", "1.0"],
    ["1.0.1, 1.0.1", "1.0"],
    ["1.0, 0.3", "1.0, 0.3"],
    ["1.0, 1.0.1", "1.0, 1.0.1"],
    ["0.3, 0.3", "0.3"],
    ["1.0,", "1.0,"],
    [", 1.0", ", 1.0"],
  ])("say a version twice, %j, and it counts once when both are the same", (header, version) => {
    expect(read({ "a2a-version": header }).version).toBe(version);
  });

  it("name extensions in their order, and an event only by an id of ours", () => {
    expect(read({ "a2a-extensions": "urn:b,urn:a , urn:b" }).extensions).toEqual(["urn:b", "urn:a", "urn:b"]);
    expect(read({ "last-event-id": "7.0" }).lastEventId).toBe("7.0");
    const traceparent = `00-${TRACE}-${PARENT}-01`;
    expect(read({ traceparent, tracestate: "a=1" })).toMatchObject({ traceparent, tracestate: "a=1" });
    expect(read({ traceparent: "none", tracestate: "a=1" })).toMatchObject({ traceparent: null, tracestate: null });
    expect(read({ "last-event-id": "seven" }).lastEventId).toBeNull();
  });
});
