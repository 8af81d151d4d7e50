/**
 * The cron of one reign: the definitions of the code and of the pool, each fired on its own, from when the reign begins until
 * it ends. Answers what it fires, and looks at the definitions anew when somebody says that they have changed.
 */
import type { Bus, BusMessage, BusSubscription } from "../contracts/bus.js"
import type { JobMeter } from "../contracts/meter.js"
import type { Troubles } from "../contracts/troubles.js"
import { unawaited, unexpected } from "../contracts/unawaited.js"
import { BadInput, reasonOf } from "../errors/errors.js"
import { checkedQueue, jobNamesOf } from "../jobs/contract/job-names.js"
import { checkSize } from "../jobs/contract/job-size.js"
import type { JobStore } from "../jobs/contract/job-store.js"
import type { Leadership } from "../lease/leadership.js"
import { listen } from "../protocol/listening.js"
import { lastPartOf } from "../protocol/subject.js"
import type { Clock } from "../time/clock.js"
import { Pace } from "../time/pace.js"
import { cronNamesOf } from "./cron-names.js"
import { asksReread, type CronNews, encodeLeaderCron } from "./cron-news.js"
import {
  type CronDefinition,
  checkedCronName,
  decodeStored,
  type WholeDefinition,
  wholeOf,
} from "./definition.js"
import { type ReignContext, RunningCron } from "./running-cron.js"

/** What is shown of one of which too little is known. */
const NOTHING = { at: "", tz: "", job: "", missed: "", from: "pool", isPaused: false }
const WHOLE = "a definition with at and job in the pool, or in the code of who leads"
const PACE = { firstMs: 100, mostMs: 5_000 }
/** So many definitions of a pool are looked at. */
const MOST_DEFINITIONS = 10_000

export interface ReignCronOptions {
  readonly pool: string
  /** Those of the code. */
  readonly definitions: ReadonlyMap<string, CronDefinition>
  readonly leadership: Leadership
  readonly openStore: () => Promise<JobStore>
  /** What ticks are measured with, once the store is open. */
  readonly meterOf?: (store: JobStore) => JobMeter | undefined
  readonly bus: Bus
  readonly clock: Clock
  readonly troubles: Troubles
  /** Name of the leader. */
  readonly by: string
}

export class ReignCron {
  readonly #options: ReignCronOptions
  #subscription: BusSubscription | undefined
  #context: ReignContext | undefined
  readonly #running = new Map<string, RunningCron>()
  /** What is not fired: it is paused, or can't be. */
  #idle: CronNews[] = []
  /** What is read now, and all that was to be read before. */
  #reading: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(options: ReignCronOptions) {
    this.#options = options
  }

  /** Fires until the reign ends. Throws nothing: what fails is told, and tried again. */
  async run(): Promise<void> {
    const { leadership, clock, troubles } = this.#options
    leadership.signal.addEventListener("abort", () => this.stop())
    const pace = new Pace({ clock, random: Math.random, ...PACE })
    while (this.#holds()) {
      try {
        await this.#begin()
        return troubles.works("cron")
      } catch (error) {
        troubles.fails("cron", "cron can't be read; it is tried again", error)
        await pace.wait({ signal: leadership.signal })
      }
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#subscription?.unsubscribe()
    for (const running of this.#running.values()) running.stop()
  }

  #holds(): boolean {
    return !this.#isStopped && this.#options.leadership.isLeading()
  }

  async #begin(): Promise<void> {
    const { pool, leadership, openStore, bus, clock, troubles, by } = this.#options
    const store = await openStore()
    const [names, cron] = [jobNamesOf(pool), cronNamesOf(pool)]
    // The same in all tries: what falls due meanwhile falls into this reign.
    const watchedMs = this.#context?.watchedMs ?? store.nowMs()
    const meter = this.#options.meterOf?.(store)
    this.#context = { meter, leadership, store, names, cron, clock, troubles, by, watchedMs }
    this.#subscription ??= listen(bus, cron.ask, (message) => this.#asked(message), {
      onProblem: (problem) => troubles.report("a subscription failed", problem),
    })
    if (!this.#holds()) return this.stop()
    await this.#read()
  }

  #asked(message: BusMessage): void {
    const answer = () => {
      const crons = [...[...this.#running.values()].map(({ news }) => news), ...this.#idle]
      message.respond(encodeLeaderCron({ by: this.#options.by, crons }))
    }
    // What is being read is known when that is done; before, it would be told that there is none.
    if (!asksReread(message.data)) return unawaited(this.#reading.then(answer), () => {})
    unawaited(this.#read().then(answer), (error) => {
      this.#options.troubles.report("cron can't be read anew", error)
    })
  }

  /** One after another. */
  #read(): Promise<void> {
    const read = () => this.#reread()
    this.#reading = this.#reading.then(read, read)
    return this.#reading
  }

  /** Begins what is new or has changed, and ends what has changed or is gone. */
  async #reread(): Promise<void> {
    const { definitions } = this.#options
    const { store, cron } = this.#context as ReignContext
    const found = await store.list("jobs", cron.definitions, MOST_DEFINITIONS)
    if (!this.#holds()) return
    const stored = new Map(found.map((one) => [lastPartOf(one.subject), decodeStored(one.data)]))
    for (const running of this.#running.values()) running.stop()
    this.#running.clear()
    this.#idle = []
    for (const name of new Set([...definitions.keys(), ...stored.keys()])) {
      const definition = wholeOf(name, definitions.get(name), stored.get(name))
      if (definition) await this.#start(definition)
      else this.#refuse({ ...NOTHING, name }, new BadInput("cron", WHOLE, name))
    }
  }

  async #start(definition: WholeDefinition): Promise<void> {
    const { troubles } = this.#options
    const { store } = this.#context as ReignContext
    const { name, at, tz, job, missed, from, isPaused } = definition
    const news: CronNews = { name, at, tz, job, missed, from, isPaused }
    if (isPaused) return void this.#idle.push(news)
    try {
      checkedCronName(name)
      checkedQueue(job)
      checkSize(store, definition)
      const { ticksOf } = await import("./expression.js")
      const ticks = ticksOf(at, tz, `cron.${name}`)
      if (!this.#holds()) return
      const running = new RunningCron(this.#context as ReignContext, definition, ticks)
      this.#running.set(name, running)
      unawaited(running.run(), unexpected(troubles.report))
    } catch (error) {
      this.#refuse(news, error)
    }
  }

  /** Anybody may have written it: it is shown with what is wrong, and fires nothing. */
  #refuse(news: CronNews, error: unknown): void {
    this.#idle.push({ ...news, problem: reasonOf(error) })
    this.#options.troubles.report(`cron ${news.name} can't be fired`, error)
  }
}
