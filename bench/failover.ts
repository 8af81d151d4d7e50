/** How long nobody answers tracked work: a kind hand-over, `kill -9`, a machine that is gone; and what callers see of it. */
import { type ChangesOfLeader, changesOfLeader } from "./failover/change-of-leader.js"
import { GONE_LEASE_MS, machinesGone } from "./failover/machine-gone.js"
import { rowsOfCounts } from "./failover/ongoing-requests.js"
import { Requester } from "./failover/requester.js"
import type { Context } from "./part.js"
import { type Row, rowOf } from "./rows.js"

const BAREST = "the barest of plain NATS"

export async function failover(context: Context): Promise<Row[]> {
  const { url, rounds, loader, progress } = context
  const requester = await Requester.start(url, loader)
  try {
    const kind = await changesOfLeader(url, requester, rounds, "kind", () => progress("s"))
    const killed = await changesOfLeader(url, requester, rounds, "kill", () => progress("k"))
    const gone = await machinesGone(url, requester, rounds, () => progress("g"))
    return [
      rowOfChanges("kind hand-over", kind, 1.6),
      rowOfChanges("kill -9 of the leader", killed, 1.1),
      rowOf({
        what: `machine gone, lease ${GONE_LEASE_MS} ms`,
        unit: "ms",
        samples: gone.gaps,
        limit: { of: "figures", figure: "max", atMost: Math.round(GONE_LEASE_MS * 1.05 + 50) },
      }),
      ...rowsOfCounts("kind hand-over", kind.requests),
      ...rowsOfCounts("kill -9", killed.requests),
      ...rowsOfCounts("machine gone", gone.requests),
    ]
  } finally {
    await requester.close()
  }
}

function rowOfChanges(what: string, { gaps, plainGaps }: ChangesOfLeader, atMost: number): Row {
  return rowOf({
    ...{ what, unit: "ms", samples: gaps },
    baseline: { what: BAREST, samples: plainGaps },
    limit: { of: "ratio", figure: "median", atMost },
  })
}
