/** What `pool history` does: it reads the last reigns, and prints them. */
import { readHistory } from "../history/history-stream.js"
import { type ReignStory, storiesOf } from "../history/records.js"
import { connectToNats } from "../nats/connection.js"
import { viewOf } from "../operator/pool-view.js"
import { namesOf } from "../protocol/names.js"
import { connectionIn, type PoolFlags } from "./flags/flags.js"
import { type Column, span, table } from "./terminal/table.js"

export interface HistoryFlags extends PoolFlags {
  json?: boolean
  limit: number
}

/** A reign, whether it lasts, and what time it is on the server's clock. */
type Row = ReignStory & { readonly isCurrent: boolean; readonly nowMs: number }

/** Prints the reigns, the last one last. */
export async function showHistory({ limit, json, ...flags }: HistoryFlags): Promise<void> {
  const connection = await connectToNats(connectionIn(flags), `pool ${flags.pool} history`)
  try {
    const names = namesOf(flags.pool)
    const [records, view] = await Promise.all([
      // A reign has two records at most; one more tells what came before the first.
      readHistory(connection, names, 2 * limit + 1),
      viewOf(connection, flags.pool),
    ])
    const leader = view.isHeld ? view.standing?.claim.id : undefined
    const stories = storiesOf(records).slice(-limit)
    const rows = stories.map((story, at) => ({
      ...story,
      nowMs: view.serverMs,
      isCurrent: at === stories.length - 1 && !story.ended && story.id === leader,
    }))
    if (json) console.log(JSON.stringify(rows.map(({ nowMs: _, ...row }) => row)))
    else if (rows.length > 0) console.log(await table(COLUMNS, rows))
    else console.error(`pool: nothing is known of earlier leaders of pool "${flags.pool}"`)
  } finally {
    await connection.close()
  }
}

const COLUMNS: Column<Row>[] = [
  { title: "TERM", of: ({ term }) => String(term), right: true },
  { title: "LEADER", of: ({ name }) => name },
  { title: "FROM", of: ({ from }) => from },
  { title: "LED", of: lasted, right: true },
  { title: "BEGAN", of: ({ began }) => began },
  { title: "ENDED", of: ({ ended, isCurrent }) => (isCurrent ? "leads" : (ended ?? "unknown")) },
  {
    title: "GAP",
    of: ({ gapMs }) => (gapMs === undefined ? "" : `${gapMs.toFixed(1)}ms`),
    right: true,
  },
]

function lasted({ from, until, isCurrent, nowMs }: Row): string {
  if (!until && !isCurrent) return ""
  return span(Math.max(0, (until ? Date.parse(until) : nowMs) - Date.parse(from)))
}
