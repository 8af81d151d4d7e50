/** A worker in a pool, as the program that joined sees it. How it goes on after a failure is in `runs.ts`. */
import type { Backend } from "../backend/backend.js"
import { type Heard, withCallbacks } from "../contracts/callbacks.js"
import type { Troubles } from "../contracts/troubles.js"
import { unawaited, unexpected } from "../contracts/unawaited.js"
import { refusalIn } from "../errors/client-errors.js"
import type { EndReason, Leadership } from "../lease/leadership.js"
import { followServers } from "../member/follow-server.js"
import { MemberRun } from "../member/member-run.js"
import type { TooManyFailures } from "../member/restarts.js"
import { type GivenByRuns, Runs } from "../member/runs.js"
import { type LeaderNews, LeaderWatch } from "../observe/leader-watch.js"
import { LoopWatch } from "../observe/loop-watch.js"
import { checkKind, knownOptions, text } from "../options/known-options.js"
import type { StandingClaim } from "../protocol/claim.js"
import type { Member } from "../protocol/member.js"
import { JOIN_OPTIONS, type WorkerOptions } from "./join-options.js"
import { heirIn, notTheLeader, obey } from "./obey.js"
import { openBackend } from "./open-backend.js"
import { type RunListeners, runOptionsOf } from "./run-options.js"
import { WorkerJobs } from "./worker-jobs.js"

/** How to join a pool. */
export interface JoinOptions extends WorkerOptions {
  /** Obeys `stop`; by default the worker leaves its pool. */
  readonly onStopOrder?: (worker: PoolWorker) => void
}

/**
 * Joins a pool; resolves when the worker is ready. Without any of `work`, `leaderWork` and `lead` it answers
 * with who did the work. Throws BadInput, NoServer, NotAuthorized, NotPermitted, NoJetStream or ServerTooOld.
 *
 * @example
 * const worker = await joinPool({ pool: "mail", work: (job) => send(job.json()) })
 * process.once("SIGTERM", () => worker.leave())
 */
export async function joinPool(options: JoinOptions = {}): Promise<PoolWorker> {
  const heard = withCallbacks(knownOptions("joinPool", options, JOIN_OPTIONS))
  const jobs = await WorkerJobs.of(heard)
  const backend = await openBackend(heard)
  try {
    const worker = new PoolWorker(heard, backend, jobs)
    await worker.start()
    return worker
  } catch (error) {
    await backend.close()
    throw refusalIn(error)
  }
}

/** A worker that has joined a pool. Made by `joinPool`. */
export class PoolWorker {
  /**
   * Resolves when the worker has left. Rejects with TooManyFailures if it left because it failed too often; where
   * nobody heeds that it ends the process, so that its supervisor can act.
   */
  readonly closed: Promise<void>
  readonly #options: Heard<JoinOptions>
  readonly #backend: Backend
  readonly #troubles: Troubles
  readonly #leaderWatch: LeaderWatch
  readonly #runs: Runs
  readonly #jobs: WorkerJobs
  readonly #loop: LoopWatch | undefined
  #left: Promise<void> | undefined
  #settleClosed: (failure?: TooManyFailures) => void = () => {}

  /** @internal */
  constructor(options: Heard<JoinOptions>, backend: Backend, jobs: WorkerJobs) {
    this.#options = options
    this.#jobs = jobs
    this.#backend = backend
    this.closed = new Promise((resolve, reject) => {
      this.#settleClosed = (failure) => (failure ? reject(failure) : resolve())
    })
    const { clock, name } = backend
    this.#troubles = options.troubles
    const onNews = (news: LeaderNews) => {
      backend.status?.heard(news)
      options.onLeader?.(news)
    }
    this.#leaderWatch = new LeaderWatch({ clock, onNews })
    this.#runs = new Runs({
      name,
      clock,
      intensity: options.restarts,
      newRun: (given) => new MemberRun(runOptionsOf(options, backend, this.#listeners(given))),
      onJoined: () => options.onJoined?.(),
      onGivenUp: (failure) => {
        this.#left ??= this.#leave("failed", failure)
      },
      troubles: this.#troubles,
    })
    const { maxStallMs: most } = options
    if (most !== undefined) this.#loop = new LoopWatch(clock, most, (ms) => this.#stalled(ms))
  }

  /** @internal */
  async start(): Promise<void> {
    this.#backend.status?.show(this)
    try {
      await this.#runs.start()
    } catch (error) {
      this.#leaderWatch.stop()
      this.#loop?.stop()
      throw error
    }
    followServers(this.#backend, () => this.#run, this.#troubles)
    await this.#jobs.open(this.#backend, this.#troubles, this)
  }

  /** Unique to this run; a restart brings a new one. */
  get id(): string {
    return this.#run.id
  }

  /** Its label. */
  get name(): string {
    return this.#backend.name
  }

  /** The pool it has joined. */
  get pool(): string {
    return this.#backend.names.pool
  }

  /** The worker as its pool sees it. */
  get member(): Member {
    return this.#run.member
  }

  /** Whether this worker leads at this instant. */
  get isLeader(): boolean {
    return this.#run.coordinator.leads()
  }

  /** Its reign, if it leads at this instant. */
  get leadership(): Leadership | undefined {
    return this.#run.coordinator.leadership
  }

  /** The claim as this worker knows it: who leads, or led last. */
  get leader(): StandingClaim | undefined {
    return this.#run.coordinator.standing
  }

  /** Where it answers over HTTP, with `http`: `http://127.0.0.1:9100`. */
  get httpUrl(): string | undefined {
    return this.#backend.status?.url
  }

  /**
   * For how long its last `lead()` has gone on after its reign, in ms; 0 if it has returned. Until then this worker may not
   * lead, also not after a restart.
   */
  get lingeringMs(): number {
    return this.#runs.leadCall.lingeringMs
  }

  /** Who leads at the moment, or for how long nobody has. */
  get news(): LeaderNews {
    return this.#leaderWatch.news
  }

  /** Takes no simple work and no jobs until `resume`, also after it has joined anew; keeps its place in the line. */
  pause(): void {
    this.#runs.pause()
    this.#jobs.setPaused(true)
  }

  /** Takes work again, after `pause`. */
  resume(): void {
    this.#runs.resume()
    this.#jobs.setPaused(false)
  }

  /**
   * Gives up leading: to the member with id `to`, or to the next in line. Resolves when it was handed on. Throws
   * BadInput if this worker does not lead, or there is no such member.
   */
  async handOver(to?: string): Promise<void> {
    if (to !== undefined) checkKind("heir", to, text)
    if (!this.isLeader) throw notTheLeader(this.name)
    if (to === undefined) return this.#run.resign("handed over")
    await this.#run.resign("handed over", await heirIn(this.#backend.bucket, to))
  }

  /**
   * Gives up leading, if it does, and joins anew: with a new id and start time, at the end of the line. Simple work
   * in flight goes on, and a `lead` that does so beyond its grace time keeps it from leading. Resolves when it has joined.
   */
  restart(reason: EndReason = "stopping"): Promise<void> {
    return this.#runs.restart(reason)
  }

  /**
   * Leaves kindly: hands on its reign, finishes what is in flight within the grace times, deletes its entry, and
   * closes the connection if it made it. Resolves when all that is done.
   */
  leave(): Promise<void> {
    this.#left ??= this.#leave("stopping")
    return this.#left
  }

  get #run(): MemberRun {
    return this.#runs.current
  }

  async #leave(reason: EndReason, failure?: TooManyFailures): Promise<void> {
    try {
      await Promise.all([this.#runs.end(reason), this.#jobs.stop()])
      this.#leaderWatch.stop()
      this.#loop?.stop()
      await this.#backend.close()
    } finally {
      this.#settleClosed(failure)
    }
  }

  #stalled(ms: number): void {
    if (!this.isLeader) return
    this.#troubles.report(`gives up leading: the event loop stood still for ${Math.round(ms)} ms`)
    unawaited(this.#run.resign("stalled"), unexpected(this.#troubles.report))
  }

  #listeners(given: GivenByRuns): RunListeners {
    const options = this.#options
    return {
      ...given,
      obey: (order) =>
        obey(this, order, {
          stop: () => (options.onStopOrder ? options.onStopOrder(this) : this.leave()),
          flush: () => this.#backend.bus.flush(),
          report: this.#troubles.report,
        }),
      onLeadReturned: (leadership) => options.onLeadReturned?.(leadership),
      onClaim: (standing, isSelf) => {
        this.#leaderWatch.heard(standing, isSelf)
        this.#jobs.cron.heard(standing, isSelf, this.#backend, this.#troubles)
        options.onClaim?.(standing, isSelf)
      },
      onReign: (leadership) => {
        if (leadership) this.#leaderWatch.follow(leadership)
        this.#jobs.cron.reigns(leadership, this.#backend, this.#troubles)
        options.onReign?.(leadership)
      },
      troubles: this.#troubles,
    }
  }
}
