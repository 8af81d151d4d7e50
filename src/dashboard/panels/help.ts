/** The help: every key, from the keymap, and what the screen means. Replaces everything but the footer. */
import { namesOf } from "../../protocol/names.js"
import { beside, framed } from "../drawing/frame.js"
import type { Layout } from "../drawing/layout.js"
import { EMPTY, fitted, type Line, line, span, widthOf } from "../drawing/line.js"
import { firstKeyOf, type Group, KEYMAP } from "../keys/keymap.js"
import type { Facts, Snapshot } from "../state/snapshot.js"
import type { Look } from "./look.js"

const HEADINGS: Readonly<Record<Group, string>> = {
  Work: "Work",
  Workers: "The selected worker",
  Servers: "The selected server",
  View: "View",
}

export function helpPanel(snapshot: Snapshot, { columns, rows, kind }: Layout, look: Look): Line[] {
  const hasLevers = snapshot.servers.length > 0 && snapshot.facts.ownsServers
  if (kind === "small") return terse(columns, rows, hasLevers)
  const panel = { title: "Keys", remark: "any key closes", width: columns, height: rows }
  const inside = columns - 2
  const servers = hasLevers ? serverKeys() : []
  const wide = threeColumns(servers)
  const keys = Math.max(...wide.map(widthOf)) <= inside ? wide : twoColumns(servers)
  const words = meaning(snapshot.facts, inside)
  const room = rows - 2 - keys.length
  return framed(panel, [...spaced(keys, words, room)], look.glyphs)
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
  const bindings = KEYMAP.filter((binding) => binding.group === name && binding.shown)
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

/** Keys and words in running text, for a screen that is too small for columns. */
function terse(columns: number, rows: number, hasLevers: boolean): Line[] {
  const lines: Line[] = []
  let now: Line = []
  for (const binding of KEYMAP) {
    const { hint, group } = binding
    if (!hint || (group === "Servers" && !hasLevers)) continue
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
