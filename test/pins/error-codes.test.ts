import { expect, it } from "vitest";

import { ERROR_CODES } from "../../src/base/codes.ts";

// A code never changes its meaning and is never used again. A new one is added here on purpose.
it("the error codes are these", () => {
  expect(Object.keys(ERROR_CODES).join(" ")).toBe(PINNED.replaceAll(/\s+/g, " ").trim());
});

const PINNED = `
  T1001 T1002 T1003 T1010 T1011 T1012 T1013 T1014 T1015 T1016 T1017 T1101 T1102 T1201 T1202 T1203 T1204 T1205 T1301 T1302 T1303 T1401 T1402 T1403
  T2001 T2002
  T3001 T3002 T3003 T3004 T3005 T3006 T3007 T3008 T3009 T3010 T3011
  T4001 T4002 T4003 T4004 T4005 T4101 T4102 T4103 T4104 T4105 T4106 T4107 T4108 T4109 T4110 T4111 T4112 T4113 T4114 T4115
  T5001 T5002 T5003 T5004 T5005 T5006 T5007 T5008 T5009 T5010 T5011
  T6001 T6002
  T9001
`;
