import { describe, expect, it } from "vitest";

import {
  bestVersion,
  draftVersion,
  isDraft,
  isVersionRange,
  ownVersion,
  parseReference,
  referenceKey,
} from "../../../src/definition/versions.ts";

const FINGERPRINT = "0123456789abcdef".repeat(4);

function best(versions: readonly string[], range: string): string | null {
  return (
    bestVersion(
      versions.map((version) => ({ version })),
      range,
    )?.version ?? null
  );
}

describe("the best version for a range", () => {
  it.each([
    ["^2", "2.3.0"],
    ["~2.1", "2.1.9"],
    ["2.1.4", "2.1.4"],
    ["1.x", "1.9.0"],
    ["*", "3.0.0"],
    [">=1 <2", "1.9.0"],
    ["^4", null],
  ])("%s gives %s", (range, expected) => {
    expect(best(["1.0.0", "1.9.0", "2.1.4", "2.1.9", "2.3.0", "3.0.0"], range)).toBe(expected);
  });

  it("is a release before a draft, however new the draft is", () => {
    expect(best(["2.0.0+aaaaaaaaaaaa", "1.0.0"], "*")).toBe("1.0.0");
    expect(best(["2.0.0+aaaaaaaaaaaa", "1.0.0"], "^2")).toBe("2.0.0+aaaaaaaaaaaa");
  });

  it("is the first draft, so the newest, where there are only drafts", () => {
    expect(best(["0.0.0+bbbbbbbbbbbb", "0.0.0+aaaaaaaaaaaa"], "*")).toBe("0.0.0+bbbbbbbbbbbb");
  });

  it("is the one that is spelled out, draft or not", () => {
    expect(best(["1.0.0", "1.0.0+bbbbbbbbbbbb"], "1.0.0+bbbbbbbbbbbb")).toBe("1.0.0+bbbbbbbbbbbb");
  });

  it("is a version of the future only where it is named, or where there is nothing else", () => {
    expect(best(["1.0.0", "2.0.0-beta.1"], "*")).toBe("1.0.0");
    expect(best(["2.0.0-beta.1"], "^2")).toBeNull();
    expect(best(["2.0.0-beta.1", "2.0.0-beta.2"], "^2.0.0-beta.1")).toBe("2.0.0-beta.2");
    expect(best(["2.0.0-beta.1"], "*")).toBe("2.0.0-beta.1");
  });

  it("is none for a version that is no version", () => {
    expect(best(["latest"], "*")).toBeNull();
  });
});

describe("names of versions", () => {
  it("a definition without a version is a draft of 0.0.0", () => {
    expect(ownVersion({ version: null }, FINGERPRINT)).toBe("0.0.0+0123456789ab");
    expect(ownVersion({ version: "1.2.0" }, FINGERPRINT)).toBe("1.2.0");
    expect(draftVersion({ version: null }, FINGERPRINT)).toBe("0.0.0+0123456789ab");
    expect(draftVersion({ version: "1.2.0" }, FINGERPRINT)).toBe("1.2.0+0123456789ab");
    expect(draftVersion({ version: "1.2.0+mine" }, FINGERPRINT)).toBe("1.2.0+mine.0123456789ab");
    expect([isDraft("1.2.0"), isDraft("1.2.0+mine")]).toEqual([false, true]);
  });

  it("a reference has a name and a range, which may be left out", () => {
    expect(parseReference("publish_brief@^2")).toEqual({ name: "publish_brief", range: "^2" });
    expect(parseReference("publish_brief")).toEqual({ name: "publish_brief", range: "*" });
    expect(referenceKey({ name: "publish_brief", range: "^2" })).toBe("publish_brief@^2");
  });

  it("a range is told from other words", () => {
    expect(["^2", "~1.4", "1.x", "*", "1.2.0", "1.2.0+ab", ">=1 <3"].filter((text) => !isVersionRange(text))).toEqual([]);
    expect(["", " ", "latest", "^a", "2.x.y.z"].filter(isVersionRange)).toEqual([]);
  });
});
