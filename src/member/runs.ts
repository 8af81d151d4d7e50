/**
 * The runs of one worker, one after another, and what outlasts each of them. After OTP's rest_for_one: what depends on a
 * part that failed begins anew with it, and the rest goes on. So a member whose leading fails, or whose coordinator
 * breaks, gives up leading and joins anew at the end of the line, while its simple work in flight is finished. One that
 * fails too often in a short time is given up.
 *
 * Each run is ended at once when it fails, even while it is still joining in place of another: it may lead already.
 */
import type { Report, Troubles } from "../contracts/troubles.js"
import { unawaited, unexpected } from "../contracts/unawaited.js"
import type { EndReason } from "../lease/leadership.js"
import type { Clock } from "../time/clock.js"
import { Pace } from "../time/pace.js"
import { LeadCall } from "./lead-call.js"
import type { MemberRun } from "./member-run.js"
import type { MemberRunOptions } from "./member-run-options.js"
import { Failures, RESTART_PACE, type RestartIntensity, TooManyFailures } from "./restarts.js"

/** What a run shares with those before and after it, and whom it tells of its failures. */
export type GivenByRuns = Pick<MemberRunOptions, "leadCall" | "isPaused" | "onFailed" | "onBroken">

export interface RunsOptions {
  /** Name of the worker. */
  readonly name: string
  readonly clock: Clock
  readonly intensity: Partial<RestartIntensity> | undefined
  /** The next run; joins when it is started. */
  readonly newRun: (given: GivenByRuns) => MemberRun
  /** Told when a new run has joined. */
  readonly onJoined: () => void
  /** It failed too often: it should leave. */
  readonly onGivenUp: (failure: TooManyFailures) => void
  readonly troubles: Troubles
}

export class Runs {
  readonly leadCall: LeadCall
  readonly #options: RunsOptions
  readonly #failures: Failures
  #current: MemberRun
  #isPaused = false
  /** The runs that were ended for another to begin, each with the joining of that one. */
  readonly #replaced = new WeakMap<MemberRun, Promise<void>>()
  /** The joining of the last of them. */
  #restarting: Promise<void> = Promise.resolve()
  /** Simple work of earlier runs that is still in flight. */
  readonly #finishing = new Set<Promise<void>>()
  #isOver = false

  constructor(options: RunsOptions) {
    this.#options = options
    this.#failures = new Failures(options.intensity)
    const { clock, troubles } = options
    this.leadCall = new LeadCall({
      clock,
      report: troubles.report,
      onChange: (isShown) => this.#current.reconsider(isShown),
    })
    this.#current = this.#newRun()
  }

  get current(): MemberRun {
    return this.#current
  }

  /** Has the first run join. */
  async start(): Promise<void> {
    const first = this.#current
    try {
      await first.start()
    } catch (error) {
      const replaced = this.#replaced.get(first)
      if (!replaced) throw error
      await replaced
    }
  }

  /** Takes no simple work in this run and those to come, until `resume`. */
  pause(): void {
    this.#isPaused = true
    this.#current.heedPause()
  }

  resume(): void {
    this.#isPaused = false
    this.#current.heedPause()
  }

  /** Ends the current run kindly, and joins anew. Resolves when it has joined. */
  restart(reason: EndReason): Promise<void> {
    return this.#replace(this.#current, (run) => run.retire(reason))
  }

  /** Ends the last run kindly; no other begins. Resolves when nothing of any run is left. */
  async end(reason: EndReason): Promise<void> {
    this.#isOver = true
    await this.#current.stop(reason)
    await this.#restarting
    await Promise.all(this.#finishing)
    this.leadCall.close()
  }

  #newRun(): MemberRun {
    const run: MemberRun = this.#options.newRun({
      leadCall: this.leadCall,
      isPaused: () => this.#isPaused,
      onFailed: (error) => this.#failed(run, error),
      onBroken: (error) => this.#broke(run, error),
    })
    return run
  }

  /** What `run` leads with failed: joins anew, or is given up. */
  #failed(run: MemberRun, error: unknown): void {
    if (!this.#isOneTooMany(error)) this.#replaceAlone(run, () => run.retire("failed"))
  }

  /** The coordinator of `run` broke: what it left standing is ended in its name first. */
  #broke(run: MemberRun, error: unknown): void {
    const { report } = this.#options.troubles
    report("the coordinator broke; it begins anew", error)
    const clearAway = () => run.clearAway()
    // One that was being ended already can't do so any more.
    if (this.#isOver || this.#replaced.has(run)) unawaited(clearAway(), leftStanding(report))
    if (!this.#isOneTooMany(error)) this.#replaceAlone(run, clearAway)
  }

  #replaceAlone(run: MemberRun, end: (run: MemberRun) => Promise<void>): void {
    unawaited(this.#replace(run, end), unexpected(this.#options.troubles.report))
  }

  #replace(run: MemberRun, end: (run: MemberRun) => Promise<void>): Promise<void> {
    if (this.#isOver) return this.#restarting
    const underWay = this.#replaced.get(run)
    if (underWay) return underWay
    const ended = end(run).catch(leftStanding(this.#options.troubles.report))
    const replaced = this.#joinAfter(run, ended, this.#restarting)
    this.#replaced.set(run, replaced)
    this.#restarting = replaced
    return replaced
  }

  async #joinAfter(before: MemberRun, ended: Promise<void>, earlier: Promise<void>): Promise<void> {
    // It may have been ended while it was still joining in place of an earlier one.
    await Promise.all([ended, earlier])
    const hasJoined = await this.#joinAnew()
    // Only now, so that a request finds somebody all the time.
    const finished = before.finish().finally(() => this.#finishing.delete(finished))
    this.#finishing.add(finished)
    if (hasJoined) this.#options.onJoined()
  }

  /** Says whether it is a member now. */
  async #joinAnew(): Promise<boolean> {
    const { troubles, clock } = this.#options
    const pace = new Pace({ clock, ...RESTART_PACE })
    while (!this.#isOver) {
      const run = this.#newRun()
      const isNeeded = () => !this.#isOver && !this.#replaced.has(run)
      this.#current = run
      try {
        await run.start()
        troubles.works("joining")
        return isNeeded()
      } catch (error) {
        if (!isNeeded()) return false
        troubles.fails("joining", "could not join anew; trying again", error)
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

function leftStanding(report: Report): (error: unknown) => void {
  return (error) => report("what it left stands until it expires", error)
}
