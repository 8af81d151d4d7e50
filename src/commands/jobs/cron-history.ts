/** What `pool cron history` does: it prints the last ticks that were fired, when, by whom, and what became of each. */
import type { CronTick } from "../../cron/cron-desk.js"
import { type Column, span, table } from "../terminal/table.js"
import { becameOf, type CronFlags, noneIs, timeIn, visit } from "./cron.js"

/** A tick, and what became of its job. */
interface Row extends CronTick {
  /** How long after it its job was enqueued, in ms. */
  readonly lateMs: number
  readonly became: string
}

/** Prints the last ticks of `name`, or of all, the last one last. Throws BadInput if there is no such. */
export function showCronHistory(name: string | undefined, flags: CronFlags): Promise<void> {
  return visit(flags, "look", async (shop) => {
    if (!shop && name !== undefined) throw noneIs(name)
    const ticks = (await shop?.desk.history(name)) ?? []
    const rows = ticks.map(async (tick): Promise<Row> => {
      const lateMs = Math.max(0, tick.firedMs - tick.atMs)
      return { ...tick, lateMs, became: shop ? await becameOf(shop.finder, tick.job) : "" }
    })
    const all = await Promise.all(rows)
    if (flags.json) return console.log(JSON.stringify(all))
    if (all.length > 0) return console.log(await table(COLUMNS, all, process.stdout.columns))
    const which = name === undefined ? `pool "${flags.pool}"` : `cron ${name}`
    console.error(`pool: no tick of ${which} was fired yet`)
  })
}

const COLUMNS: Column<Row>[] = [
  { title: "TICK", of: ({ atMs }) => timeIn(atMs) },
  { title: "NAME", of: ({ name }) => name },
  { title: "LATE", of: ({ lateMs }) => span(lateMs), right: true },
  { title: "BY", of: ({ by }) => by },
  { title: "TERM", of: ({ term }) => String(term), right: true, leaves: 1 },
  { title: "JOB", of: ({ job }) => job, leaves: 2 },
  { title: "BECAME", of: ({ became }) => became },
]
