/** Why a lever can't be pulled just now, in words. Pure; what can be pulled is pulled by `store.ts`. */
import type { Command } from "../keys/keymap.js"
import type { Pool } from "../world/pool.js"
import { reigning } from "../world/reigns.js"
import type { Row } from "../world/rows.js"
import type { Lever } from "../world/source.js"
import type { Facts } from "./snapshot.js"

/** The commands that are about the selected member. */
const ABOUT_MEMBER: ReadonlySet<Command> = new Set<Command>([
  "stop",
  "kill",
  "restart",
  "hand-over",
  "freeze",
  "rest",
])

export function isAboutMember(command: Command): boolean {
  return ABOUT_MEMBER.has(command)
}

/** The order that a command is for a member in this state. */
export function orderFor(command: Command, { state }: Row): Lever | undefined {
  switch (command) {
    case "stop":
    case "kill":
    case "restart":
    case "hand-over":
      return command
    case "freeze":
      return state === "frozen" ? "thaw" : "freeze"
    case "rest":
      return state === "paused" ? "resume" : "pause"
    default:
      return undefined
  }
}

/** Why `command` can't be done; undefined if it can. */
export function refusal(
  command: Command,
  row: Row | undefined,
  pool: Pool,
  facts: Facts,
  monoMs: number,
): string | undefined {
  if (!pool.connection.isUp)
    return `not connected to ${facts.server}: this key works again when it is back`
  if (command === "start") {
    return facts.canStart ? undefined : "this dashboard starts no workers; in a shell: pool worker"
  }
  if (!isAboutMember(command)) return undefined
  if (!row) return "no worker is selected"
  if (row.state === "frozen" && command !== "freeze" && command !== "kill") {
    return `${row.name} is frozen and would not answer: z thaws it, K kills it`
  }
  if (command === "hand-over") return handOverRefusal(row, pool, monoMs)
  return row.control ? undefined : noOrders(row.name)
}

/** The leader is the one that obeys a hand-over, so it is the leader that must take orders. */
function handOverRefusal(row: Row, pool: Pool, monoMs: number): string | undefined {
  const leader = reigning(pool.reigns, monoMs)
  if (!leader) return "nobody leads, so nobody can hand over"
  if (leader.id === row.id) return `${row.name} leads already; select who shall lead next`
  const member = pool.members.living.get(row.id)?.member
  if (member?.lingering) return `${row.name} may not lead: its last lead() has not returned`
  if (member?.eligible === false) return `${row.name} may not lead: it was started as not eligible`
  const holder = pool.members.living.get(leader.id)?.member
  return holder?.control === false ? noOrders(leader.name) : undefined
}

function noOrders(name: string): string {
  return `${name} takes no orders: it was started without --allow-control`
}
