/** What a worker with cron loads, in one piece. */
import type { Bus } from "../contracts/bus.js"
import { askLeader } from "./cron-news.js"
import type { CronDefinition, CronDefinitions } from "./definition.js"
import { ReignCron } from "./reign-cron.js"

export { ReignCron }

export interface CronModule {
  readonly ReignCron: typeof ReignCron
  readonly definitionsIn: typeof definitionsIn
  readonly compareWithLeader: typeof compareWithLeader
}

/** The definitions of a program. Throws BadInput. */
export async function definitionsIn(
  cron: CronDefinitions,
): Promise<ReadonlyMap<string, CronDefinition>> {
  const definitions = Object.entries(cron)
  if (definitions.length === 0) return new Map()
  const { checkCron } = await import("./expression.js")
  for (const [name, definition] of definitions) checkCron(name, definition)
  return new Map(definitions)
}

/** What the leader's definitions have other than `own`, in words; nothing if it doesn't say what it has. */
export async function compareWithLeader(
  bus: Bus,
  pool: string,
  own: ReadonlyMap<string, CronDefinition>,
): Promise<string[]> {
  const leader = await askLeader(bus, pool, false).catch(() => undefined)
  if (!leader) return []
  const { by, crons } = leader
  return [...own].flatMap(([name, { at, tz = "UTC", job }]) => {
    const its = crons.find((one) => one.name === name)
    const here = `"${at}" ${tz}, job ${job}`
    if (!its) return [`cron ${name} is ${here} here, and nothing at ${by}, which leads and counts`]
    const there = `"${its.at}" ${its.tz}, job ${its.job}`
    // What is defined in the pool is so for all.
    if (its.from === "pool" || here === there) return []
    return [`cron ${name} is ${here} here, and ${there} at ${by}, which leads and counts`]
  })
}
