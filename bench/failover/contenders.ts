/** Those whose leaders the bench changes: a pool of ours under a supervisor, and plain client library as the floor. */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { connect, type NatsConnection } from "nats"
import { freeName } from "../../dist/supervision/free-name.js"
import { WorkerGroup } from "../../dist/supervision/worker-group.js"
import { systemClock } from "../../dist/time/system-clock.js"
import { within } from "../../dist/time/within.js"

/**
 * Brings a leader's end about: it stops kindly (`kind`), or is killed (`kill`), and a fresh process takes its place in the
 * line; or it is ordered to hand over, and stays (`order`). So who follows has never led before, but for `order`.
 */
export type Change = "kind" | "kill" | "order"

/** Processes of which one leads. */
export interface Contender {
  /** Where to ask: `<pool>.leader`. */
  readonly pool: string
  /** How many its claim names as next, once all are there. */
  readonly heirs: number
  /** Ends the leader `name`; resolves when all is as it was before, but for who leads. */
  change(name: string): Promise<void>
  close(): Promise<void>
}

const WORKERS = 3
const LONGEST_MS = 10_000

/** A pool as `make cluster` runs it. */
export async function poolContender(
  url: string,
  change: Change,
  leaseMs?: number,
): Promise<Contender> {
  const group = await WorkerGroup.gather({
    settings: {
      ...{
        pool: "bench",
        name: "a",
        connect: { servers: url },
        logLevel: "silent",
        ...(leaseMs !== undefined && { leaseMs }),
      },
      allowControl: change === "order",
    },
    onEvent: () => {},
    report: (problem, error) => console.error(problem, error),
  })
  const fill = async () => {
    while (group.supervisor.workers.length < WORKERS) {
      await group.start(freeName(group.supervisor.workers.map(({ name }) => name)))
    }
  }
  await fill()
  return {
    pool: "bench",
    heirs: WORKERS - 1,
    async change(name) {
      const leader = group.supervisor.workers.find((worker) => worker.name === name)
      if (!leader) throw new Error(`nobody knows the leader ${name}`)
      if (change === "order") {
        const order = JSON.stringify({ order: "hand-over" })
        return group.connection.publish(`bench.control.${leader.id}`, order, { reply: "nobody" })
      }
      const gone = group.supervisor.gone(leader.pid)
      if (change === "kill") process.kill(leader.pid, "SIGKILL")
      else group.supervisor.stop(leader.pid, LONGEST_MS)
      await gone
      await fill()
    },
    close: () => group.disband(),
  }
}

/** The barest change of leader; see plain-leader.js. */
export async function plainContender(
  url: string,
  change: Change,
  name: string = change,
): Promise<Contender> {
  const connection = await connect({ servers: url, noAsyncTraces: true })
  const plain = new Plain(`bench-plain-${name}`, url, connection)
  await plain.begin()
  return {
    pool: plain.pool,
    heirs: 0,
    change: (name) => plain[change](name),
    async close() {
      await plain.end()
      await connection.close()
    },
  }
}

class Plain {
  readonly #url: string
  readonly #connection: NatsConnection
  readonly #processes = new Map<string, ChildProcess>()
  #revision = 0

  constructor(
    readonly pool: string,
    url: string,
    connection: NatsConnection,
  ) {
    this.#url = url
    this.#connection = connection
  }

  async begin(): Promise<void> {
    for (const name of ["a", "b"]) await this.#start(name)
    await this.#following("a", () => this.#processes.get("a")?.send({ lead: 0 }))
  }

  async order(name: string): Promise<void> {
    const next = this.#next(name)
    await this.#following(next, () => this.#processes.get(name)?.send({ next }))
  }

  async kind(name: string): Promise<void> {
    const old = this.#processes.get(name)
    await this.order(name)
    old?.disconnect()
    await this.#start(name)
  }

  async kill(name: string): Promise<void> {
    const next = this.#next(name)
    const dead = this.#processes.get(name)
    await this.#following(next, () => {
      dead?.once("exit", () =>
        this.#connection.publish(`${this.pool}.heir.${next}`, String(this.#revision)),
      )
      dead?.kill("SIGKILL")
    })
    await this.#start(name)
  }

  async end(): Promise<void> {
    for (const process of this.#processes.values()) process.disconnect()
    await Promise.all(
      [...this.#processes.values()].map((process) => process.exitCode ?? once(process, "exit")),
    )
  }

  #next(name: string): string {
    return name === "a" ? "b" : "a"
  }

  async #start(name: string): Promise<void> {
    const file = fileURLToPath(new URL("./plain-leader.js", import.meta.url))
    const process = fork(file, [this.pool, name, this.#url])
    this.#processes.set(name, process)
    await within(systemClock, LONGEST_MS, once(process, "message"))
  }

  /** Has `name` lead, by `act`. */
  async #following(name: string, act: () => void): Promise<void> {
    const process = this.#processes.get(name) as ChildProcess
    const led = once(process, "message")
    act()
    const [{ led: revision }] = await within(systemClock, LONGEST_MS, led)
    this.#revision = revision
  }
}
