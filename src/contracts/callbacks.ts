/**
 * The functions by which a program is told something. What one throws, or rejects with, is the program's own business:
 * it is reported, and ends neither a reign nor the process. Of a `report` that fails itself Node warns, once.
 */
import { BadInput, reasonOf } from "../errors/errors.js"
import type { Clock } from "../time/clock.js"
import { systemClock } from "../time/system-clock.js"
import { type Report, Troubles } from "./troubles.js"
import { unawaited } from "./unawaited.js"

const NAMES = [
  "onStopOrder",
  "onJoined",
  "onLeader",
  "onClaim",
  "onReign",
  "onLeadReturned",
  "onWait",
] as const

/** What the compiler refuses in options: a callback that is not in the list. */
type Unlisted<T> = Record<Exclude<Extract<keyof T, `on${string}`>, (typeof NAMES)[number]>, never>

export interface ToldOf {
  readonly report?: Report
  /** Whose clock it goes by, if it is not the system's. */
  readonly local?: { readonly clock: Clock } | boolean | undefined
}

/** What a program gave, with callbacks that can't fail, and a report that is not told the same with every try. */
export type Heard<T> = T & { readonly report: Report; readonly troubles: Troubles }

/** `options` whose callbacks can't fail. Throws BadInput for one that is no function. */
export function withCallbacks<T extends ToldOf & Unlisted<T>>(options: T): Heard<T> {
  const { local } = options
  const clock = (typeof local === "object" && local?.clock) || systemClock
  const given = failSafe(calledOn(options, "report") ?? (() => {}), warnOnce())
  const troubles = new Troubles(clock, given)
  const { report } = troubles
  const own: Record<string, unknown> = { report, troubles }
  for (const name of NAMES) {
    const callback = calledOn(options, name)
    const failed = (thrown: unknown) => report(`${name} of the program failed`, thrown)
    if (callback) own[name] = failSafe(callback, failed)
  }
  // All else stays as it was given, whether it is the object's own or its class's.
  return Object.assign(Object.create(options), own)
}

type Callback = (...args: unknown[]) => unknown

function calledOn(options: object, name: string): Callback | undefined {
  const given: unknown = options[name as keyof object]
  if (given === undefined) return undefined
  if (typeof given !== "function") throw new BadInput(name, "a function", given)
  return (...args) => Reflect.apply(given, options, args)
}

function failSafe(callback: Callback, failed: (thrown: unknown) => void): Callback {
  return (...args) => {
    try {
      unawaited(callback(...args), failed)
    } catch (error) {
      failed(error)
    }
  }
}

function warnOnce(): (thrown: unknown) => void {
  let hasWarned = false
  return (thrown) => {
    if (hasWarned) return
    hasWarned = true
    process.emitWarning(`report of the program failed: ${reasonOf(thrown)}`, "PoolWarning")
  }
}
