/**
 * How long nobody answers tracked work: a kind stop, a hand-over by order, among very many, `kill -9`, a machine that is
 * gone; where that time goes; and what callers see of it.
 */
import type { Gap } from "./failover/asker.js"
import {
  type ChangesOfLeader,
  changesInCrowd,
  changesOfLeader,
} from "./failover/change-of-leader.js"
import { GONE_LEASE_MS, machinesGone } from "./failover/machine-gone.js"
import { rowsOfCounts } from "./failover/ongoing-requests.js"
import { Requester } from "./failover/requester.js"
import type { Spans } from "./failover/timeline.js"
import type { Context } from "./part.js"
import { type Limit, type Row, rowOf } from "./rows.js"

const BAREST = "the barest of plain NATS"
const CROWD = 1_000
/** The spans of a change, as they are read. */
const SPANS: Record<keyof Spans, string> = {
  toWord: "last answer to the word",
  toClaim: "word to the claim",
  toAnswer: "claim to the first answer",
}

export async function failover(context: Context): Promise<Row[]> {
  const { url, rounds, loader, progress } = context
  const requester = await Requester.start(url, loader)
  const on = (mark: string) => ({ url, requester, rounds, onRound: () => progress(mark) })
  try {
    const kind = await changesOfLeader(on("s"), "kind")
    const ordered = await changesOfLeader(on("o"), "order")
    const killed = await changesOfLeader(on("k"), "kill")
    const gone = await machinesGone(url, requester, rounds, () => progress("g"))
    const crowd = await changesInCrowd(on("c"), CROWD)
    const among = `hand-over among ${CROWD}`
    return [
      ...rowsOfChanges("kind stop", kind, { of: "ratio", figure: "median", atMost: 1.6 }),
      ...rowsOfChanges("hand-over by order", ordered, {
        of: "ratio",
        figure: "median",
        atMost: 1.6,
      }),
      ...rowsOfChanges("kill -9 of the leader", killed, {
        of: "ratio",
        figure: "median",
        atMost: 1.1,
      }),
      ...rowsOfChanges(among, crowd, { of: "figures", figure: "median", atMost: 10 }),
      rowOf({
        what: `machine gone, lease ${GONE_LEASE_MS} ms`,
        unit: "ms",
        samples: gone.gaps,
        limit: { of: "figures", figure: "max", atMost: Math.round(GONE_LEASE_MS * 1.05 + 50) },
      }),
      ...rowsOfCounts("kind stop", kind.requests),
      ...rowsOfCounts("hand-over by order", ordered.requests),
      ...rowsOfCounts("kill -9", killed.requests),
      ...rowsOfCounts("machine gone", gone.requests),
    ]
  } finally {
    await requester.close()
  }
}

/** The gap, and under it the spans that both are made of. */
function rowsOfChanges(what: string, { gaps, plainGaps }: ChangesOfLeader, limit: Limit): Row[] {
  const gap = rowOf({
    ...{ what, unit: "ms", samples: gaps.map(({ ms }) => ms), limit },
    baseline: { what: BAREST, samples: plainGaps.map(({ ms }) => ms) },
  })
  return [gap, ...rowsOfSpans("  ", gaps), ...rowsOfSpans("  barest: ", plainGaps)]
}

function rowsOfSpans(before: string, gaps: readonly Gap[]): Row[] {
  const told = gaps.flatMap(({ spans }) => (spans ? [spans] : []))
  if (told.length === 0) return []
  const names = Object.keys(SPANS) as (keyof Spans)[]
  return names.map((name) =>
    rowOf({ what: before + SPANS[name], unit: "ms", samples: told.map((spans) => spans[name]) }),
  )
}
