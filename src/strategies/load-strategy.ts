/**
 * A strategy from its name on the command line: `oldest`, `weight`, `apart-from:<pool>`, or the path of a module whose
 * default export is a strategy or a function that ranks.
 */
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { BadInput, reasonOf } from "../errors/errors.js"
import { checkedPool } from "../protocol/names.js"
import {
  apartFrom,
  preferring,
  type RankFunction,
  strategyOf,
  weight,
} from "./built-in-strategies.js"
import { oldest, type Strategy } from "./strategy.js"

const EXPECTED = "oldest, weight, apart-from:<pool>, or the path of a module such as ./mine.js"
const APART = "apart-from:"

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
  else if (!isPath(spec) && spec !== "oldest" && spec !== "weight") {
    throw new BadInput("--strategy", EXPECTED, spec)
  }
  return spec
}

/** The strategy that is meant. Throws BadInput if there is none, or its module can't be used. */
export async function loadStrategy({ strategy, prefer }: StrategyWords): Promise<Strategy> {
  const found = await named(checkedStrategy(strategy ?? "oldest"))
  return prefer && Object.keys(prefer).length > 0 ? preferring(prefer, found) : found
}

async function named(spec: string): Promise<Strategy> {
  if (spec === "oldest") return oldest
  if (spec === "weight") return weight
  if (spec.startsWith(APART)) return apartFrom(spec.slice(APART.length))
  try {
    const found: unknown = (await import(pathToFileURL(resolve(spec)).href)).default
    if (isStrategy(found)) return strategyOf(found)
  } catch (error) {
    throw new BadInput("--strategy", `a module, but ${reasonOf(error)}`, spec, { cause: error })
  }
  throw new BadInput("--strategy", "a module whose default export is a function that ranks", spec)
}

function isPath(spec: string): boolean {
  return /[/\\]|\.[cm]?[jt]s$/.test(spec)
}

function isStrategy(found: unknown): found is Strategy | RankFunction {
  if (typeof found === "function") return true
  const { name, rank, why } = (found ?? {}) as Partial<Strategy>
  return typeof name === "string" && typeof rank === "function" && typeof why === "function"
}
