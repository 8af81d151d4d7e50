/**
 * Processes that take jobs of one system and do nothing with them, three of them, of whom so many take as they are told.
 * What each says of itself: how many jobs it has had since it began, and when the last one came, by the clock of the
 * machine. One that was told to stop may still get what it has asked for, so that is counted apart.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { machineNow } from "../../dist/jobs/give-back/machine-clock.js"

const MOST = 3
/** How many jobs a process has at once. */
export const AT_ONCE = 50

interface Word {
  /** Which order it has carried out; left out where it tells by itself. */
  readonly did?: Order
  readonly taken: number
  readonly lastMs: number
}
type Order = "be" | "start" | "stop"

export class Takers {
  readonly #takers: readonly Taker[]

  private constructor(takers: readonly Taker[]) {
    this.#takers = takers
  }

  /** Starts the processes of `file`, none of which takes any. */
  static async start(file: string, ...args: readonly string[]): Promise<Takers> {
    const path = fileURLToPath(new URL(file, import.meta.url))
    const takers = Array.from({ length: MOST }, () => new Taker(path, args))
    await Promise.all(takers.map((taker) => taker.did("be")))
    return new Takers(takers)
  }

  /** Has the first so many take jobs, and the others none. Resolves with how many all have had so far. */
  async only(processes: number): Promise<number> {
    await Promise.all(this.#takers.map((taker, n) => taker.do(n < processes ? "start" : "stop")))
    return this.#taken
  }

  /** Has so many processes take what there is until `total` have been had in all; returns jobs a second. */
  async take(processes: number, total: number): Promise<number> {
    const beganMs = machineNow().monoMs
    const early = await this.only(processes)
    while (this.#taken < total) await Promise.race(this.#takers.map((taker) => taker.heard()))
    const lastMs = Math.max(...this.#takers.map((taker) => taker.last.lastMs))
    return (total - early) / ((lastMs - beganMs) / 1_000)
  }

  async close(): Promise<void> {
    await Promise.all(this.#takers.map((taker) => taker.close()))
  }

  get #taken(): number {
    return this.#takers.reduce((sum, { last }) => sum + last.taken, 0)
  }
}

/** One of the processes. */
class Taker {
  readonly #process: ChildProcess
  readonly #ended: Promise<never>
  readonly #waiting = new Set<(word: Word) => void>()
  last: Word = { taken: 0, lastMs: 0 }

  constructor(path: string, args: readonly string[]) {
    this.#process = fork(path, [...args], { execArgv: [] })
    this.#ended = once(this.#process, "exit").then(([code]) => {
      throw new Error(`a process that takes jobs ended with exit code ${code}`)
    })
    this.#ended.catch(() => {})
    this.#process.on("message", (word: Word) => {
      this.last = word
      for (const hear of this.#waiting) hear(word)
    })
  }

  async do(order: Order): Promise<void> {
    const did = this.did(order)
    this.#process.send(order)
    await did
  }

  /** Resolves when it has carried out the order, which it was given just now. */
  did(order: Order): Promise<void> {
    return this.#says((word) => word.did === order)
  }

  /** Resolves with the next that it says. */
  heard(): Promise<void> {
    return this.#says(() => true)
  }

  /** Rejects if it has ended. */
  #says(isIt: (word: Word) => boolean): Promise<void> {
    const said = new Promise<void>((resolve) => {
      const hear = (word: Word) => {
        if (!isIt(word)) return
        this.#waiting.delete(hear)
        resolve()
      }
      this.#waiting.add(hear)
    })
    return Promise.race([said, this.#ended])
  }

  async close(): Promise<void> {
    this.#process.disconnect()
    await this.#ended.catch(() => {})
  }
}
