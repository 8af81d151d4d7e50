/** What `pool stop`, `kill`, `restart`, `pause`, `resume` and `hand-over` do: they give an order, and print what came of it. */
import { connectToNats } from "../nats/connection.js"
import { type Giving, handOver, type OrderOutcome, order } from "../operator/follow-order.js"
import { PoolWatch } from "../operator/pool-watch.js"
import type { OrderName } from "../protocol/orders.js"
import { connectionIn, type PoolFlags } from "./flags/flags.js"

export interface OrderFlags extends PoolFlags {
  json?: boolean
  timeout: number
}

export interface HandOverFlags extends OrderFlags {
  from?: string
}

/** An order to the member that is named. */
export type OrderToOne = Exclude<OrderName, "hand-over">

/** Gives `member` an order. Throws where it was not obeyed. */
export function giveOrder(name: OrderToOne, member: string, flags: OrderFlags): Promise<void> {
  return give(name, flags, (giving) => order(giving, name, member))
}

/** Has the leader hand over, to `member` or to the next in line. Throws where it did not. */
export function giveLead(member: string | undefined, flags: HandOverFlags): Promise<void> {
  return give("hand-over", flags, (giving) => handOver(giving, member, flags.from))
}

async function give(
  name: OrderName,
  flags: OrderFlags,
  act: (giving: Giving) => Promise<OrderOutcome>,
): Promise<void> {
  const { pool, timeout: timeoutMs } = flags
  const connection = await connectToNats(connectionIn(flags), `pool ${pool} ${name}`)
  try {
    const watch = await PoolWatch.open(connection, pool)
    try {
      const outcome = await act({ bus: connection, pool, watch, timeoutMs })
      console.log(flags.json ? JSON.stringify(outcome) : inWords(outcome))
    } finally {
      watch.stop()
    }
  } finally {
    await connection.close()
  }
}

function inWords(outcome: OrderOutcome): string {
  if (outcome.nothing) return `${outcome.nothing}; nothing to do`
  const { leader } = outcome
  const next = leader && `${leader.name} leads after ${timeIn(leader.ms)}, term ${leader.term}`
  if (outcome.order === "hand-over") return next ?? ""
  const then = outcome.isLeaderless ? "nobody is left to lead" : next
  return then ? `${ownPart(outcome)}; ${then}` : ownPart(outcome)
}

function ownPart({ order, name, ms, newId }: OrderOutcome): string {
  const after = `after ${timeIn(ms)}`
  switch (order) {
    case "pause":
      return `${name} is paused ${after}`
    case "resume":
      return `${name} takes work again ${after}`
    case "restart":
      return `${name} is back ${after}, at the end of the line, as ${newId}`
    case "kill":
      return `${name} is gone ${after}`
    default:
      return `${name} left ${after}`
  }
}

/** `2 ms`, `1.2 s`. */
function timeIn(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
