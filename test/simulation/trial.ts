/** Has a thread hold schedules up to what is promised, and a test fail with the shortest that breaks it, told in words. */
import type { Test } from "tap"
import type { Found, SearchOptions } from "./hunt.js"
import { inThread } from "./in-thread.js"

/** The same schedules each time, so that only a change of the code turns a test red; with SOAK=1 new ones. */
const SEED = process.env.SEED ?? (process.env.SOAK ? undefined : "1")
/** What a schedule may take on a busy machine, in ms. */
export const SLOW_MS = 200

export interface Trial<Family extends string> {
  /** The file that runs them; see explore-thread.ts. */
  readonly thread: URL
  readonly family: Family
  readonly runs: number
  /** Everything that can happen; from `many` schedules on it must have happened. */
  readonly kinds: readonly string[]
  readonly many: number
}

/** What such a file is told. */
export interface Exploration<Family extends string> extends SearchOptions {
  readonly family: Family
}

/** What it says in the end; `report` tells of the failure in words. */
export interface Explored<AFound> {
  readonly found: AFound
  readonly report: string
}

/** What was found, if it is enough of everything; undefined if the test has failed, or it was to look at a few only. */
export async function tryOut<AFound extends Found<string, unknown, string>>(
  test: Test,
  { thread, family, runs, kinds, many }: Trial<AFound["family"]>,
  censusOf: (found: AFound) => string,
): Promise<AFound | undefined> {
  const what: Exploration<string> = { family, runs, ...(SEED ? { seed: Number(SEED) } : {}) }
  const { found, report } = await inThread<Explored<AFound>>(thread, what)
  test.comment(`${found.runs} schedules, seed ${found.seed}: ${censusOf(found)}`)
  if (found.failure) {
    test.fail(report)
    return undefined
  }
  test.equal(found.runs, runs)
  if (runs < many) return undefined
  const happened: ReadonlyMap<string, number> = found.happened
  for (const kind of kinds) test.ok(happened.get(kind), `${kind} happened`)
  return found
}
