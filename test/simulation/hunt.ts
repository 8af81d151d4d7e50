/** Looks for a schedule that breaks a promise, whatever is simulated, and tells about the shortest one in words. */
import * as fc from "fast-check"

export interface SearchOptions {
  readonly runs: number
  readonly seed?: number
  readonly path?: string
}

/** What one run came to. */
export interface Played<Kind extends string> {
  readonly breach: string | undefined
  readonly trace: readonly string[]
  readonly events: number
  readonly happened: readonly Kind[]
}

type KindIn<Outcome extends Played<string>> = Outcome["happened"][number]

/** What is simulated. */
export interface Game<Family extends string, Schedule, Outcome> {
  /** What runs a schedule again, from the project's folder. */
  readonly script: string
  schedules(family: Family): fc.Arbitrary<Schedule>
  run(schedule: Schedule, family: Family, isTraced: boolean): Promise<Outcome>
}

export interface Found<Family extends string, Schedule, Kind extends string> {
  readonly family: Family
  readonly seed: number
  readonly runs: number
  readonly failure:
    | { readonly schedule: Schedule; readonly path: string; readonly breach: string }
    | undefined
  readonly events: number
  /** How often each kind of step happened. */
  readonly happened: ReadonlyMap<Kind, number>
}

/** What nobody caught, in the run at hand. */
let unhandled: unknown
const onUnhandled = (error: unknown) => {
  unhandled ??= error
}

/** Runs one schedule; an unhandled rejection is a breach as well. */
async function judged<Family extends string, Schedule, Outcome extends Played<string>>(
  game: Game<Family, Schedule, Outcome>,
  family: Family,
  schedule: Schedule,
  isTraced = false,
): Promise<Outcome> {
  unhandled = undefined
  const outcome = await game.run(schedule, family, isTraced)
  // Node tells of rejections that nobody handled when all microtasks are done.
  await new Promise(setImmediate)
  if (!unhandled || outcome.breach) return outcome
  const breach = `unhandled rejection: ${unhandled instanceof Error ? unhandled.stack : unhandled}`
  return { ...outcome, breach }
}

/** Runs schedules of a family, or until one breaks a promise; then shrinks it. `seen` is told of each run. */
export async function hunt<Family extends string, Schedule, Outcome extends Played<string>>(
  game: Game<Family, Schedule, Outcome>,
  family: Family,
  options: SearchOptions,
  seen: (outcome: Outcome) => void,
): Promise<Found<Family, Schedule, KindIn<Outcome>>> {
  let events = 0
  const happened = new Map<KindIn<Outcome>, number>()
  process.on("unhandledRejection", onUnhandled)
  const { stackTraceLimit } = Error
  // Stacks of errors that are part of the game cost a tenth of the time.
  Error.stackTraceLimit = 0
  try {
    const details = await fc.check(
      fc.asyncProperty(game.schedules(family), async (schedule) => {
        const outcome = await judged(game, family, schedule)
        events += outcome.events
        for (const kind of outcome.happened) count(happened, kind)
        seen(outcome)
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
    return { family, seed, runs, failure, events, happened }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    process.off("unhandledRejection", onUnhandled)
  }
}

export function count<T>(counts: Map<T, number>, what: T): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}

/** The failure in a few words, for a table; null if there is none. */
export function summaryOf({
  seed,
  runs,
  failure,
}: Found<string, { readonly steps: readonly { readonly kind: string }[] }, string>) {
  if (!failure) return null
  const steps = failure.schedule.steps.map(({ kind }) => kind)
  return { seed, runs, steps, path: failure.path, breach: failure.breach.split("\n", 1)[0] }
}

/** The failure in words: what broke, how to run it again, and what happened in the shortest run. */
export async function reportOf<Family extends string, Schedule, Outcome extends Played<string>>(
  game: Game<Family, Schedule, Outcome>,
  { family, seed, failure }: Found<Family, Schedule, string>,
): Promise<string> {
  if (!failure) return "nothing found"
  const { schedule, path, breach } = failure
  const { trace } = await judged(game, family, schedule, true)
  return [
    breach,
    `again: node --import=tsx ${game.script} ${family} 1 ${seed} ${path}`,
    JSON.stringify(schedule),
    ...trace,
  ].join("\n")
}
