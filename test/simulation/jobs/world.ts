/**
 * One run: hosts with workers, a client, and a server under a schedule. After the last step everything is healed, and the run
 * goes on until nothing is left to be done; then whatever was acknowledged must have come to an end.
 */

import type { Ticks } from "../../../src/cron/decision.js"
import type { WholeDefinition } from "../../../src/cron/definition.js"
import { LEASE_MS } from "../../../src/jobs/contract/job-limits.js"
import { recordOf } from "../../../src/jobs/contract/job-record.js"
import type { EnqueueOptions } from "../../../src/jobs/enqueue-options.js"
import { JobClient } from "../../../src/jobs/job-client.js"
import { Chance } from "../chance.js"
import type { Link, Way, Weather } from "../link.js"
import { Timeline } from "../timeline.js"
import { VirtualBus } from "../virtual-bus.js"
import { VirtualServer } from "../virtual-server.js"
import { CronJudge } from "./cron-judge.js"
import { JobServer, POOL, QUEUE } from "./job-server.js"
import { Judge, MOST_FAILURES } from "./judge.js"
import { delayMs, type Family, type Kind, type Schedule, type Step, spanMs } from "./schedule.js"
import {
  SimulatedHost,
  type SimulatedWorker,
  type Surroundings,
  type Task,
} from "./simulated-host.js"

/** How a run ended. */
export interface Outcome {
  readonly breach: string | undefined
  readonly trace: readonly string[]
  readonly events: number
  /** How many attempts began, and how many ticks were fired. */
  readonly attempts: number
  readonly ticks: number
  /** What happened; a step that found nothing to happen to is not among them. */
  readonly happened: readonly Kind[]
}

/** What is done by then never will be, in ms. */
const LONGEST_REST_MS = 40 * LEASE_MS
const LOOK_MS = LEASE_MS / 2
const MOST_EVENTS = 200_000
/** In calm: how soon the jobs of a worker that died are given back, in ms. */
const GIVEN_BACK_MS = 20
const HARMLESS: ReadonlySet<Kind> = new Set([
  "enqueue",
  "burst",
  "unique",
  "cancel",
  "retry",
  "stop",
])
/** How long after it was told to stop a worker is killed, by who can't wait, in ms. */
const IMPATIENCE_MS = 90
/** One thing follows from another. */
const SOON_MS = 1
const TICK_MS = 1_700
const TAKES_MS = [1, 40, 400, 2_500, 9_000, 6_000]
/** How many attempts fail, by variant; the second of these never succeeds. */
const FAILS: Readonly<Record<number, number>> = { 4: 1, 9: MOST_FAILURES }
const UNIQUES = ["ann", "bob"]
const MISSED = ["skip", "once", "all"] as const
const GRACES_MS = [4_000, undefined, undefined]

export class World {
  readonly #schedule: Schedule
  readonly #family: Family
  readonly #timeline = new Timeline()
  readonly #weather: Weather
  readonly #judge: Judge
  readonly #cronJudge: CronJudge
  readonly #server: JobServer
  readonly #hosts: SimulatedHost[]
  readonly #client: { readonly host: SimulatedHost; readonly jobs: JobClient; readonly link: Link }
  readonly #trace: string[] | undefined
  readonly #happened: Kind[] = []
  readonly #crons: readonly [WholeDefinition, Ticks][]
  #count = 0
  #terms = 0
  #attempts = 0

  constructor(schedule: Schedule, family: Family, isTraced: boolean) {
    this.#schedule = schedule
    this.#family = family
    this.#trace = isTraced ? [] : undefined
    this.#weather = { delayMs: delayMs(schedule), loss: schedule.loss / 100, stale: 0 }
    const timeline = this.#timeline
    const chance = new Chance(schedule.seed)
    const judge = new Judge(() => timeline.nowMs)
    this.#judge = judge
    judge.isCalm = family.isCalm ?? false
    if (schedule.loss > 0) judge.harms = Number.POSITIVE_INFINITY
    judge.onEvent = (what) => {
      if (/ begins /.test(what)) this.#attempts += 1
      this.#trace?.push(`${timeline.nowMs.toFixed(1).padStart(9)} ${what}`)
    }
    this.#server = new JobServer(timeline, judge, schedule)
    this.#crons = MISSED.map((missed, n) => [
      definitionOf(missed, GRACES_MS[n]),
      ticksEach(TICK_MS + 300 * n),
    ])
    this.#cronJudge = new CronJudge(
      judge,
      () => this.#server.wallMs,
      new Map(this.#crons.map(([policy, ticks]) => [policy.name, { policy, ticks }])),
    )
    this.#server.onStored = (message, seq, sentMs) => {
      judge.stored(message, seq, sentMs)
      this.#cronJudge.stored(message, seq)
    }
    const core = new VirtualServer(timeline, LEASE_MS, chance, this.#weather)
    const around: Surroundings = {
      ...{ timeline, chance, core, judge, weather: this.#weather, server: this.#server },
      isCalm: judge.isCalm,
    }
    const host = (name: string, rate: number, workers: number) => {
      const skewMs = (schedule.skew - 50) * (rate > 50 ? 1 : -1)
      return new SimulatedHost(name, around, 0.95 + rate / 1_000, skewMs, workers)
    }
    this.#hosts = schedule.rates.map((rate, n) => host("abc"[n] as string, rate, schedule.workers))
    const own = host("client", 50, 0)
    const [link, store] = own.connect(own.supervisor)
    const bus = new VirtualBus(link, core)
    const jobs = new JobClient({ pool: POOL, store, bus, clock: own.supervisor })
    this.#client = { host: own, jobs, link }
  }

  async run(): Promise<Outcome> {
    for (const step of this.#schedule.steps) {
      await this.#pass(spanMs(step.gap))
      if (this.#judge.breach) break
      if (!this.#do(step)) continue
      this.#happened.push(step.kind)
      if (!HARMLESS.has(step.kind)) this.#judge.harms += step.kind.startsWith("lose") ? 3 : 1
      this.#judge.onEvent?.(
        `${step.kind} ${step.who}, ${spanMs(step.span).toFixed(0)} ms, ${step.variant}`,
      )
    }
    // What a squeeze does shows when the leases of those days are over.
    if (this.#happened.includes("squeeze")) await this.#pass(LEASE_MS * 1.5)
    if (!this.#judge.breach) await this.#rest()
    return {
      breach: this.#judge.breach,
      trace: this.#trace ?? [],
      events: this.#timeline.arranged,
      attempts: this.#attempts,
      ticks: this.#cronJudge.fired,
      happened: this.#happened,
    }
  }

  /** All is healed; then nothing may be left. */
  async #rest(): Promise<void> {
    Object.assign(this.#weather, { delayMs: 0, loss: 0 })
    this.#client.link.heal()
    for (const host of this.#hosts) {
      host.resume(false)
      host.supervisorLink.heal()
      host.restart()
      for (const worker of host.workers) worker.link.heal()
    }
    if (this.#family.hasCron) {
      // Whoever led leads no more, and whoever died is there again.
      await this.#pass(LEASE_MS)
      this.#reign(this.#workers[0] as SimulatedWorker, LONGEST_REST_MS)
      await this.#pass(4 * LEASE_MS)
      this.#cronJudge.atTheEnd()
      return
    }
    const untilMs = this.#timeline.nowMs + LONGEST_REST_MS
    while (this.#timeline.nowMs < untilMs && !this.#judge.breach) {
      await this.#pass(LOOK_MS)
      const left = await this.#server.store.list("jobs", `${POOL}.*.${QUEUE}.>`, 1)
      if (left.length === 0) break
    }
    const left = await this.#server.store.list("jobs", `${POOL}.*.${QUEUE}.>`, 1)
    if (left[0]) this.#judge.fail(`${recordOf(left[0])?.id} is never done`)
    const dead = await this.#server.store.list("dead", `${POOL}.dead.>`, 10_000)
    this.#judge.atTheEnd(new Set(dead.flatMap((one) => recordOf(one)?.id ?? [])))
  }

  async #pass(ms: number): Promise<void> {
    const untilMs = this.#timeline.nowMs + ms
    do {
      await this.#timeline.settle()
      if (this.#timeline.arranged > MOST_EVENTS) this.#judge.fail("too busy")
    } while (!this.#judge.breach && this.#timeline.next(untilMs))
  }

  /** Says whether there was anything to do it to. */
  #do({ kind, who, span, variant }: Step): boolean {
    const ms = spanMs(span)
    const host = this.#hosts[who % this.#hosts.length] as SimulatedHost
    const all = this.#workers
    const worker = all[who % all.length] as SimulatedWorker
    switch (kind) {
      case "enqueue":
        return this.#enqueue(variant, {})
      case "burst":
        for (let n = 0; n < 4; n += 1) this.#enqueue(variant + n, {})
        return true
      case "unique":
        return this.#enqueue(variant, { unique: UNIQUES[who % UNIQUES.length] as string })
      case "cancel":
      case "retry":
        return this.#order(kind, who)
      case "stop":
        if (!worker.isAlive || worker.machine.state === "frozen") return false
        worker.stop(variant % 2 ? ms : 0)
        // Somebody has no patience.
        if (variant % 3 === 2) this.#later(IMPATIENCE_MS, () => this.#crash(worker))
        return true
      case "crash":
        if (!worker.isAlive) return false
        this.#crash(worker)
        return true
      case "crash-supervisor":
        host.crashSupervisor()
        return true
      case "crash-host":
        host.crash()
        return true
      case "crash-unheard":
        if (!worker.isAlive) return false
        this.#cut(worker.host.supervisorLink, ["up", "down"], 0, LEASE_MS + ms)
        this.#later(SOON_MS, () => this.#crash(worker))
        return true
      case "freeze":
        return this.#freeze(worker, ms, variant)
      case "daze": {
        if (worker.machine.state !== "running") return false
        const leaseMs = LEASE_MS * (0.7 + (0.6 * span) / 1_000)
        this.#cut(worker.link, ["up"], undefined, leaseMs)
        this.#later(leaseMs / 4, () => this.#freeze(worker, (leaseMs * 3) / 4 + SOON_MS, 1))
        return true
      }
      case "freeze-supervisor": {
        const { supervisor } = host
        if (supervisor.state !== "running") return false
        supervisor.freeze(false)
        this.#later(ms, () => supervisor.thaw(variant % 2 === 0))
        return true
      }
      case "suspend":
        host.suspend()
        this.#later(ms, () => host.resume(variant % 2 === 0))
        return true
      case "reign":
        if (!worker.isAlive) return false
        this.#reign(worker, ms)
        return true
      case "server-restart":
        for (const link of this.#links) this.#cut(link, ["up", "down"], 0, Math.min(ms, 1_000))
        return true
      default: {
        const isClients = variant % 4 === 3
        const link = isClients ? this.#client.link : worker.link
        return this.#disturb(
          kind,
          kind === "cut-supervisor" ? host.supervisorLink : link,
          ms,
          variant,
        )
      }
    }
  }

  #disturb(kind: Kind, link: Link, ms: number, variant: number): boolean {
    const ways = ([["up", "down"], ["up"], ["down"]] as const)[variant % 3] as readonly Way[]
    if (kind === "lose-requests") link.lose("up", 1 + (variant % 3))
    else if (kind === "lose-answers") link.lose("down", 1 + (variant % 3))
    else if (kind === "stall") this.#cut(link, ways, undefined, ms)
    else if (kind === "swing") {
      this.#cut(link, ["down"], undefined, ms)
      this.#later(ms, () => this.#cut(link, ["up"], undefined, ms))
    } else if (kind === "squeeze") {
      const answersMs = LEASE_MS * 0.3 + ms / 4
      link.cut(["down"], undefined)
      this.#later(answersMs, () => link.healPaths(["down"]))
      this.#later(answersMs / 3, () => this.#cut(link, ["up"], undefined, LEASE_MS * 1.5))
    } else if (kind === "blip") this.#cut(link, ["up", "down"], 0, 1)
    // Some notice it late, some at once.
    else this.#cut(link, ways, variant % 2 ? ms / 2 : 1, ms)
    return true
  }

  #cut(link: Link, ways: readonly Way[], detectMs: number | undefined, ms: number): void {
    link.cut(ways, detectMs)
    this.#later(ms, () => link.heal())
  }

  #enqueue(variant: number, own: EnqueueOptions): boolean {
    const task: Task = {
      takesMs: TAKES_MS[variant % TAKES_MS.length] as number,
      fails: FAILS[variant] ?? 0,
    }
    const options: EnqueueOptions = {
      ...own,
      attempts: MOST_FAILURES,
      ...(variant % 4 === 2 && { delayMs: 700 }),
      ...(variant % 3 === 1 && { keepResultMs: 3_600_000 }),
      ...(variant === 7 && own.unique === undefined && { id: `own${this.#count++}` }),
    }
    const enqueued = this.#client.jobs.enqueue(QUEUE, task, options)
    enqueued.then(
      ({ id, already }) => {
        if (!already) this.#judge.acknowledged(id)
      },
      () => {
        // Nobody was told that it is stored.
      },
    )
    return true
  }

  #order(kind: "cancel" | "retry", who: number): boolean {
    const { ids } = this.#judge
    const id = ids[who % ids.length]
    if (id === undefined) return false
    const { finder } = this.#client.jobs
    const done = () => {}
    if (kind === "retry") finder.retry(id).then(done, done)
    else {
      this.#judge.cancelled(id)
      finder.cancel(id, "no more", QUEUE).then(done, done)
    }
    return true
  }

  #crash(worker: SimulatedWorker): void {
    if (!worker.isAlive) return
    const { nowMs } = this.#timeline
    const held = worker.running
    worker.die()
    const { parent } = worker
    if (!this.#family.isCalm || parent.state !== "running") return
    this.#later(GIVEN_BACK_MS, () => {
      if (parent.state !== "running") return
      for (const { job } of held) {
        if (this.#judge.hasGoneBack(job.delivery.seq, nowMs)) continue
        this.#judge.fail(`${job.id} was not given back though its worker was seen to die`)
      }
    })
  }

  #freeze(worker: SimulatedWorker, ms: number, variant: number): boolean {
    const { machine } = worker
    if (machine.state !== "running") return false
    machine.freeze(false)
    this.#later(ms, () => machine.thaw(variant % 2 === 0))
    return true
  }

  #reign(worker: SimulatedWorker, ms: number): void {
    this.#terms += 1
    this.#cronJudge.reigns(this.#terms, worker.reign(this.#terms, ms, this.#crons))
  }

  #later(ms: number, run: () => void): void {
    this.#timeline.at(this.#timeline.nowMs + ms, run)
  }

  get #workers(): SimulatedWorker[] {
    return this.#hosts.flatMap(({ workers }) => workers)
  }

  get #links(): Link[] {
    const own = this.#hosts.map(({ supervisorLink }) => supervisorLink)
    return [this.#client.link, ...own, ...this.#workers.map(({ link }) => link)]
  }
}

/** Runs one schedule. */
export function run(schedule: Schedule, family: Family, isTraced = false): Promise<Outcome> {
  return new World(schedule, family, isTraced).run()
}

function definitionOf(
  missed: (typeof MISSED)[number],
  graceMs: number | undefined,
): WholeDefinition {
  return {
    ...{ name: missed, at: "@often", tz: "UTC", job: "report", missed, graceMs },
    ...{ data: new Uint8Array(), isPaused: false, sinceMs: undefined, from: "code" },
  }
}

/** Whole multiples of so many ms. */
function ticksEach(ms: number): Ticks {
  return { after: (atMs) => (Math.floor(atMs / ms) + 1) * ms }
}
