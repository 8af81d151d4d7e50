/** From the words for a strategy to the strategy that they mean. */
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { BadInput, reasonOf } from "../errors/errors.js"
import {
  apartFrom,
  oldest,
  preferring,
  type RankFunction,
  strategyOf,
  weight,
} from "./built-in-strategies.js"
import type { Strategy } from "./strategy.js"
import { APART, checkedStrategy, type StrategyWords } from "./strategy-words.js"

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

function isStrategy(found: unknown): found is Strategy | RankFunction {
  if (typeof found === "function") return true
  const { name, rank, why } = (found ?? {}) as Partial<Strategy>
  return typeof name === "string" && typeof rank === "function" && typeof why === "function"
}
