/** The two lines at the bottom: what came of the last key, and what keys there are; or a question. */
import { plural } from "../drawing/format.js"
import type { Layout } from "../drawing/layout.js"
import { fitted, type Line, line, type Span, span, spread, widthOf } from "../drawing/line.js"
import { KEYMAP } from "../keys/keymap.js"
import type { Snapshot } from "../state/snapshot.js"
import { nextInLine } from "../world/rows.js"
import type { Look } from "./look.js"

/** How many ranks of hints there are in the keymap. */
const RANKS = 10

export function footer(snapshot: Snapshot, layout: Layout, look: Look): Line[] {
  const { mode } = snapshot
  const lines =
    mode.kind === "kill"
      ? killQuestion(snapshot, mode.id, layout)
      : mode.kind === "filter"
        ? filterPrompt(snapshot, layout)
        : [message(snapshot), hints(snapshot, layout, look)]
  return lines.map((row) => fitted(row, layout.columns))
}

function message({ message }: Snapshot): Line {
  return line(` ${message.text}`, message.isError ? "bad" : "plain")
}

function killQuestion(snapshot: Snapshot, id: string, { columns }: Layout): Line[] {
  const row = snapshot.rows.find((one) => one.id === id)
  const question = ` Kill ${row?.name ?? ""} with SIGKILL?`
  const fits = (consequence: string) => question.length + 1 + consequence.length <= columns
  const consequence = consequences(snapshot, id, row?.busy ?? 0).find(fits) ?? ""
  return [
    line(`${question} ${consequence}`, "bad"),
    [span(" y", "key"), span(" kill   any other key keeps it")],
  ]
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

function filterPrompt({ filter, matching, living }: Snapshot, { columns }: Layout): Line[] {
  const found = [span(`${matching} of ${plural(living, "worker")} `)]
  return [
    spread([span(" filter: ", "key"), span(`${filter}_`)], found, columns),
    [span(" Enter", "key"), span(" keep   "), span("Esc", "key"), span(" clear")],
  ]
}

/** As many hints as fit, the rarest left out first; the help has them all. */
export function hints({ facts }: Snapshot, { columns }: Layout, { glyphs }: Look): Line {
  const all = KEYMAP.filter(({ hint, command }) => hint && (command !== "start" || facts.canStart))
  const gaps = [` ${glyphs.bar} `, "  ", " "]
  for (let rank = RANKS; rank > 0; rank--) {
    const shown = all.filter(({ hint }) => hint && hint.rank <= rank)
    for (const gap of rank > 1 ? gaps.slice(0, 2) : gaps) {
      const spelled = spell(shown, gap)
      if (widthOf(spelled) <= columns) return spelled
    }
  }
  return spell(all, " ")
}

function spell(shown: typeof KEYMAP, groupGap: string): Line {
  const gap = groupGap === " " ? " " : "  "
  return shown.flatMap(({ shown: keys = "", hint, group }, index): Span[] => {
    const before = shown[index - 1]
    const space = before === undefined ? " " : before.group === group ? gap : groupGap
    return [span(space, "dim"), span(keys.split(" ")[0] ?? "", "key"), span(` ${hint?.word}`)]
  })
}
