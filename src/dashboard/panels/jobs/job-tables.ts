/** The three tables of the page of jobs: their columns, which of them fit into a width, and their rows. */
import { queueState } from "../../../jobs/contract/job-store.js"
import { count, duration, ended, middle, rate, startedAt } from "../../drawing/format.js"
import type { Glyphs } from "../../drawing/glyphs.js"
import { fitted, type Line, restyled, type Style, span, widthOf } from "../../drawing/line.js"
import type { JobRow, RowKind } from "../../jobs/job-rows.js"
import type { Snapshot } from "../../state/snapshot.js"

type RowOf<Kind extends RowKind> = Extract<JobRow, { kind: Kind }>

/** A cell's text, and how it looks. */
type Cell = readonly [text: string, style?: Style]

interface Column<Row> {
  readonly title: string
  /** Where that is too wide. */
  readonly short?: string
  /** The least that it needs. */
  readonly width: number
  /** Up to so many more cells of what is left go to it. */
  readonly grows?: number
  readonly isRight?: boolean
  /** Those with a higher one are left out first. */
  readonly rank: number
  readonly cell: (row: Row, nowWallMs: number) => Cell
  /** What goes where it is too long: the middle of an id, the end of a sentence. */
  readonly cut?: "middle"
}

/** From this width on titles are whole words, and columns stand apart. */
const WIDE = 76
const LONGEST_ID = 36

const QUEUES: readonly Column<RowOf<"queue">>[] = [
  {
    ...{ title: "QUEUE", width: 8, grows: 24, rank: 1, cut: "middle" },
    cell: ({ queue }) => [queue.queue],
  },
  {
    ...figure("WAITING", "WAIT", 2),
    cell: ({ queue }) => [count(queue.waiting), faint(queue.waiting)],
  },
  {
    ...figure("RUNNING", "RUN", 2),
    cell: ({ queue }) => [count(queue.running), faint(queue.running)],
  },
  {
    ...figure("DELAYED", "LATER", 3),
    cell: ({ queue }) => [count(queue.delayed), faint(queue.delayed)],
  },
  {
    ...figure("DEAD", "DEAD", 2),
    cell: ({ queue }) => [count(queue.dead), queue.dead > 0 ? "late" : "dim"],
  },
  {
    ...{ title: "RATE", width: 7, isRight: true, rank: 4 },
    cell: ({ queue: { perSecond } }) =>
      perSecond === undefined ? [""] : [rate(perSecond), faint(perSecond)],
  },
  {
    ...{ title: "OLDEST", width: 6, isRight: true, rank: 6 },
    cell: ({ queue: { oldestMs } }, now) => [
      oldestMs === undefined ? "" : duration(now - oldestMs),
    ],
  },
  {
    ...{ title: "", width: 8, rank: 5 },
    cell: ({ queue }) => [
      queueState(queue),
      queue.waiting > 0 || queue.pausedUntilMs ? "warn" : "dim",
    ],
  },
]

const RUNNING: readonly Column<RowOf<"running">>[] = [
  { ...idColumn("RUNNING"), cell: ({ job }) => [job.id] },
  { ...nameColumn("QUEUE", 4), cell: ({ job }) => [job.queue] },
  { ...nameColumn("WORKER", 3), cell: ({ job }) => [job.worker] },
  {
    ...{ title: "SINCE", width: 8, rank: 7 },
    cell: ({ job }, now) => [startedAt(job.sinceWallMs, now)],
  },
  {
    ...{ title: "FOR", width: 6, isRight: true, rank: 2 },
    cell: ({ job }, now) => [duration(now - job.sinceWallMs)],
  },
  {
    ...{ title: "TRY", width: 3, isRight: true, rank: 6 },
    cell: ({ job }) => [String(job.attempt), job.attempt > 1 ? "warn" : "plain"],
  },
  {
    ...{ title: "PROGRESS", width: 14, grows: 60, rank: 5 },
    cell: ({ job }) => [progressOf(job.progress)],
  },
]

const DEAD: readonly Column<RowOf<"dead">>[] = [
  { ...idColumn("DEAD"), cell: ({ job }) => [job.id] },
  { ...nameColumn("QUEUE", 3), cell: ({ job }) => [job.queue] },
  { ...nameColumn("WORKER", 6), cell: ({ job }) => [job.worker, "dim"] },
  {
    ...{ title: "AGO", width: 6, isRight: true, rank: 4 },
    cell: ({ job }, now) => [duration(now - job.diedMs)],
  },
  { ...{ title: "REASON", width: 18, grows: 80, rank: 2 }, cell: ({ job }) => [job.reason] },
]

/** A heading, and a line for each of `rows`. */
export function queueTable(rows: readonly RowOf<"queue">[], snapshot: Snapshot, of: Size): Line[] {
  return table(QUEUES, rows, snapshot, of)
}

export function runningTable(
  rows: readonly RowOf<"running">[],
  snapshot: Snapshot,
  of: Size,
): Line[] {
  return table(RUNNING, rows, snapshot, of)
}

export function deadTable(rows: readonly RowOf<"dead">[], snapshot: Snapshot, of: Size): Line[] {
  return table(DEAD, rows, snapshot, of)
}

export interface Size {
  readonly width: number
  readonly glyphs: Glyphs
}

/** What its handler said of how far it is: a text as it is, all else as JSON. */
export function progressOf(progress: unknown): string {
  if (progress === undefined) return ""
  return typeof progress === "string" ? progress : JSON.stringify(progress)
}

/** A row as it stands on the page: its mark, and inverse where it is the selected one. */
export function marked(row: JobRow, cells: Line, snapshot: Snapshot, of: Size): Line {
  const isSelected = row.key === snapshot.selectedJob?.key
  const line = [span(isSelected ? of.glyphs.selected : " ", "bold"), ...cells]
  if (isSelected) return restyled(fitted(line, of.width), { style: "plain", inverse: true })
  return snapshot.staleMs === undefined ? line : restyled(line, { style: "dim" })
}

function table<Row extends JobRow>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  snapshot: Snapshot,
  of: Size,
): Line[] {
  const gap = of.width >= WIDE ? "  " : " "
  const { wallMs } = snapshot.shownAt
  const shown = fitting(columns, rows, wallMs, of.width - 2, gap.length)
  const headings = shown.flatMap(({ title, width, isRight }, n) => {
    const text = isRight ? title.padStart(width) : title.padEnd(width)
    return [span((n > 0 ? gap : "") + text, "dim")]
  })
  const lines = rows.map((row) => {
    const cells = shown.flatMap((column, n): Line => {
      const [text, style] = column.cell(row, wallMs)
      const short = column.cut === "middle" ? middle : ended
      const cell = span(short(text, column.width, of.glyphs.cut), style)
      const blank = span(" ".repeat(Math.max(0, column.width - widthOf([cell]))))
      const aligned = column.isRight ? [blank, cell] : [cell, blank]
      return n > 0 ? [span(gap), ...aligned] : aligned
    })
    return marked(row, cells, snapshot, of)
  })
  return [[span(" "), ...headings], ...lines]
}

/**
 * The columns that fit, each as wide as it is to be. What is left goes to those that can use it: to the first one first, so
 * that an id can be copied; where there is little room to the last one, which says the most.
 */
function fitting<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  nowWallMs: number,
  width: number,
  gap: number,
): Column<Row>[] {
  const isWide = width >= WIDE - 2
  const titled = columns.map((column) => ({
    ...column,
    title: isWide ? column.title : (column.short ?? column.title),
    width: isWide ? Math.max(column.width, column.title.length) : column.width,
  }))
  const kept = new Set<Column<Row>>()
  let left = width + gap
  for (const column of titled.toSorted((a, b) => a.rank - b.rank)) {
    if (column.width + gap > left) break
    kept.add(column)
    left -= column.width + gap
  }
  const shown = titled.filter((column) => kept.has(column))
  const widths = new Map<Column<Row>, number>()
  for (const column of isWide ? shown : shown.toReversed()) {
    const texts = rows.map((row) => column.cell(row, nowWallMs)[0].length)
    const wanted = Math.max(column.title.length, ...texts) - column.width
    const more = Math.max(0, Math.min(left, wanted, column.grows ?? 0))
    widths.set(column, column.width + more)
    left -= more
  }
  return shown.map((column) => ({ ...column, width: widths.get(column) ?? column.width }))
}

function figure(title: string, short: string, rank: number) {
  return { title, short, width: 5, isRight: true, rank }
}

function idColumn(title: string) {
  return { title, width: 12, grows: LONGEST_ID - 12, rank: 1, cut: "middle" } as const
}

function nameColumn(title: string, rank: number) {
  return { title, width: 6, grows: 14, rank, cut: "middle" } as const
}

function faint(n: number): Style {
  return n === 0 ? "dim" : "plain"
}
