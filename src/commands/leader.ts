/** What `pool leader` does: it prints who leads, and with `--watch` each change. */
import { once } from "node:events"
import { Troubles } from "../contracts/troubles.js"
import { clean } from "../dashboard/drawing/clean.js"
import { NoLeader } from "../errors/errors.js"
import { connectToNats } from "../nats/connection.js"
import { tellOfConnection } from "../nats/connection-troubles.js"
import { viewOf } from "../operator/pool-view.js"
import { hearClaims } from "../protocol/announcements.js"
import { type Claim, reignOf, type StandingClaim } from "../protocol/claim.js"
import { namesOf } from "../protocol/names.js"
import { systemClock } from "../time/system-clock.js"
import { connectionIn, type PoolFlags } from "./flags/flags.js"
import { EXIT } from "./terminal/exit.js"
import { interrupts } from "./terminal/interrupt.js"
import { unread } from "./terminal/output.js"

export interface LeaderFlags extends PoolFlags {
  json?: boolean
  watch?: boolean
}

/** Prints the leader. Throws NoLeader if nobody leads and it is not to watch. */
export async function showLeader(flags: LeaderFlags): Promise<void> {
  const interrupted = interrupts(() => process.exit(EXIT.ok))
  // Until it watches there is nothing to be ended.
  const quit = () => process.exit(flags.watch ? EXIT.ok : EXIT.interrupted)
  interrupted.signal.addEventListener("abort", quit)
  const connection = await connectToNats(connectionIn(flags), `pool ${flags.pool} leader`)
  const print = (standing: StandingClaim) => {
    const summary = summaryOf(standing)
    console.log(flags.json ? JSON.stringify(summary) : lineOf(standing))
  }
  let last = ""
  const printNews = (standing: StandingClaim) => {
    const news = JSON.stringify([reignOf(standing), standing.claim.released, standing.claim.reason])
    if (news !== last) print(standing)
    last = news
  }
  try {
    if (flags.watch) {
      hearClaims(connection, namesOf(flags.pool), printNews)
      tellOfConnection(connection, new Troubles(systemClock, say), () => {})
    }
    const { standing, isHeld } = await viewOf(connection, flags.pool)
    if (standing && isHeld) printNews(standing)
    else if (!flags.watch) throw new NoLeader(flags.pool, 0)
    if (!flags.watch) return
    interrupted.signal.removeEventListener("abort", quit)
    await Promise.race([interrupted.first, once(unread, "abort"), connection.closed()])
  } finally {
    interrupted.stop()
    await connection.close()
  }
}

/** Silence is no proof that nothing happens: who watches learns that nothing is heard. */
function say(problem: string): void {
  console.error(`pool: ${problem}`)
}

function summaryOf(standing: StandingClaim) {
  const { name, id, key, since, heirs, strategy, reason, lease, released } = standing.claim
  const { term } = reignOf(standing)
  return { name, id, key, term, since, lease, heirs: heirs.map(named), strategy, reason, released }
}

function lineOf(standing: StandingClaim): string {
  const { name, since, reason, released } = standing.claim
  const { term } = reignOf(standing)
  if (released) return clean(`nobody leads: ${name} (term ${term}) ended: ${released.reason}`)
  return clean(`${name}  term ${term}  since ${since}  ${reason}`)
}

/** An heir with its name, which stands in its key. */
function named({ key, id }: Claim["heirs"][number]) {
  return { name: key.slice(key.indexOf(".") + 1), id, key }
}
