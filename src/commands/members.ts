/** What `pool members` does: it looks at the pool once, and prints who is in it. */
import { clean } from "../dashboard/drawing/clean.js"
import { NoWorkers } from "../errors/errors.js"
import { connectToNats } from "../nats/connection.js"
import { type PoolView, viewOf } from "../operator/pool-view.js"
import type { Member } from "../protocol/member.js"
import { connectionIn, type PoolFlags } from "./flags/flags.js"
import { type Column, span, table } from "./terminal/table.js"

export interface MembersFlags extends PoolFlags {
  json?: boolean
}

/** Prints the members. Throws NoWorkers if there is none. */
export async function listMembers(flags: MembersFlags): Promise<void> {
  const connection = await connectToNats(connectionIn(flags), `pool ${flags.pool} members`)
  try {
    const view = await viewOf(connection, flags.pool)
    if (flags.json)
      console.log(JSON.stringify(view.members.map((member) => withRole(view, member))))
    for (const key of view.unreadable) {
      console.error(`pool: ignored the entry "${clean(key)}": this version can't read it`)
    }
    if (view.members.length === 0) throw new NoWorkers(flags.pool)
    if (!flags.json)
      console.log(await table(columnsFor(view), view.members, process.stdout.columns))
  } finally {
    await connection.close()
  }
}

type Role = "leader" | "next" | ""

function roleOf({ standing, isHeld }: PoolView, { id }: Member): Role {
  if (!standing || !isHeld) return ""
  if (standing.claim.id === id) return "leader"
  return standing.claim.heirs[0]?.id === id ? "next" : ""
}

function withRole(view: PoolView, member: Member) {
  return { ...member, role: roleOf(view, member) || "follower" }
}

function columnsFor(view: PoolView): Column<Member>[] {
  const servers = new Set(view.members.map(({ server }) => server))
  const server = { title: "SERVER", of: ({ server = "" }: Member) => server, leaves: 4 }
  return [
    { title: "NAME", of: ({ name }) => name },
    { title: "ROLE", of: (member) => roleOf(view, member) },
    { title: "STATE", of: ({ state, lingering }) => (lingering ? "lingers" : state), leaves: 1 },
    {
      title: "UPTIME",
      of: ({ start }) => span(view.serverMs - start / 1000),
      right: true,
      leaves: 2,
    },
    { title: "DONE", of: ({ counters }) => String(counters.done), right: true, leaves: 3 },
    ...(servers.size > 1 ? [server] : []),
    { title: "HOST", of: ({ host }) => host, leaves: 4 },
    { title: "PID", of: ({ pid }) => String(pid), right: true, leaves: 5 },
    { title: "ID", of: ({ id }) => id, leaves: 6 },
  ]
}
