/** The two lines at the bottom: what came of the last key, and what keys there are; or a question. */
import { middle, plural } from "../drawing/format.js"
import type { Glyphs } from "../drawing/glyphs.js"
import type { Layout } from "../drawing/layout.js"
import { fitted, type Line, line, type Span, span, spread, widthOf } from "../drawing/line.js"
import { type Binding, firstKeyOf, KEYMAP, keysAtJobs } from "../keys/keymap.js"
import type { Mode, OrderedJob } from "../keys/ui.js"
import type { Snapshot } from "../state/snapshot.js"
import { nextInLine } from "../world/rows.js"
import { isMajorityBeside } from "../world/servers.js"

/** How many ranks of hints there are in the keymap, and one more while the servers are in focus. */
const RANKS = 11

type ServerQuestion = Extract<Mode, { readonly kind: "server" }>

export function footer(snapshot: Snapshot, layout: Layout, glyphs: Glyphs): Line[] {
  return linesOf(snapshot, layout, glyphs).map((row) => fitted(row, layout.columns))
}

function linesOf(snapshot: Snapshot, layout: Layout, glyphs: Glyphs): Line[] {
  const { mode } = snapshot
  switch (mode.kind) {
    case "kill":
      return killQuestion(snapshot, mode.id, layout)
    case "server":
      return serverQuestion(snapshot, mode, layout)
    case "job":
      return jobQuestion(mode, layout)
    case "filter":
      return filterPrompt(snapshot, layout)
    default:
      return [message(snapshot), hints(snapshot, layout, glyphs)]
  }
}

function message({ message }: Snapshot): Line {
  return line(` ${message.text}`, message.isError ? "bad" : "plain")
}

function killQuestion(snapshot: Snapshot, id: string, { columns }: Layout): Line[] {
  const row = snapshot.rows.find((one) => one.id === id)
  const question = ` Kill ${row?.name ?? ""} with SIGKILL?`
  const meanings = consequences(snapshot, id, row?.busy ?? 0)
  return [asked(question, meanings, columns), yesOrNo("kill", "keeps it")]
}

function serverQuestion(snapshot: Snapshot, { name, lever }: ServerQuestion, { columns }: Layout) {
  const isKill = lever === "kill"
  const question = isKill ? ` Kill server ${name} with SIGKILL?` : ` Bring ${name} back empty?`
  const meanings = isKill ? deathOf(name, snapshot) : emptinessOf(name, snapshot)
  const answers = isKill ? yesOrNo("kill", "keeps it") : yesOrNo("empty it", "does not")
  return [asked(question, meanings, columns), answers]
}

/** A question, with the first of its meanings that fits beside it. */
function asked(question: string, meanings: readonly string[], columns: number): Line {
  const meaning = meanings.find((it) => question.length + 1 + it.length <= columns) ?? ""
  return line(`${question} ${meaning}`, "bad")
}

/** What the death of a server would mean, the longest wording first. */
function deathOf(name: string, { servers }: Snapshot): string[] {
  const others = servers.filter((it) => it.name !== name && it.state === "up").length
  return others * 2 > servers.length
    ? ["The others go on; its clients connect to them.", "The others go on."]
    : ["Too few are left then: nothing can be written, and soon nobody leads.", "Too few are left."]
}

/** What it would mean that a server comes back without its files, the longest wording first. */
function emptinessOf(name: string, { pool }: Snapshot): string[] {
  return isMajorityBeside(name, pool.servers)
    ? ["Most of the others have all that it had, and give it a copy.", "Others have it."]
    : ["Too few others have what it has: writes and terms can be lost.", "May lose data."]
}

function yesOrNo(yes: string, no: string): Line {
  return [span(" y", "key"), span(` ${yes}   any other key ${no}`)]
}

function jobQuestion({ lever, target }: OrderedJob, { columns }: Layout): Line[] {
  const { id = "" } = target
  const isCancel = lever === "cancel"
  const verb = isCancel ? "Cancel" : "Forget"
  const meanings = isCancel
    ? ["Its handler is told to stop, and it is not done again.", "It is not done again."]
    : ["It is gone then, with its payload.", "It is gone then."]
  const room = columns - ` ${verb} ?`.length
  const question = ` ${verb} ${middle(id, room, "~")}?`
  const answers = yesOrNo(isCancel ? "cancel it" : "forget it", "keeps it")
  return [asked(question, meanings, columns), answers]
}

/** What a kill would mean, the longest wording first. */
function consequences({ pool, leader }: Snapshot, id: string, busy: number): string[] {
  if (leader?.id !== id) {
    const short = "It does not lead."
    if (busy > 0)
      return [`It does not lead; the ${plural(busy, "request")} it is doing will be lost.`, short]
    return [`${short} Its place in line is lost.`, short]
  }
  const heir = nextInLine(pool)
  const next = heir === undefined ? undefined : pool.members.living.get(heir)?.member.name
  const short = "It leads."
  if (next === undefined) return ["It leads, and nobody is there to take over.", short]
  const takesOver = `It leads; ${next} is next and takes over at once`
  return [
    `${takesOver}, without a kind goodbye.`,
    `${takesOver}.`,
    `It leads; ${next} is next.`,
    short,
  ]
}

function filterPrompt(snapshot: Snapshot, { columns }: Layout): Line[] {
  const { filter, matching, living, jobRows } = snapshot
  const found = [
    span(
      jobRows ? `${plural(jobRows.length, "row")} ` : `${matching} of ${plural(living, "worker")} `,
    ),
  ]
  return [
    spread([span(" filter: ", "key"), span(`${filter}_`)], found, columns),
    [span(" Enter", "key"), span(" keep   "), span("Esc", "key"), span(" clear")],
  ]
}

/** As many hints as fit, the rarest left out first; the help has them all. */
function hints(snapshot: Snapshot, { columns }: Layout, glyphs: Glyphs): Line {
  const all = hinted(snapshot)
  let shortest: Line = []
  const gaps = [` ${glyphs.bar} `, "  ", " "]
  for (let rank = RANKS; rank > 0; rank--) {
    const shown = all.filter(({ hint }) => hint && hint.rank <= rank)
    for (const gap of rank > 1 ? gaps.slice(0, 2) : gaps) {
      const spelled = spell(shown, gap)
      if (widthOf(spelled) <= columns) return spelled
      shortest = spelled
    }
  }
  return shortest
}

/** The keys that do something now, with the word for what that is. */
function hinted(snapshot: Snapshot): readonly Binding[] {
  const { facts, servers, selectedServer, jobRows } = snapshot
  if (jobRows) return keysAtJobs()
  if (selectedServer) return KEYMAP.map(atServers).filter(({ hint }) => hint)
  const canSwitch = servers.length > 0 && facts.ownsServers
  return KEYMAP.filter(({ hint, command, group }) => {
    if (command === "start") return facts.canStart
    if (group === "Servers") return command === "switch" && canSwitch
    if (group === "Jobs" || command === "jobs") return command === "jobs" && facts.canShowJobs
    return hint !== undefined
  })
}

/** The same key while the servers are in focus: what it does to a server comes first. */
function atServers({ hint, atServers: own, ...binding }: Binding): Binding {
  const { command, group } = binding
  if (own) return { ...binding, hint: own, group: "Servers" }
  if (command === "switch") return { ...binding, hint: { word: "workers", rank: 1 } }
  if (!hint || group === "Workers") return binding
  return { ...binding, hint: group === "Servers" ? hint : { ...hint, rank: hint.rank + 1 } }
}

function spell(shown: readonly Binding[], groupGap: string): Line {
  const gap = groupGap === " " ? " " : "  "
  return shown.flatMap((binding, index): Span[] => {
    const { hint, group } = binding
    const before = shown[index - 1]
    const space = before === undefined ? " " : before.group === group ? gap : groupGap
    return [span(space, "dim"), span(firstKeyOf(binding), "key"), span(` ${hint?.word}`)]
  })
}
