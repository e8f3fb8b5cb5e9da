import { TuttiError } from "../../base/errors.ts";
import type { Tenant } from "../../base/ids.ts";
import { compile } from "../../definition/compile.ts";
import type { Definition } from "../../definition/definition.ts";
import type { Program } from "../../definition/program.ts";
import type { Store } from "./store.ts";

/** Compiled definitions, made once each. */
export class Programs {
  readonly #store: Store;
  readonly #programs = new Map<string, Program>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Compiles a definition that is about to be stored. */
  add(tenant: Tenant, definition: Definition): Program {
    const program = compile(definition);
    const key = `${tenant}/${program.fingerprint}`;
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    this.#programs.set(key, program);
    return program;
  }

  get(tenant: Tenant, fingerprint: string): Program {
    const known = this.#programs.get(`${tenant}/${fingerprint}`);
    if (known !== undefined) return known;
    const definition = this.#store.definition(tenant, fingerprint);
    if (definition === null) {
      throw new TuttiError("T5009", `The definition ${fingerprint.slice(0, 12)} is not in this database.`, {
        help: "Register it with define() before a run is started on it.",
      });
    }
    return this.add(tenant, definition);
  }
}
