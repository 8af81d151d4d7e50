/**
 * Who should lead and who comes after, told anew from what the strategies promise: the oracle must not be the code that
 * is judged.
 */
import type { Schedule } from "./schedule.js"
import { STRATEGIES } from "./schedule.js"
import type { SimulatedMember } from "./simulated-member.js"

/** Those of `members` that may lead, first who should. */
export function lineOf(
  members: readonly SimulatedMember[],
  { strategy }: Schedule,
): SimulatedMember[] {
  const isByWeight = STRATEGIES[strategy] !== "oldest"
  return members
    .filter(({ eligible, state, isTidying }) => eligible && state === "ready" && !isTidying)
    .sort((a, b) => (isByWeight ? b.weight - a.weight : 0) || (keyOf(a) < keyOf(b) ? -1 : 1))
}

function keyOf({ coordinator }: SimulatedMember): string {
  return coordinator.membership.key
}
