/**
 * Kills whoever runs a job (`kill -9`), and looks when the job begins elsewhere: three workers under a supervisor, as
 * `pool cluster` runs them. In turns with the barest takeover of the part `failover`. Once also a peer, of whose workers
 * none is told of another's death.
 */
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { PoolClient } from "../../dist/client/client.js"
import { machineNow } from "../../dist/jobs/give-back/machine-clock.js"
import { freeName } from "../../dist/supervision/free-name.js"
import { WorkerGroup } from "../../dist/supervision/worker-group.js"
import { systemClock } from "../../dist/time/system-clock.js"
import { within } from "../../dist/time/within.js"
import { gapOf } from "../failover/change-of-leader.js"
import { plainContender } from "../failover/contenders.js"
import { Requester } from "../failover/requester.js"
import type { Context } from "../part.js"

const POOL = "bench-killed"
const HANDLER = fileURLToPath(new URL("./holding.js", import.meta.url))
const WORKERS = 3
const LONGEST_MS = 20_000
/** A peer whose locks last 30 s, and who looks for what is stalled each 30 s, by default. */
const LONGEST_OF_PEER_MS = 150_000

/** That a job begins in a process. */
interface Begin {
  readonly pid: number
  readonly atMs: number
}

/** From the kill to the start elsewhere, in ms; and what the barest takes to answer again, each beside ours. */
export interface Killed {
  readonly ours: readonly number[]
  readonly barest: readonly number[]
}

export async function killedWorkers({ url, rounds, loader, progress }: Context): Promise<Killed> {
  const requester = await Requester.start(url, loader)
  const plain = await plainContender(url, "kill", "jobs")
  const holders = await Holders.start(url)
  const ours: number[] = []
  const barest: number[] = []
  try {
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await holders.kill())
      barest.push((await gapOf(plain, requester)).ms)
      progress("k")
    }
    return { ours, barest }
  } finally {
    await holders.close()
    await plain.close()
    await requester.close()
  }
}

class Holders {
  readonly #group: WorkerGroup
  readonly #client: PoolClient
  readonly #begins: Begins

  private constructor(group: WorkerGroup, client: PoolClient, begins: Begins) {
    this.#group = group
    this.#client = client
    this.#begins = begins
  }

  static async start(servers: string): Promise<Holders> {
    const begins = new Begins()
    const group = await WorkerGroup.gather({
      settings: {
        ...{ pool: POOL, name: "a", connect: { servers }, handler: HANDLER, logLevel: "silent" },
      },
      onEvent: () => {},
      onWord: ({ pid }, word) => begins.heard(pid, word),
      report: (problem, error) => console.error(problem, error),
    })
    const own = new Holders(group, await PoolClient.connect({ servers, pool: POOL }), begins)
    await own.#fill()
    return own
  }

  async kill(): Promise<number> {
    this.#begins.forget()
    const job = await this.#client.enqueue("hold", "")
    const { pid } = await this.#begins.next(LONGEST_MS)
    // One that dies before its supervisor knows of the job leaves it to its lease.
    await this.#begins.told(pid, LONGEST_MS)
    const gone = this.#group.supervisor.gone(pid)
    const killedMs = machineNow().monoMs
    process.kill(pid, "SIGKILL")
    const { atMs } = await this.#begins.next(LONGEST_MS)
    await job.cancel()
    await gone
    await this.#fill()
    return atMs - killedMs
  }

  async close(): Promise<void> {
    await this.#client.close()
    await this.#group.disband()
  }

  async #fill(): Promise<void> {
    const { supervisor } = this.#group
    while (supervisor.workers.length < WORKERS) {
      await this.#group.start(freeName(supervisor.workers.map(({ name }) => name)))
    }
  }
}

/** The same of a peer, once, in two processes of `file`; meanwhile it takes nothing from others but a little memory. */
export async function killedPeer(file: string, ...args: readonly string[]): Promise<number> {
  const begins = new Begins()
  const path = fileURLToPath(new URL(file, import.meta.url))
  const children = [0, 1].map(() => fork(path, [...args], { execArgv: [] }))
  for (const child of children) {
    child.on("message", (word) => begins.heard(child.pid as number, word))
  }
  try {
    const { pid } = await begins.next(LONGEST_OF_PEER_MS)
    const killedMs = machineNow().monoMs
    process.kill(pid, "SIGKILL")
    const { atMs } = await begins.next(LONGEST_OF_PEER_MS)
    return atMs - killedMs
  } finally {
    for (const child of children) child.kill("SIGKILL")
  }
}

/** What the processes say: that a job begins, and to their supervisor that they hold some. */
class Begins {
  readonly #known: Begin[] = []
  readonly #holding = new Set<number>()
  #heard = () => {}

  heard(pid: number, word: unknown): void {
    const { type, atMs, held } = word as { type?: string; atMs?: number; held?: unknown[] }
    if (type === "begins" && atMs !== undefined) this.#known.push({ pid, atMs })
    if (held?.length) this.#holding.add(pid)
    this.#heard()
  }

  async next(longestMs: number): Promise<Begin> {
    await this.#until(longestMs, () => this.#known.length > 0)
    return this.#known.shift() as Begin
  }

  /** Resolves when the supervisor of this process was told of a job. */
  async told(pid: number, longestMs: number): Promise<void> {
    await this.#until(longestMs, () => this.#holding.has(pid))
  }

  /** Who held a job before holds none now. */
  forget(): void {
    this.#holding.clear()
  }

  async #until(longestMs: number, isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      const heard = new Promise<void>((resolve) => {
        this.#heard = resolve
      })
      await within(systemClock, longestMs, heard)
    }
  }
}
