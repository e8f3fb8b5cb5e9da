import { TuttiError } from "../../base/errors.ts";
import type { Tenant } from "../../base/ids.ts";
import { compile } from "../../definition/compile.ts";
import type { Definition } from "../../definition/definition.ts";
import type { Program } from "../../definition/program.ts";
import type { Store } from "./store.ts";

/** By definition, which never changes: hosts of one process share what is compiled. */
const programsByDefinition = new WeakMap<Definition, Program>();

/** Compiled definitions, made once each. */
export class Programs {
  readonly #store: Store;
  /** By tenant and fingerprint: the definitions that are known to be in the store. */
  readonly #stored = new Map<string, Program>();

  constructor(store: Store) {
    this.#store = store;
  }

  compile(definition: Definition): Program {
    const known = programsByDefinition.get(definition);
    if (known !== undefined) return known;
    const program = compile(definition);
    programsByDefinition.set(definition, program);
    return program;
  }

  /** The program of a stored definition; null when the definition is not in the store. */
  find(tenant: Tenant, fingerprint: string): Program | null {
    const known = this.#stored.get(`${tenant}/${fingerprint}`);
    if (known !== undefined) return known;
    const definition = this.#store.definition(tenant, fingerprint);
    if (definition === null) return null;
    const program = this.compile(definition);
    this.#stored.set(`${tenant}/${fingerprint}`, program);
    return program;
  }

  /** Where the agents of a stored definition lead has changed. Runs that are open have their own record of it. */
  replace(tenant: Tenant, fingerprint: string, definition: Definition): void {
    this.#stored.set(`${tenant}/${fingerprint}`, this.compile(definition));
  }

  get(tenant: Tenant, fingerprint: string): Program {
    const program = this.find(tenant, fingerprint);
    if (program !== null) return program;
    throw new TuttiError("T5009", `The definition ${fingerprint.slice(0, 12)} is not in this database.`, {
      help: "Register it with define() before a run is started on it.",
    });
  }
}
