/** gRPC is an optional part: its packages are looked for and loaded only by those who ask for it. */
import { createRequire } from "node:module";

import { TuttiError } from "../../base/errors.ts";

/** The packages that gRPC needs, in the versions of `peerDependencies`. */
const PACKAGES = ["@grpc/grpc-js", "@bufbuild/protobuf"] as const;

let isThere: boolean | undefined;

/** True when the packages for gRPC are installed. */
export function hasGrpc(): boolean {
  return (isThere ??= PACKAGES.every(isInstalled));
}

/** Loads a module that needs the packages for gRPC. Throws T3013 when they are not installed. */
export async function loadWithGrpc<Module>(load: () => Promise<Module>): Promise<Module> {
  if (hasGrpc()) return load();
  throw new TuttiError("T3013", "gRPC was asked for, and its packages are not installed.", {
    help: `Install them: npm install ${PACKAGES.join(" ")}`,
  });
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}
