/** What a pool costs its server and its members by its size, and what half of it that dies at once costs. */
import type { Context } from "./part.js"
import { type Limit, type Measured, type Row, rowOf } from "./rows.js"
import { type Crowd, crowdOf, type Traffic } from "./scale/crowd.js"

const SIZES = [10, 100, 300, 1000]
/** The size that has limits. */
const LARGEST = 1000

export async function scale({ binary, progress }: Context): Promise<Row[]> {
  const crowds: Crowd[] = []
  for (const size of SIZES) {
    crowds.push(await crowdOf(binary, size))
    progress("m")
  }
  return crowds.flatMap(rowsOf)
}

function rowsOf({ members, joinedMs, idle, perDeath }: Crowd): Row[] {
  const row = (what: string, unit: string, sample: number, atMost?: number) => {
    const limit: Limit = { of: "figures", figure: "max", ...(atMost && { atMost }) }
    const measured: Measured = { what: `${members} members: ${what}`, unit, samples: [sample] }
    return rowOf({ ...measured, ...(atMost && members === LARGEST && { limit }) })
  }
  const aSecond = (count: keyof Pick<Traffic, "inMsgs" | "outMsgs">) => idle[count] / idle.seconds
  return [
    row("all have joined", "ms", joinedMs, 10_000),
    row("the server, idle", "% of a core", idle.serverShare * 100, 10),
    row("the members, idle, in all", "% of a core", idle.memberShare * 100, 25),
    row("messages to the server, idle", "/s", aSecond("inMsgs")),
    row("messages from the server, idle", "/s", aSecond("outMsgs")),
    row("half die: messages a death beyond idle", "messages", perDeath, 2),
  ]
}
