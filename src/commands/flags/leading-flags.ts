/** What a member may be told of who leads; shared by `pool worker`, `pool cluster` and `pool run`. */
import type { Command } from "commander"
import { BadInput } from "../../errors/errors.js"
import { checkedStrategy } from "../../strategies/strategy-words.js"
import { durationIn, wholeIn } from "./flags.js"

export interface LeadingFlags {
  strategy?: string
  prefer?: Record<string, string>
  preempt?: boolean | number
  lead: boolean
  weight?: number | "auto"
  label?: Record<string, string>
  fenced?: boolean
}

/** Adds the flags. */
export function withLeadingFlags(command: Command): Command {
  return command
    .option(
      "--strategy <name>",
      "who comes first: oldest, weight, apart-from:<pool> or ./mine.js (default: oldest)",
      checkedStrategy,
    )
    .option(
      "--prefer <key=value>",
      "members with this label come first; repeatable",
      pairsIn("--prefer"),
    )
    .option(
      "--preempt [time]",
      "give way to who comes first, once it has for that long (default: off; with no time 10s)",
      durationIn("--preempt"),
    )
    .option("--no-lead", "work, but never lead")
    .option("--weight <n>", "for the strategy weight: a number, or auto (default: 1)", weightIn)
    .option(
      "--label <key=value>",
      "a label that strategies can see; repeatable",
      pairsIn("--label"),
    )
    .option("--fenced", "each reign keeps earlier ones from publishing from its beginning on")
}

function weightIn(text: string): number | "auto" {
  return text === "auto" ? text : wholeIn("--weight", 0)(text)
}

/** Collects `key=value`. */
function pairsIn(flag: string) {
  return (text: string, before: Record<string, string> = {}): Record<string, string> => {
    const at = text.indexOf("=")
    if (at < 1) throw new BadInput(flag, "key=value", text)
    return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
  }
}
