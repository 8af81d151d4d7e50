/** What a leader says of its cron when it is asked; with `{"reread": true}` it looks at the definitions anew before. */
import { askOne } from "../contracts/ask-one.js"
import type { Bus } from "../contracts/bus.js"
import { objectIn, toBytes } from "../encoding/json.js"
import { cronNamesOf } from "./cron-names.js"

/** How long it may take to say so, in ms. */
const ANSWER_MS = 2_000

/** One definition as it is fired. */
export interface CronNews {
  readonly name: string
  readonly at: string
  readonly tz: string
  readonly job: string
  readonly missed: string
  /** Where it is defined: in the code of the leader, or in the pool. */
  readonly from: string
  readonly isPaused: boolean
  /** The next tick, in ms since 1970; none if it is paused, or not looked at yet. */
  readonly nextMs?: number | undefined
  /** Why it can't be fired, if it can't. */
  readonly problem?: string | undefined
}

export interface LeaderCron {
  /** Name of the leader. */
  readonly by: string
  readonly crons: readonly CronNews[]
}

/** What the leader of `pool` says; undefined if nobody leads, or it has no cron. */
export async function askLeader(
  bus: Bus,
  pool: string,
  isReread: boolean,
): Promise<LeaderCron | undefined> {
  const question = toBytes({ reread: isReread })
  const answer = await askOne(bus, cronNamesOf(pool).ask, question, ANSWER_MS)
  return answer && decodeLeaderCron(answer)
}

/** Whether that is asked; what can't be read asks for no more than an answer. */
export function asksReread(data: Uint8Array): boolean {
  try {
    return objectIn(data).reread === true
  } catch {
    return false
  }
}

export function encodeLeaderCron(news: LeaderCron): Uint8Array {
  return toBytes(news)
}

/** Throws SyntaxError for what is none. */
function decodeLeaderCron(data: Uint8Array): LeaderCron {
  const { by, crons } = objectIn(data)
  const known = Array.isArray(crons) ? crons.filter((one) => typeof one?.name === "string") : []
  return { by: String(by), crons: known as CronNews[] }
}
