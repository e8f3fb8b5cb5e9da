/**
 * Node's HTTP. It is not imported: an import asks a module for everything that it exports, and for one of
 * these Node loads a second HTTP client, which takes longer than the rest of a short command.
 */
export const nodeHttp = process.getBuiltinModule("node:http");
