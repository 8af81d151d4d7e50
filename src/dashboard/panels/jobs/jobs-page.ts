/** The page of jobs, between the header and the footer: queues, what runs and what is dead, as much as there is room for. */
import { queueState } from "../../../jobs/contract/job-store.js"
import { count, duration, ended } from "../../drawing/format.js"
import { framed } from "../../drawing/frame.js"
import type { Glyphs } from "../../drawing/glyphs.js"
import { FOOTER_ROWS, HEADER_ROWS, type Layout } from "../../drawing/layout.js"
import { EMPTY, fitted, type Line, line, span } from "../../drawing/line.js"
import type { JobRow, RowKind } from "../../jobs/job-rows.js"
import type { Snapshot } from "../../state/snapshot.js"
import { deadTable, marked, progressOf, queueTable, runningTable, type Size } from "./job-tables.js"

/** A frame and a heading; and a heading alone. */
const FRAMED_EXTRA = 3
const HEADING = 1
const KINDS = ["queue", "running", "dead"] as const

export function jobsPage(snapshot: Snapshot, layout: Layout, glyphs: Glyphs): Line[] {
  const { columns, rows, kind } = layout
  const room = rows - HEADER_ROWS - FOOTER_ROWS
  const lines =
    emptiness(snapshot) ??
    (kind === "small"
      ? compact(snapshot, columns, room, glyphs)
      : sections(snapshot, columns, room, glyphs, kind === "large"))
  return Array.from({ length: room }, (_, row) => fitted(lines[row] ?? EMPTY, columns))
}

/** What stands there in place of tables. */
function emptiness({ pool, filter, jobRows, facts }: Snapshot): Line[] | undefined {
  const { isKnown, hasJobs, problem } = pool.jobs
  if (problem) return [line(` The jobs can't be looked at: ${problem}`, "bad")]
  if (!isKnown) return [line(" Reading the jobs...", "dim")]
  if (hasJobs && jobRows && jobRows.length > 0) return undefined
  if (filter !== "") return [line(` Nothing has "${filter}" in it. Esc clears.`, "dim")]
  const at = facts.pool === "work" ? "" : ` --pool ${facts.pool}`
  return [
    line(hasJobs ? " No queue was ever served here." : " This pool has no jobs."),
    line(" In mail.js, a handler for a queue:", "dim"),
    line(" export const jobs = { send(job) {} }"),
    line(` Then: pool worker${at} --handler mail.js`, "dim"),
    line(` and:  pool enqueue${at} send hello`, "dim"),
  ]
}

function sections(
  snapshot: Snapshot,
  columns: number,
  room: number,
  glyphs: Glyphs,
  isFramed: boolean,
): Line[] {
  const extra = isFramed ? FRAMED_EXTRA : HEADING
  const width = isFramed ? columns - 2 : columns
  const all = KINDS.map((kind) => rowsOf(snapshot, kind))
  const heights = shares(
    all.map(({ length }) => Math.max(1, length)),
    room - KINDS.length * extra,
  )
  return KINDS.flatMap((kind, n) => {
    const height = heights[n] ?? 0
    const shown = windowOf(all[n] ?? [], snapshot, height)
    const table = tableOf(kind, shown, snapshot, { width, glyphs })
    const none = shown.length === 0 ? [line(NOTHING[kind], "dim")] : []
    const lines = [...table, ...none]
    if (isFramed) {
      const titled = { title: titleOf(kind, snapshot), remark: remarkOf(kind, snapshot) }
      return framed({ ...titled, width: columns, height: height + extra }, lines, glyphs)
    }
    return Array.from({ length: height + extra }, (_, row) => lines[row] ?? EMPTY)
  })
}

function tableOf(kind: RowKind, rows: readonly JobRow[], snapshot: Snapshot, of: Size): Line[] {
  const own = <Kind extends RowKind>(of: Kind) =>
    rows.filter((row): row is Extract<JobRow, { kind: Kind }> => row.kind === of)
  switch (kind) {
    case "queue":
      return queueTable(own("queue"), snapshot, of)
    case "running":
      return runningTable(own("running"), snapshot, of)
    case "dead":
      return deadTable(own("dead"), snapshot, of)
  }
}

const NOTHING: Readonly<Record<RowKind, string>> = {
  queue: " No queue.",
  running: " Nothing runs.",
  dead: " Nothing is dead.",
}

function titleOf(kind: RowKind, { pool }: Snapshot): string {
  const { queues, running } = pool.jobs
  if (kind === "queue") return `Queues ${count(queues.length)}`
  if (kind === "running") return `Running ${count(running.length)}`
  return `Dead ${count(deadIn(queues))}`
}

function remarkOf(kind: RowKind, { pool, filter }: Snapshot): string {
  const { queues, dead } = pool.jobs
  if (kind === "queue" && filter !== "") return `with "${filter}"`
  const isPart = kind === "dead" && dead.length < deadIn(queues)
  return isPart ? `the newest ${dead.length}` : ""
}

function deadIn(queues: Snapshot["pool"]["jobs"]["queues"]): number {
  return queues.reduce((sum, { dead }) => sum + dead, 0)
}

/** How many of `room` rows each gets that wants so many: what one does not need goes to the others, the rest to the last. */
function shares(wanted: readonly number[], room: number): number[] {
  const given = wanted.map(() => 0)
  for (let left = room; left > 0; ) {
    const hungry = given.flatMap((has, n) => (has < (wanted[n] ?? 0) ? [n] : []))
    if (hungry.length === 0) {
      given[given.length - 1] = (given.at(-1) ?? 0) + left
      break
    }
    for (const n of hungry.slice(0, left)) {
      given[n] = (given[n] ?? 0) + 1
      left -= 1
    }
  }
  return given
}

function rowsOf({ jobRows = [] }: Snapshot, kind: RowKind): JobRow[] {
  return jobRows.filter((row) => row.kind === kind)
}

/** The rows around the selected one, or the first. */
function windowOf(rows: readonly JobRow[], snapshot: Snapshot, height: number): readonly JobRow[] {
  const selected = rows.findIndex(({ key }) => key === snapshot.selectedJob?.key)
  const top = Math.max(0, Math.min(selected - Math.floor(height / 2), rows.length - height))
  return rows.slice(top, top + height)
}

/** A line for each row, in words: for a screen without room for tables. */
function compact(snapshot: Snapshot, width: number, room: number, glyphs: Glyphs): Line[] {
  const { jobRows = [], shownAt } = snapshot
  return windowOf(jobRows, snapshot, room).map((row) => {
    const text = ended(wordsOf(row, shownAt.wallMs), width - 1, glyphs.cut)
    const style = row.kind === "dead" ? "late" : "plain"
    return marked(row, [span(text, style)], snapshot, { width, glyphs })
  })
}

function wordsOf(row: JobRow, nowWallMs: number): string {
  if (row.kind === "queue") {
    const { queue, waiting, running, delayed, dead } = row.queue
    const figures = [
      [waiting, "wait"],
      [running, "run"],
      [delayed, "later"],
      [dead, "dead"],
    ] as const
    const told = figures.filter(([n]) => n > 0).map(([n, word]) => `${count(n)} ${word}`)
    const state = queueState(row.queue)
    return [queue, state, ...(told.length > 0 ? told : ["idle"])].filter(Boolean).join(" ")
  }
  if (row.kind === "running") {
    const { queue, worker, sinceWallMs, progress } = row.job
    return ` ${queue} at ${worker} ${duration(nowWallMs - sinceWallMs)} ${progressOf(progress)}`
  }
  return ` ${row.job.queue} dead: ${row.job.reason}`
}
