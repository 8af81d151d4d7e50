/**
 * Who asks, in a process of its own: one that also supervised the workers would be late to see the answers. This file
 * is both sides: the bench calls a `Requester`, and the process that it forks from this file does what is called.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { connect, type NatsConnection } from "nats"
import { type Answered, Asker, type Gap } from "./asker.js"
import { type Counts, Requests } from "./ongoing-requests.js"

const FILE = fileURLToPath(import.meta.url)

/** What can be asked of it; see Asker and Requests. */
interface Calls {
  /** Asks `pool` from now on, until `gapAfter` has its answer. */
  steady(pool: string, heirs: number): Promise<Answered>
  gapAfter(pool: string, term: number): Promise<Gap>
  /** Has a PoolClient make requests of `pool` all the time, until it is told to stop. */
  startRequests(pool: string): Promise<void>
  stopRequests(): Promise<Counts>
}

export class Requester implements Calls {
  readonly #process: ChildProcess

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  /** `loader` has Node run the TypeScript of this file. */
  static async start(url: string, loader: readonly string[]): Promise<Requester> {
    const process = fork(FILE, [url], { execArgv: [...loader] })
    await once(process, "message")
    return new Requester(process)
  }

  steady(pool: string, heirs: number): Promise<Answered> {
    return this.#call("steady", pool, heirs)
  }

  gapAfter(pool: string, term: number): Promise<Gap> {
    return this.#call("gapAfter", pool, term)
  }

  startRequests(pool: string): Promise<void> {
    return this.#call("startRequests", pool)
  }

  stopRequests(): Promise<Counts> {
    return this.#call("stopRequests")
  }

  async close(): Promise<void> {
    this.#process.disconnect()
    if (this.#process.exitCode === null) await once(this.#process, "exit")
  }

  /** One call at a time. */
  async #call<T>(name: keyof Calls, ...args: unknown[]): Promise<T> {
    const answered = once(this.#process, "message")
    this.#process.send([name, ...args])
    return (await answered)[0]
  }
}

class Process implements Calls {
  readonly #connection: NatsConnection
  readonly #askers = new Map<string, Asker>()
  #requests: Requests | undefined

  constructor(connection: NatsConnection) {
    this.#connection = connection
  }

  steady(pool: string, heirs: number): Promise<Answered> {
    const asker = this.#askers.get(pool) ?? new Asker(this.#connection, pool)
    this.#askers.set(pool, asker)
    asker.start()
    return asker.steady(heirs)
  }

  async gapAfter(pool: string, term: number): Promise<Gap> {
    const asker = this.#askers.get(pool) as Asker
    const gap = await asker.gapAfter(term)
    asker.stop()
    return gap
  }

  async startRequests(pool: string): Promise<void> {
    this.#requests = new Requests(this.#connection, pool)
    this.#requests.start()
  }

  stopRequests(): Promise<Counts> {
    return (this.#requests as Requests).stop()
  }
}

if (process.argv[1] === FILE) {
  const connection = await connect({ servers: process.argv[2] ?? "", noAsyncTraces: true })
  const calls = new Process(connection)
  process.on("message", async ([name, ...args]: [keyof Calls, ...never[]]) => {
    const call = calls[name] as (...args: never[]) => Promise<unknown>
    process.send?.((await call.apply(calls, args)) ?? "done")
  })
  process.on("disconnect", () => process.exit())
  process.send?.("ready")
}
