/**
 * The definitions of a pool as people change them: added, removed, paused and resumed in the stream of jobs, and listed with
 * their ticks. Whoever leads is told, and says what it makes of it; if nobody does, it counts as soon as somebody leads.
 */
import { headers } from "nats"
import type { Bus } from "../contracts/bus.js"
import { BadInput } from "../errors/errors.js"
import { checkSize } from "../jobs/contract/job-size.js"
import type { JobStore } from "../jobs/contract/job-store.js"
import { lastPartOf } from "../protocol/subject.js"
import { type CronNames, cronNamesOf } from "./cron-names.js"
import { askLeader, type CronNews } from "./cron-news.js"
import { cursorIn, lastCursor, type StoredCursor, specOf } from "./cursor.js"
import {
  type CronDefinition,
  checkedCronName,
  decodeStored,
  encodeStored,
  type StoredDefinition,
} from "./definition.js"
import { checkCron, DEFAULT_ZONE } from "./expression.js"

const MOST = 10_000

/** One definition, and what is known of its ticks. */
export interface CronRow extends CronNews {
  readonly last?: StoredCursor | undefined
}

export interface CronList {
  /** Name of the leader that fires them; undefined if nobody does at the moment. */
  readonly by?: string | undefined
  readonly crons: readonly CronRow[]
}

/** A tick that was fired. */
export interface CronTick extends Omit<StoredCursor, "job" | "seq" | "spec"> {
  /** Of the definition. */
  readonly name: string
  /** The id of its job. */
  readonly job: string
}

export class CronDesk {
  readonly #pool: string
  readonly #store: JobStore
  readonly #bus: Bus
  readonly #names: CronNames

  constructor(pool: string, store: JobStore, bus: Bus) {
    this.#pool = pool
    this.#store = store
    this.#bus = bus
    this.#names = cronNamesOf(pool)
  }

  /** Adds a definition, or puts it in the place of the one of that name. Throws BadInput for what can't be read. */
  async add(name: string, definition: CronDefinition & { payload?: string }): Promise<CronList> {
    checkCron(name, definition)
    const { payload = "" } = definition
    checkSize(this.#store, { data: Buffer.from(payload) })
    const { at, tz = DEFAULT_ZONE } = definition
    const before = await this.#stored(name)
    const spec = specOf({ at, tz })
    // Who changes only what is done at the ticks loses none of them.
    const isSame = before?.at && specOf({ at: before.at, tz: before.tz ?? DEFAULT_ZONE }) === spec
    const sinceMs = isSame && !before.isPaused ? before.sinceMs : this.#nowMs()
    return this.#put(name, { ...definition, sinceMs })
  }

  /** Removes what was added. Throws BadInput if nothing was. */
  async remove(name: string): Promise<CronList> {
    checkedCronName(name)
    const found = await this.#store.list("jobs", this.#names.definition(name), MOST)
    if (found.length === 0) throw await this.#unknown(name)
    for (const { seq } of found) await this.#store.remove("jobs", seq)
    return this.list(true)
  }

  /** Fires none of its ticks until `resume`, and those of that time never. Throws BadInput if there is no such. */
  async pause(name: string): Promise<CronList> {
    checkedCronName(name)
    const before = await this.#stored(name)
    if (!before && !(await this.#isInCode(name))) throw await this.#unknown(name)
    return this.#put(name, { ...before, isPaused: true })
  }

  async resume(name: string): Promise<CronList> {
    checkedCronName(name)
    const before = await this.#stored(name)
    if (!before && !(await this.#isInCode(name))) throw await this.#unknown(name)
    if (!before?.isPaused) return this.list(false)
    return this.#put(name, { ...before, isPaused: false, sinceMs: this.#nowMs() })
  }

  /** All that is defined, as the leader has it; without one, what is defined in the pool. */
  async list(isReread = false): Promise<CronList> {
    const leader = await askLeader(this.#bus, this.#pool, isReread)
    const crons = leader?.crons ?? (await this.#defined())
    const rows = crons.map(async (one): Promise<CronRow> => {
      const { last } = await lastCursor(this.#store, this.#names.cursor(one.name))
      return { ...one, last }
    })
    const sorted = (await Promise.all(rows)).toSorted((a, b) => (a.name < b.name ? -1 : 1))
    return { ...(leader && { by: leader.by }), crons: sorted }
  }

  /** The last ticks of `name`, or of all, in their order; ten of each are kept. Throws BadInput if there is no such. */
  async history(name?: string): Promise<CronTick[]> {
    const subject = this.#names.cursor(name === undefined ? "*" : checkedCronName(name))
    const found = await this.#store.list("jobs", subject, MOST)
    if (name !== undefined && found.length === 0) {
      const { crons } = await this.list()
      if (!crons.some((one) => one.name === name)) throw this.#nowhere(name, crons)
    }
    const ticks = found.flatMap((message) => {
      const cursor = cursorIn(message)
      if (cursor?.job === undefined) return []
      const { job, seq: _, spec: __, ...tick } = cursor
      return [{ name: lastPartOf(message.subject), ...tick, job }]
    })
    return ticks.toSorted((a, b) => a.atMs - b.atMs)
  }

  async #put(name: string, definition: StoredDefinition): Promise<CronList> {
    const [stream, subject] = ["jobs", this.#names.definition(name)] as const
    const data = encodeStored(definition)
    const { seq } = await this.#store.store({ stream, subject, data, headers: headers() })
    for (const one of await this.#store.list(stream, subject, MOST)) {
      if (one.seq < seq) await this.#store.remove(stream, one.seq)
    }
    return this.list(true)
  }

  async #defined(): Promise<CronRow[]> {
    const found = await this.#store.list("jobs", this.#names.definitions, MOST)
    return found.flatMap(({ subject, data }) => {
      const stored = decodeStored(data)
      const { at, tz = DEFAULT_ZONE, job, missed = "skip", isPaused = false } = stored
      if (at === undefined || job === undefined) return []
      const name = lastPartOf(subject)
      return [{ name, at, tz, job, missed, from: "pool", isPaused }]
    })
  }

  async #stored(name: string): Promise<StoredDefinition | undefined> {
    const found = await this.#store.last("jobs", this.#names.definition(name))
    return found && decodeStored(found.data)
  }

  async #isInCode(name: string): Promise<boolean> {
    return ((await askLeader(this.#bus, this.#pool, false))?.crons ?? []).some(
      (one) => one.name === name,
    )
  }

  async #unknown(name: string): Promise<BadInput> {
    const { crons } = await this.list()
    const own = crons.find((one) => one.name === name)
    if (own)
      return new BadInput("cron", "one that was added, not one in the code of a worker", name)
    return this.#nowhere(name, crons)
  }

  #nowhere(name: string, crons: readonly CronRow[]): BadInput {
    const names = crons.map((one) => one.name).join(", ")
    return new BadInput("cron", names ? `one of ${names}` : "one that is defined; none is", name)
  }

  #nowMs(): number {
    return Math.round(this.#store.nowMs())
  }
}
