/** The help: every key, from the keymap, and what the screen means. Replaces everything but the footer. */
import { namesOf } from "../../protocol/names.js"
import { beside, framed } from "../drawing/frame.js"
import type { Glyphs } from "../drawing/glyphs.js"
import type { Layout } from "../drawing/layout.js"
import { EMPTY, fitted, type Line, line, span, widthOf } from "../drawing/line.js"
import { type Binding, firstKeyOf, type Group, KEYMAP, keysAtJobs } from "../keys/keymap.js"
import type { Facts, Snapshot } from "../state/snapshot.js"

const HEADINGS: Readonly<Record<Group, string>> = {
  Work: "Work",
  Workers: "The selected worker",
  Servers: "The selected server",
  Jobs: "The selected job or queue",
  View: "View",
}

export function helpPanel(
  snapshot: Snapshot,
  { columns, rows, kind }: Layout,
  glyphs: Glyphs,
): Line[] {
  const { facts, servers: all, jobRows } = snapshot
  const hasLevers = all.length > 0 && facts.ownsServers
  if (kind === "small") {
    const own = (group: Group) => group !== "Jobs" && (group !== "Servers" || hasLevers)
    return terse(jobRows ? keysAtJobs() : KEYMAP.filter(({ group }) => own(group)), columns, rows)
  }
  const panel = { title: "Keys", remark: "any key closes", width: columns, height: rows }
  const inside = columns - 2
  const servers = hasLevers ? serverKeys() : []
  const wide = threeColumns(servers)
  const usual = Math.max(...wide.map(widthOf)) <= inside ? wide : twoColumns(servers)
  const keys = jobRows ? jobColumns() : usual
  const words = jobRows ? meaningOfJobs(facts, inside) : meaning(facts, inside)
  const room = rows - 2 - keys.length
  return framed(panel, [...spaced(keys, words, room)], glyphs)
}

/** What the keys do on the page of jobs. */
function jobColumns(): Line[] {
  const [own, view] = [keysAtJobs(), KEYMAP.filter(({ command }) => command === "jobs")]
  const jobs = own.filter((binding) => binding.group === "Jobs")
  return stacked([keysUnder("Jobs", [...jobs, ...view]), group("View")])
}

function spaced(keys: Line[], words: Line[], room: number): Line[] {
  if (room >= words.length + 2) return [EMPTY, ...keys, EMPTY, ...words]
  if (room >= 1) return [...keys, ...words.filter((row) => row !== EMPTY).slice(-room)]
  return keys
}

function threeColumns(servers: Line[]): Line[] {
  const left = servers.length > 0 ? [...group("Work"), EMPTY, ...servers] : group("Work")
  return stacked([left, group("Workers"), group("View")])
}

function twoColumns(servers: Line[]): Line[] {
  return stacked([
    [...group("Work"), EMPTY, ...group("Workers")],
    [...group("View"), ...servers],
  ])
}

/** Two of the keys do at a server what they do at a worker. */
function serverKeys(): Line[] {
  const shared = KEYMAP.filter(({ atServers }) => atServers).map(({ shown }) => shown)
  const [heading = EMPTY, ...keys] = group("Servers")
  const [first = EMPTY] = keys
  const widest = widthOf(first.slice(0, 1))
  const both = [span(`  ${shared.join(" ")}`.padEnd(widest), "key"), span("  stop, kill -9")]
  return [heading, both, ...keys]
}

/** Columns of keys, each as wide as its widest line. */
function stacked(columns: readonly Line[][]): Line[] {
  const height = Math.max(...columns.map(({ length }) => length))
  const [first = [], ...rest] = columns.map((lines) => {
    const width = Math.max(...lines.map(widthOf)) + 2
    return Array.from({ length: height }, (_, row) => fitted(lines[row] ?? EMPTY, width))
  })
  return rest.reduce((left, right) => beside(left, right), first)
}

function group(name: Group): Line[] {
  return keysUnder(
    name,
    KEYMAP.filter((binding) => binding.group === name && binding.shown),
  )
}

function keysUnder(name: Group, bindings: readonly Binding[]): Line[] {
  const widest = Math.max(...bindings.map(({ shown = "" }) => shown.length))
  const keys = bindings.map(({ shown = "", help }) => [
    span(`  ${shown.padEnd(widest)}`, "key"),
    span(`  ${help}`),
  ])
  return [line(`  ${HEADINGS[name]}`, "bold"), ...keys]
}

function meaning({ pool, logs }: Facts, width: number): Line[] {
  const { work, leader } = namesOf(pool)
  const shell = `  From a shell:  nats req ${work} hello     nats req ${leader} hello`
  const log = logs === undefined ? "" : `log: ${logs}`
  const isOneLine = shell.length + log.length + 5 < width
  const wide = [
    "  Rows stand in the order of their start. The one marked next takes over when the leader goes.",
    "  A term is the number of a reign. It grows with each, though not by one.",
    "  Leadership has a letter of the leader's name for every three seconds; a dot: nobody led.",
    "  LEASE is the time left until a silent worker is dropped. A killed one is evicted at once.",
  ]
  const narrow = [
    "  next takes over when the leader goes.",
    "  LEASE: time left until a silent worker is dropped.",
  ]
  const words = wide.every((text) => text.length <= width) ? wide : narrow
  const places = isOneLine ? [`${shell}     ${log}`] : [shell, ...(log ? [`  ${log}`] : [])]
  return [...places.map((text) => line(text)), EMPTY, ...words.map((text) => line(text, "dim"))]
}

function meaningOfJobs({ pool }: Facts, width: number): Line[] {
  const at = pool === "work" ? "" : ` --pool ${pool}`
  const shell = `  From a shell:  pool jobs show ID${at}`
  const wide = [
    "  RATE: attempts that ended, a second. OLDEST: how long one has waited that is ready.",
    "  A queue is unserved where no worker asks for its jobs. Paused, what runs goes on.",
    "  What is dead is kept for 30 days; of what is done nothing is kept.",
  ]
  const narrow = [
    "  RATE: attempts that ended, a second.",
    "  unserved: no worker asks for its jobs.",
  ]
  const words = wide.every((text) => text.length <= width) ? wide : narrow
  return [line(shell), EMPTY, ...words.map((text) => line(text, "dim"))]
}

/** Keys and words in running text, for a screen that is too small for columns. */
function terse(keys: readonly Binding[], columns: number, rows: number): Line[] {
  const lines: Line[] = []
  let now: Line = []
  for (const binding of keys) {
    const { hint } = binding
    if (!hint) continue
    const next = [span(` ${firstKeyOf(binding)}`, "key"), span(` ${hint.word} `)]
    if (widthOf([...now, ...next]) > columns && now.length > 0) {
      lines.push(now)
      now = []
    }
    now = [...now, ...next]
  }
  const all = [...lines, now, EMPTY, line(" any key closes", "dim")]
  return Array.from({ length: rows }, (_, row) => fitted(all[row] ?? EMPTY, columns))
}
