/**
 * A part of the bench: a module of its own that measures one kind of thing and hands back its rows. Each gets a server
 * that nobody else uses, and takes about two minutes at most with the rounds that are usual.
 */
import type { Row } from "./rows.js"

export interface Context {
  /** Of a server of its own, on this machine, that is there already. */
  readonly url: string
  /** The program of nats-server, for a part that needs another one. */
  readonly binary: string
  /** How often something that takes about a second is repeated. */
  readonly rounds: number
  /** Has Node run the TypeScript of this folder in a process of its own: its `execArgv`. */
  readonly loader: readonly string[]
  /** Shows that something goes on: a letter a round. */
  readonly progress: (mark: string) => void
}

export type Part = (context: Context) => Promise<Row[]>

/**
 * The names in a list with commas; all of `known` but `ifNamed` if it is empty. Throws an error of one line for any other
 * name.
 */
export function chosenOf(
  list: string,
  known: readonly string[],
  ifNamed: readonly string[] = [],
): string[] {
  const names = list.split(",").map((name) => name.trim())
  const chosen = names.filter(Boolean)
  const unknown = chosen.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new Error(`ONLY: expected some of ${known.join(",")}, got ${JSON.stringify(unknown)}`)
  }
  if (chosen.length === 0) return known.filter((name) => !ifNamed.includes(name))
  return known.filter((name) => chosen.includes(name))
}

/** How many rounds a text asks for. Throws an error of one line for what is no count. */
export function roundsOf(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) {
    throw new Error(`ROUNDS: expected a number from 1 to 9999, got ${JSON.stringify(text)}`)
  }
  return Number(text)
}
