/**
 * How long nobody answers tracked work when the leader changes: from the last answer of the old leader to the first
 * of its successor, as a requester sees it that asks again after each answer, and every millisecond without one.
 */
import { connect, type NatsConnection } from "nats"
import { Crew } from "../dist/crew.js"
import { freeName } from "../dist/free-name.js"
import { type Figures, figuresOf } from "./figures.js"

const ASK_EVERY_MS = 1
const WORKERS = 3

interface Answered {
  readonly atMs: number
  readonly term: number
  readonly worker: string
}

/** Measures `rounds` changes of leader, each brought about by `change`. */
export async function changesOfLeader(
  url: string,
  rounds: number,
  change: (crew: Crew, leader: { name: string; pid: number }) => Promise<unknown>,
  onRound: (round: number) => void,
): Promise<{ gap: Figures; lost: number }> {
  const joined = new Signal()
  const crew = await Crew.gather({
    settings: { pool: "bench", name: "a", connect: { servers: url }, logLevel: "silent" },
    onEvent: (event) => {
      if (event.type === "joined") joined.fire()
    },
    report: (problem, error) => console.error(problem, error),
  })
  const connection = await connect({ servers: url, noAsyncTraces: true })
  const asker = new Asker(connection, "bench.leader")
  const gaps: number[] = []
  try {
    for (let n = 0; n < WORKERS; n += 1) await startOne(crew)
    asker.start()
    for (let round = 0; round < rounds; round += 1) {
      await asker.steady(WORKERS)
      const before = asker.last
      const leader = crew.supervisor.workers.find(({ name }) => name === before?.worker)
      if (!before || !leader) throw new Error(`nobody knows the leader ${before?.worker}`)
      const gone = change(crew, leader)
      gaps.push(await asker.gapAfter(before.term))
      await gone
      while (crew.supervisor.workers.length < WORKERS) await startOne(crew)
      onRound(round + 1)
    }
    return { gap: figuresOf(gaps), lost: asker.lost }
  } finally {
    asker.stop()
    await connection.close()
    await crew.disband()
  }
}

async function startOne(crew: Crew): Promise<void> {
  await crew.start(freeName(crew.supervisor.workers.map(({ name }) => name)))
}

/** Something that can be waited for, again and again. */
class Signal {
  #waiting: (() => void)[] = []
  fire(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}

/** Asks for tracked work at a steady pace, and notes who answered when. */
class Asker {
  readonly #connection: NatsConnection
  readonly #subject: string
  readonly #answered = new Signal()
  #timer: NodeJS.Timeout | undefined
  #askedMs = 0
  last: Answered | undefined
  #gap: { term: number; ms: number } | undefined
  #heirs = 0
  lost = 0

  constructor(connection: NatsConnection, subject: string) {
    this.#connection = connection
    this.#subject = subject
    connection.subscribe("bench.claim", {
      callback: (_error, message) => {
        this.#heirs = message.json<{ heirs: unknown[] }>().heirs.length
        this.#answered.fire()
      },
    })
  }

  /** Asks anew after each answer, and every millisecond while none comes. */
  start(): void {
    this.#ask()
    this.#timer = setInterval(() => {
      if (performance.now() - this.#askedMs >= ASK_EVERY_MS) this.#ask()
    }, ASK_EVERY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Resolves when somebody leads whose line has all the others in it. */
  async steady(workers: number): Promise<void> {
    while (!this.last || this.#heirs !== workers - 1) await this.#answered.wait()
    const { term } = this.last
    for (let answers = 0; answers < 20; answers += 1) await this.#answered.wait()
    if (this.last.term !== term) await this.steady(workers)
  }

  /** The gap between the last answer under `term` and the first under a later one. */
  async gapAfter(term: number): Promise<number> {
    while (this.#gap?.term !== term) await this.#answered.wait()
    return this.#gap.ms
  }

  async #ask(): Promise<void> {
    this.#askedMs = performance.now()
    try {
      const message = await this.#connection.request(this.#subject, "", { timeout: 1000 })
      const term = Number(message.headers?.get("Pool-Term"))
      if (!term || message.headers?.get("Nats-Service-Error-Code")) return
      const atMs = performance.now()
      const worker = message.headers?.get("Pool-Worker") ?? ""
      const before = this.last
      if (before && before.term > term) return
      if (before && before.term < term) this.#gap = { term: before.term, ms: atMs - before.atMs }
      this.last = { atMs, term, worker }
      this.#answered.fire()
      if (this.#timer) setImmediate(() => this.#ask())
    } catch (error) {
      if ((error as Error).name === "TimeoutError") this.lost += 1
    }
  }
}
