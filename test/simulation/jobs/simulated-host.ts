/** A host: a supervisor, and the worker processes under it, which it sees die, gives jobs back for, and starts anew. */
import type { Bus } from "../../../src/contracts/bus.js"
import { Troubles } from "../../../src/contracts/troubles.js"
import { cronNamesOf } from "../../../src/cron/cron-names.js"
import type { Ticks } from "../../../src/cron/decision.js"
import type { WholeDefinition } from "../../../src/cron/definition.js"
import { RunningCron } from "../../../src/cron/running-cron.js"
import { jobNamesOf } from "../../../src/jobs/contract/job-names.js"
import type { QueueJob } from "../../../src/jobs/contract/queue-job.js"
import { HeldJobs } from "../../../src/jobs/give-back/held-jobs.js"
import { JobTeller } from "../../../src/jobs/give-back/job-teller.js"
import { JobWorker } from "../../../src/jobs/worker/job-worker.js"
import type { TakenJob } from "../../../src/jobs/worker/taken-job.js"
import { type Leadership, ReignEnded } from "../../../src/lease/leadership.js"
import { pause } from "../../../src/time/within.js"
import type { Chance } from "../chance.js"
import { Link, type Weather } from "../link.js"
import { Machine } from "../machine.js"
import type { Timeline } from "../timeline.js"
import { VirtualBus } from "../virtual-bus.js"
import { EPOCH_MS, type VirtualServer } from "../virtual-server.js"
import { type JobServer, POOL, QUEUE } from "./job-server.js"
import type { Attempt, Judge } from "./judge.js"
import { LinkedStore } from "./linked-store.js"

/** How long the kernel takes to end a process and to tell of it, in ms. */
const DEATH_MS = 1
const RESTART_MS = 400
/** How long a worker goes on that takes no more jobs. */
const LEAVING_MS = 200
/** How long a word takes to the supervisor, in ms. */
const WORD_MS = 0.05
const CONCURRENCY = 3
/** How long a step of a handler takes, in ms. */
const STEP_MS = 50

/** What everybody is in. */
export interface Surroundings {
  readonly timeline: Timeline
  readonly chance: Chance
  readonly weather: Weather
  readonly server: JobServer
  /** For messages. */
  readonly core: VirtualServer
  readonly judge: Judge
  readonly isCalm: boolean
}

/** What a job is to do, as its payload says. */
export interface Task {
  readonly takesMs: number
  /** So many of its attempts fail. */
  readonly fails: number
}

export class SimulatedHost {
  readonly name: string
  readonly workers: SimulatedWorker[] = []
  /** What the clocks of the machine show; no process. */
  readonly clock: Machine
  /** The process that started the workers that begin now. */
  supervisor: Machine
  supervisorLink: Link
  readonly #around: Surroundings
  readonly #rate: number
  readonly skewMs: number
  #supervisorStore: LinkedStore

  constructor(name: string, around: Surroundings, rate: number, skewMs: number, workers: number) {
    this.name = name
    this.#around = around
    this.#rate = rate
    this.skewMs = skewMs
    this.clock = new Machine(around.timeline, rate, 1_000 * rate, EPOCH_MS)
    this.supervisor = this.process()
    ;[this.supervisorLink, this.#supervisorStore] = this.connect(this.supervisor)
    for (let n = 0; n < workers; n += 1) {
      this.workers.push(new SimulatedWorker(`${name}${n}`, this, around))
    }
  }

  /** A process that begins now. */
  process(): Machine {
    const { monoMs, wallMs } = this.clock.now()
    return new Machine(this.#around.timeline, this.#rate, monoMs, wallMs)
  }

  connect(machine: Machine): [Link, LinkedStore] {
    const { timeline, chance, weather, server } = this.#around
    const link = new Link(timeline, machine, chance, weather)
    return [link, new LinkedStore(link, server, timeline, this.skewMs)]
  }

  suspend(): void {
    for (const machine of this.#machines) machine.freeze(true)
  }

  resume(areTimersFirst: boolean): void {
    for (const machine of this.#machines) machine.thaw(areTimersFirst)
    this.restart()
  }

  /** The supervisor dies: its workers see it, and stop. */
  crashSupervisor(): void {
    const { timeline } = this.#around
    if (this.supervisor.state === "dead") return
    this.supervisor.die()
    this.supervisorLink.close(false)
    for (const worker of this.workers) {
      const { machine } = worker
      timeline.at(timeline.nowMs + DEATH_MS, () => machine.take(() => worker.stop(1_000)))
    }
    timeline.at(timeline.nowMs + RESTART_MS * 4, () => this.restart())
  }

  crash(): void {
    for (const worker of this.workers) worker.die()
    this.crashSupervisor()
  }

  /** Whoever is not there is started. */
  restart(): void {
    if (this.clock.state !== "running") return
    if (this.supervisor.state === "dead") {
      this.supervisor = this.process()
      ;[this.supervisorLink, this.#supervisorStore] = this.connect(this.supervisor)
    }
    for (const worker of this.workers) worker.start()
  }

  /** Where the supervisor of those that begin now gives back what they held. */
  get bus(): Pick<Bus, "publish" | "info"> {
    const store = this.#supervisorStore
    return {
      publish: (ticket) => store.send(ticket, "back"),
      get info() {
        return store.isUp ? {} : undefined
      },
    }
  }

  get #machines(): Machine[] {
    return [this.clock, this.supervisor, ...this.workers.map(({ machine }) => machine)]
  }
}

export class SimulatedWorker {
  readonly name: string
  readonly host: SimulatedHost
  readonly #around: Surroundings
  machine!: Machine
  link!: Link
  #store!: LinkedStore
  #worker!: JobWorker
  /** Who sees it die, and what is done then. */
  #parent!: { readonly machine: Machine; readonly sees: (isKind: boolean) => void }
  #isStopping = false
  #lives = 0
  readonly #running = new Set<Attempt>()

  constructor(name: string, host: SimulatedHost, around: Surroundings) {
    this.name = name
    this.host = host
    this.#around = around
    this.#begin()
  }

  get isAlive(): boolean {
    return this.machine.state !== "dead"
  }

  /** Its supervisor. */
  get parent(): Machine {
    return this.#parent.machine
  }

  /** Attempts whose handlers have not ended, as far as they count. */
  get running(): Attempt[] {
    return [...this.#running].filter(({ job }) => !job.isOver)
  }

  start(): void {
    const { clock, supervisor } = this.host
    if (!this.isAlive && clock.state === "running" && supervisor.state !== "dead") this.#begin()
  }

  stop(graceMs: number): void {
    if (!this.isAlive || this.#isStopping) return
    this.#isStopping = true
    const { machine, link } = this
    const gone = () => {
      if (machine.state === "dead") return
      machine.die()
      link.close(false)
      this.#running.clear()
      this.#ended(true)
    }
    const leave = () => void machine.after(LEAVING_MS, gone)
    this.#worker.stop(graceMs).then(leave, leave)
  }

  die(): void {
    if (!this.isAlive) return
    this.machine.die()
    this.link.close(false)
    this.#running.clear()
    this.#ended(false)
  }

  /** Begins to fire; ends when it is told to, or after `leaseMs` by the lease's arithmetic. */
  reign(term: number, forMs: number, crons: readonly [WholeDefinition, Ticks][]): number {
    const { machine } = this
    const store = this.#store
    const began = machine.now()
    const controller = new AbortController()
    const remainingMs = () => {
      const now = machine.now()
      return Math.max(0, forMs - Math.max(now.monoMs - began.monoMs, now.wallMs - began.wallMs))
    }
    const look = () => {
      if (remainingMs() === 0) controller.abort(new ReignEnded("lease over", term))
      else machine.after(remainingMs(), look)
    }
    machine.after(forMs, look)
    const leadership = {
      term,
      signal: controller.signal,
      isLeading: () => remainingMs() > 0,
      remainingMs,
    } as unknown as Leadership
    const watchedMs = store.nowMs()
    const troubles = new Troubles(machine)
    const context = { leadership, store, troubles, watchedMs, clock: machine, by: this.name }
    for (const [definition, ticks] of crons) {
      const names = { names: jobNamesOf(POOL), cron: cronNamesOf(POOL) }
      void new RunningCron({ ...context, ...names }, definition, ticks).run()
    }
    return watchedMs
  }

  /** Its supervisor sees that it is gone, if there is one, and somebody starts it anew. */
  #ended(isKind: boolean): void {
    const { timeline } = this.#around
    const { machine, sees } = this.#parent
    timeline.at(timeline.nowMs + DEATH_MS, () => machine.take(() => sees(isKind)))
    timeline.at(timeline.nowMs + RESTART_MS, () => this.start())
  }

  #begin(): void {
    const { host, name } = this
    const { timeline, core, chance } = this.#around
    const machine = host.process()
    this.machine = machine
    ;[this.link, this.#store] = host.connect(machine)
    const held = new HeldJobs(() => host.clock.now())
    const { supervisor, bus } = host
    this.#parent = {
      machine: supervisor,
      sees: (isKind) => {
        if (!isKind) held.giveBack(bus)
      },
    }
    this.#isStopping = false
    this.#lives += 1
    const witness = new JobTeller(
      (word, sent) => {
        timeline.at(timeline.nowMs + WORD_MS, () => supervisor.take(() => held.heard(word)))
        machine.after(0, sent)
      },
      () => host.clock.now(),
    )
    const id = `${name}-${this.#lives}`
    this.#worker = new JobWorker({
      pool: POOL,
      queues: new Map([
        [
          QUEUE,
          { handler: (job: QueueJob) => this.#run(job as TakenJob), concurrency: CONCURRENCY },
        ],
        ["report", { handler: () => "", concurrency: CONCURRENCY }],
      ]),
      ...{ store: this.#store, bus: new VirtualBus(this.link, core), clock: machine, witness },
      ...{ random: () => chance.next(), member: () => ({ id, name }) },
      troubles: new Troubles(machine),
    })
    void this.#worker.open(false)
  }

  async #run(job: TakenJob): Promise<string> {
    const { judge } = this.#around
    const { machine } = this
    const attempt: Attempt = { job, machine }
    judge.began(attempt)
    this.#running.add(attempt)
    const { takesMs, fails } = job.json<Task>()
    const untilMs = machine.now().monoMs + takesMs
    // As one that does a little at a time; once its signal has fired it goes on all the same.
    for (let leftMs = takesMs; leftMs > 0; leftMs = untilMs - machine.now().monoMs) {
      await pause(machine, Math.min(STEP_MS, leftMs))
    }
    const end = job.attempt <= fails ? "threw" : "returned"
    this.#running.delete(attempt)
    // What it does once its signal has fired counts for nothing.
    if (!job.isOver && job.isHeld()) judge.ended(attempt, end)
    if (end === "threw") throw new Error("it fails")
    return job.id
  }
}
