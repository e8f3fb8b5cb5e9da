import { ATTEMPT_BUGS } from "./attempt-bugs.ts";
import { EFFECT_BUGS } from "./effect-bugs.ts";
import { FLOW_BUGS } from "./flow-bugs.ts";
import { HOST_BUGS } from "./host-bugs.ts";
import type { PlantedBug } from "./planted-bug.ts";
import { TENANT_BUGS } from "./tenant-bugs.ts";

/** Every bug that the simulation has to find. */
export const BUGS: readonly PlantedBug[] = [...ATTEMPT_BUGS, ...FLOW_BUGS, ...EFFECT_BUGS, ...HOST_BUGS, ...TENANT_BUGS];
