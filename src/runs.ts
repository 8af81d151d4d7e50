/**
 * The runs of one worker, one after another. After OTP's rest_for_one: what depends on a part that failed begins anew
 * with it, and the rest goes on. So a member whose leading fails, or whose coordinator breaks, gives up its seat and
 * joins anew at the end of the line, while its simple work in flight is finished. One that fails too often in a short
 * time is given up.
 */
import type { Clock } from "./clock.js"
import type { EndReason } from "./leadership.js"
import type { MemberRun } from "./member-run.js"
import { Pace } from "./pace.js"
import { Failures, RESTART_PACE, type RestartIntensity, TooManyFailures } from "./restarts.js"

export interface RunsOptions {
  /** Name of the worker. */
  readonly name: string
  readonly clock: Clock
  readonly intensity: Partial<RestartIntensity> | undefined
  /** The next run; joins when it is started. */
  readonly newRun: () => MemberRun
  /** Told when a new run has joined. */
  readonly onJoined: () => void
  /** It failed too often: it should leave. */
  readonly onGivenUp: (failure: TooManyFailures) => void
  readonly report: (problem: string, error?: unknown) => void
}

export class Runs {
  readonly #options: RunsOptions
  readonly #failures: Failures
  #current: MemberRun
  #restarting: Promise<void> | undefined
  /** Simple work of earlier runs that is still in flight. */
  readonly #finishing = new Set<Promise<void>>()
  #isOver = false

  constructor(options: RunsOptions) {
    this.#options = options
    this.#failures = new Failures(options.intensity)
    this.#current = options.newRun()
  }

  get current(): MemberRun {
    return this.#current
  }

  /** Ends the current run kindly, and joins anew. Resolves when it has joined. */
  restart(reason: EndReason): Promise<void> {
    this.#restarting ??= this.#restart((run) => run.retire(reason)).finally(() => {
      this.#restarting = undefined
    })
    return this.#restarting
  }

  /** What the current run leads with failed: joins anew, or is given up. */
  failed(error: unknown): void {
    if (!this.#isOneTooMany(error)) this.restart("failed")
  }

  /** The coordinator of the current run broke: what it left standing is ended in its name first. */
  broke(error: unknown): void {
    this.#options.report("the coordinator broke; it begins anew", error)
    if (this.#isOneTooMany(error)) return
    this.#restarting ??= this.#restart((run) => run.clearAway()).finally(() => {
      this.#restarting = undefined
    })
  }

  /** Ends the last run kindly; no other begins. Resolves when nothing of any run is left. */
  async end(reason: EndReason): Promise<void> {
    this.#isOver = true
    await this.#current.stop(reason)
    await this.#restarting
    await Promise.all(this.#finishing)
  }

  async #restart(end: (run: MemberRun) => Promise<void>): Promise<void> {
    if (this.#isOver) return
    const { report, onJoined } = this.#options
    const before = this.#current
    await end(before).catch((error) => report("what it left stands until it expires", error))
    const hasJoined = await this.#joinAnew()
    // Only now, so that a request finds somebody all the time.
    const finished = before.finish().finally(() => this.#finishing.delete(finished))
    this.#finishing.add(finished)
    if (hasJoined) onJoined()
  }

  async #joinAnew(): Promise<boolean> {
    const { newRun, report, clock } = this.#options
    const pace = new Pace({ clock, ...RESTART_PACE })
    while (!this.#isOver) {
      this.#current = newRun()
      try {
        await this.#current.start()
        return !this.#isOver
      } catch (error) {
        if (this.#isOver) return false
        report("could not join anew; trying again", error)
        if (this.#isOneTooMany(error)) return false
        await pace.wait()
      }
    }
    return false
  }

  #isOneTooMany(error: unknown): boolean {
    const { name, clock, onGivenUp } = this.#options
    if (this.#isOver || !this.#failures.areTooMany(clock.now().monoMs)) return false
    onGivenUp(new TooManyFailures(name, this.#failures.intensity, { cause: error }))
    return true
  }
}
