import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, test } from "vitest";

test("one who has not installed the packages for gRPC loses nothing, and is told what to install when it is asked for", async () => {
  const program = join(import.meta.dirname, "without-packages.ts");
  const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=source", program]);
  expect(JSON.parse(stdout)).toMatchObject({
    refused: { code: "T3013", help: "Install them: npm install @grpc/grpc-js @bufbuild/protobuf" },
    both: { ok: true, identity: { binding: "JSONRPC" } },
    grpcAlone: { ok: false, outcome: { failure: { code: "T3003", message: expect.stringContaining("GRPC with @grpc/grpc-js") } } },
    served: 200,
  });
});
