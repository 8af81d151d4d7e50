/**
 * A strategy by its name on the command line: `oldest`, `weight`, `apart-from:<pool>`, or the path of a module whose
 * default export is a strategy or a function that ranks.
 */
import { BadInput } from "../errors/errors.js"
import { checkedPool } from "../protocol/names.js"

const EXPECTED = "oldest, weight, apart-from:<pool>, or the path of a module such as ./mine.js"
/** What stands before the name of the other pool. */
export const APART = "apart-from:"

/** What ranks the members of a pool, in words; plain data. */
export interface StrategyWords {
  /** Default `oldest`. */
  readonly strategy?: string | undefined
  /** Labels that come before the strategy. */
  readonly prefer?: Readonly<Record<string, string>> | undefined
}

/** Returns `spec` if it can name a strategy; throws BadInput otherwise. Looks at no file. */
export function checkedStrategy(spec: string): string {
  if (spec.startsWith(APART)) checkedPool(spec.slice(APART.length))
  else if (!isModule(spec) && spec !== "oldest" && spec !== "weight") {
    throw new BadInput("--strategy", EXPECTED, spec)
  }
  return spec
}

/** Whether `spec` is the path of a module. */
export function isModule(spec = ""): boolean {
  return /[/\\]|\.[cm]?[jt]s$/.test(spec)
}
