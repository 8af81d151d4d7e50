/** Looks for a schedule of jobs or cron that breaks a promise, and tells about the shortest one in words. */
import * as fc from "fast-check"
import {
  FAMILIES,
  type Family,
  type FamilyName,
  type Kind,
  type Schedule,
  schedules,
} from "./schedule.js"
import { type Outcome, run } from "./world.js"

export interface SearchOptions {
  readonly runs: number
  readonly seed?: number
  readonly path?: string
}

export interface Found {
  readonly family: FamilyName
  readonly seed: number
  readonly runs: number
  readonly failure:
    | { readonly schedule: Schedule; readonly path: string; readonly breach: string }
    | undefined
  readonly events: number
  readonly attempts: number
  readonly ticks: number
  /** How often each kind of step happened. */
  readonly happened: ReadonlyMap<Kind, number>
}

/** What nobody caught, in the run at hand. */
let unhandled: unknown
const onUnhandled = (error: unknown) => {
  unhandled ??= error
}

/** Runs one schedule; an unhandled rejection is a breach as well. */
async function judged(name: FamilyName, schedule: Schedule, isTraced = false): Promise<Outcome> {
  unhandled = undefined
  const outcome = await run(schedule, FAMILIES[name], isTraced)
  // Node tells of rejections that nobody handled when all microtasks are done.
  await new Promise(setImmediate)
  if (!unhandled || outcome.breach) return outcome
  const breach = `unhandled rejection: ${unhandled instanceof Error ? unhandled.stack : unhandled}`
  return { ...outcome, breach }
}

/** Runs `runs` schedules of a family, or until one breaks a promise; then shrinks it. */
export async function explore(name: FamilyName, options: SearchOptions): Promise<Found> {
  const family: Family = FAMILIES[name]
  const sums = { events: 0, attempts: 0, ticks: 0 }
  const happened = new Map<Kind, number>()
  process.on("unhandledRejection", onUnhandled)
  try {
    const details = await fc.check(
      fc.asyncProperty(schedules(family), async (schedule) => {
        const outcome = await judged(name, schedule)
        sums.events += outcome.events
        sums.attempts += outcome.attempts
        sums.ticks += outcome.ticks
        for (const kind of outcome.happened) happened.set(kind, (happened.get(kind) ?? 0) + 1)
        if (outcome.breach) throw new Error(outcome.breach)
      }),
      {
        numRuns: options.runs,
        ...(options.seed === undefined ? {} : { seed: options.seed }),
        ...(options.path === undefined ? {} : { path: options.path }),
      },
    )
    const schedule = details.counterexample?.[0]
    const failure = schedule && {
      schedule,
      path: details.counterexamplePath ?? "",
      breach: details.errorInstance instanceof Error ? details.errorInstance.message : "unknown",
    }
    const { seed, numRuns: runs } = details
    return { family: name, seed, runs, failure, ...sums, happened }
  } finally {
    process.off("unhandledRejection", onUnhandled)
  }
}

/** What the schedules were made of, in a line. */
export function censusOf({ events, attempts, ticks, runs, happened }: Found): string {
  const told = [...happened].map(([kind, n]) => `${kind} ${n}`).sort()
  const each = [events, attempts, ticks].map((sum) => (sum / runs).toFixed(1))
  return `${each[0]} events, ${each[1]} attempts and ${each[2]} ticks each; happened: ${told.join(", ")}`
}

/** The failure in a few words, for a table; null if there is none. */
export function summaryOf({ seed, runs, failure }: Found) {
  if (!failure) return null
  const steps = failure.schedule.steps.map(({ kind }) => kind)
  return { seed, runs, steps, path: failure.path, breach: failure.breach.split("\n", 1)[0] }
}

/** The failure in words: what broke, how to run it again, and what happened in the shortest run. */
export async function reportOf({ family, seed, failure }: Found): Promise<string> {
  if (!failure) return "nothing found"
  const { schedule, path, breach } = failure
  const { trace } = await judged(family, schedule, true)
  return [
    breach,
    `again: node --import=tsx test/simulation/jobs/explore.ts ${family} 1 ${seed} ${path}`,
    JSON.stringify(schedule),
    ...trace,
  ].join("\n")
}
