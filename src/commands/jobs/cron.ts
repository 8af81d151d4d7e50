/** What `pool cron` does: it changes what is defined in the pool, and prints what is, with the last tick and the next. */
import { CronDesk, type CronList, type CronRow } from "../../cron/cron-desk.js"
import type { Missed } from "../../cron/decision.js"
import { checkCron } from "../../cron/expression.js"
import { BadInput } from "../../errors/errors.js"
import type { JobFinder } from "../../jobs/job-finder.js"
import type { StreamCare } from "../../jobs/store/job-streams.js"
import { connectToNats } from "../../nats/connection.js"
import { findJobs } from "../../operator/pool-jobs.js"
import { connectionIn, type PoolFlags } from "../flags/flags.js"
import { type Column, span, table } from "../terminal/table.js"

export interface CronFlags extends PoolFlags {
  json?: boolean
}

export interface CronAddFlags extends CronFlags {
  tz: string
  job: string
  payload?: string
  missed: Missed
  grace?: number
}

/** A definition, and what became of the job of its last tick. */
type Row = CronRow & { readonly became?: string | undefined; readonly nowMs: number }

interface Shop {
  readonly desk: CronDesk
  readonly finder: JobFinder
  readonly nowMs: number
}

export async function addCron(name: string, at: string, flags: CronAddFlags): Promise<void> {
  const { tz, job, payload, missed, grace: graceMs } = flags
  const definition = { at, tz, job, payload, missed, graceMs }
  // Before anything is opened, or made.
  checkCron(name, definition)
  const act = (desk: CronDesk) => desk.add(name, definition)
  return change(name, flags, act, "make")
}

export function changeCron(
  what: "remove" | "pause" | "resume",
  name: string,
  flags: CronFlags,
): Promise<void> {
  return change(name, flags, (desk) => desk[what](name))
}

export function listCron(flags: CronFlags): Promise<void> {
  return visit(flags, "look", async (shop) => {
    const list = (await shop?.desk.list()) ?? NOTHING
    const rows = shop ? await Promise.all(list.crons.map((row) => withFate(row, shop))) : []
    if (flags.json) {
      const crons = rows.map(({ nowMs: _, ...row }) => row)
      return console.log(JSON.stringify({ by: list.by, crons }))
    }
    if (rows.length === 0) console.error(`pool: nothing is defined in pool "${flags.pool}"`)
    else console.log(await table(COLUMNS, rows))
    if (!list.by && rows.length > 0) console.error(`pool: ${NOBODY}`)
  })
}

const NOTHING: CronList = { crons: [] }
const NOBODY =
  "nobody fires them at the moment: that takes a leader with jobs or cron; what is missed is for each one's policy to say"

async function change(
  name: string,
  flags: CronFlags,
  act: (desk: CronDesk) => Promise<CronList>,
  care: StreamCare = "look",
): Promise<void> {
  await visit(flags, care, async (shop) => {
    if (!shop) throw noneIs(name)
    const { by, crons } = await act(shop.desk)
    const row = crons.find((one) => one.name === name)
    if (flags.json) return console.log(JSON.stringify({ by, cron: row ?? null }))
    console.log(inWords(name, row, by))
  })
}

/** The pool has no such, for it has neither jobs nor cron. */
export function noneIs(name: string): BadInput {
  return new BadInput("cron", "one that is defined; none is", name)
}

function inWords(name: string, row: CronRow | undefined, by: string | undefined): string {
  if (!row) return `${name} is removed`
  const where = row.from === "code" ? `, as it is in the code of ${by}` : ""
  if (row.isPaused) return `${name} is paused${where}`
  if (row.problem) return `${name} is defined, but ${by} can't fire it: ${row.problem}`
  const next = row.nextMs === undefined ? "" : `; the next tick is ${timeIn(row.nextMs)}`
  const what = `${name} is "${row.at}" in ${row.tz}, job ${row.job}${where}`
  return by ? `${what}${next}` : `${what}; ${NOBODY}`
}

/** Calls `act` with what there is; with undefined if the pool has neither jobs nor cron, unless that is made. */
export async function visit(
  flags: CronFlags,
  care: StreamCare,
  act: (shop: Shop | undefined) => Promise<void>,
): Promise<void> {
  const { pool } = flags
  const connection = await connectToNats(connectionIn(flags), `pool ${pool} cron`)
  try {
    const jobs = await findJobs(connection, pool, care)
    if (!jobs) return await act(undefined)
    const { store, finder } = jobs
    const desk = new CronDesk(pool, store, connection)
    await act({ desk, finder, nowMs: store.nowMs() })
  } finally {
    await connection.close()
  }
}

async function withFate(row: CronRow, { finder, nowMs }: Omit<Shop, "desk">): Promise<Row> {
  const id = row.last?.job
  if (id === undefined) return { ...row, nowMs }
  return { ...row, nowMs, became: await becameOf(finder, id, row.job) }
}

/** What became of a tick, by the id of its job: that waits, runs, has failed for good, or is found nowhere any more. */
export async function becameOf(finder: JobFinder, id: string, queue?: string): Promise<string> {
  const found = await finder.find(id, queue)
  if (!found) return "done"
  if (found.place !== "job") return found.place === "dead" ? "dead" : "delayed"
  const running = await finder.running(id)
  return running ? `runs at ${running.worker}` : "waits"
}

const COLUMNS: Column<Row>[] = [
  { title: "NAME", of: ({ name }) => name },
  { title: "AT", of: ({ at }) => at },
  { title: "TZ", of: ({ tz }) => tz },
  { title: "JOB", of: ({ job }) => job },
  { title: "MISSED", of: ({ missed }) => missed, leaves: 2 },
  { title: "FROM", of: ({ from }) => from, leaves: 1 },
  { title: "LAST", of: ({ last }) => (last?.job ? timeIn(last.atMs) : "") },
  { title: "LATE", of: lateness, right: true, leaves: 3 },
  { title: "BY", of: ({ last }) => (last?.job ? last.by : ""), leaves: 4 },
  { title: "BECAME", of: ({ became }) => became ?? "" },
  { title: "NEXT", of: next },
]

function lateness({ last }: Row): string {
  return last?.job ? span(Math.max(0, last.firedMs - last.atMs)) : ""
}

function next({ isPaused, problem, nextMs }: Row): string {
  if (isPaused) return "paused"
  if (problem) return problem
  return nextMs === undefined ? "" : timeIn(nextMs)
}

/** `2026-11-27T03:00:00Z`. */
export function timeIn(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z")
}
