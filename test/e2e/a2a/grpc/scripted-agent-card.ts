/** The card of an agent that offers these interfaces. */
export function cardOf(interfaces: readonly { readonly url: string; readonly protocolBinding: string }[], streaming = false): object {
  return {
    name: "scripted",
    version: "1",
    description: "Answers as it is told.",
    supportedInterfaces: interfaces.map((one) => ({ protocolVersion: "1.0", ...one })),
    capabilities: { streaming },
    skills: [{ id: "x", name: "x", description: "x", tags: ["x"] }],
  };
}
