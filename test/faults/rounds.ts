/** `make faults` does each scenario several times, and lets the slow ones take the time they take. */
import { setTimeout as later } from "node:timers/promises"

/** Whether all is run, and not the short form. */
export const isAll = process.env.FAULTS === "all"

/** What the titles of the rounds end with. */
export const rounds: readonly string[] =
  isAll && !process.env.ROUNDS_OF ? ["", ", again", ", and again"] : [""]

/** How long a harm lasts; not for what can be waited for. */
export function lasting(ms: number): Promise<void> {
  return later(ms)
}
