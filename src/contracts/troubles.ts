/**
 * What goes wrong, told when it begins, when its cause changes, and when it is over with how long it was: not with every
 * try. Two that have the same cause are one trouble, so what fails because the server is away is not told beside that.
 * What comes and goes is over only once it has held for a while, longer each time. Arms no timer: what is due is told with
 * the next word about anything, and a member has one at each renewal of its entry.
 */
import { refusalIn } from "../errors/client-errors.js"
import { isAway, isJetStreamRefusal, PoolError, reasonOf } from "../errors/errors.js"
import type { Clock } from "../time/clock.js"

/** Told what went wrong and is being dealt with. */
export type Report = (problem: string, error?: unknown) => void

/** Why something that is tried again and again does not work. The cause is what was thrown. */
export class Trouble extends PoolError {
  override readonly name = "Trouble"
  override readonly code = "trouble"
}

/** What was not heard of for this long is a new trouble when it comes again, in ms. */
const FORGOTTEN_MS = 60_000
/** When answers come again, what was on its way until then still has none for so long, in ms. */
const AFTERMATH_MS = 5_000
/** How long what came and went once must hold, in ms; doubled each time, up to FORGOTTEN_MS. */
const STEADY_MS = 10_000
/** So many causes of one trouble are told. */
const MOST_CAUSES = 5
/** So many times it is over at once. A connection that comes back is told twice, for somebody may wait for it. */
const FREE_TIMES = 1
const FREE_CONNECTIONS = 2
const CONNECTION = "connection"
const NO_ANSWER = "no answer"

interface Open {
  /** As it was told. */
  readonly problem: string
  sinceMs: number
  lastMs: number
  times: number
  readonly causes: Set<string>
  isTold: boolean
  /** Whether somebody will say when it works; an incident is over when it is not heard of any more. */
  readonly isIncident: boolean
  /** How often it came, as far as is remembered, this time included. */
  readonly comings: number
  /** How long it must work to be over, in ms. */
  readonly patienceMs: number
  worksSinceMs?: number | undefined
  end?: string | undefined
}

interface Over {
  readonly atMs: number
  readonly comings: number
  readonly patienceMs: number
}

export class Troubles {
  readonly #clock: Clock
  readonly #tell: Report
  readonly #open = new Map<string, Open>()
  /** What was over lately, and how often it had come by then. */
  readonly #over = new Map<string, Over>()
  #aftermathUntilMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, tell: Report = () => {}) {
    this.#clock = clock
    this.#tell = tell
  }

  /** `what` was tried and did not work; it will be tried again, and `works` or `fails` told of it. */
  fails(what: string, problem: string, error?: unknown): void {
    this.#noteDue()
    if (this.#isCut && isAway(error)) return
    this.#failed(what, problem, error, false)
  }

  /** `what` was tried and worked. `end` is said instead of "over" if it did not before. */
  works(what: string, end?: string): void {
    const it = this.#open.get(what)
    if (it?.isTold === false) this.#open.delete(what)
    else if (it) {
      it.worksSinceMs ??= this.#nowMs
      it.end = end
    }
    this.#noteDue()
  }

  /** Something happened that nobody tries again. The same once more, before it was forgotten, is only counted. */
  readonly report: Report = (problem, error) => {
    this.#noteDue()
    if (this.#isCut && isAway(error)) return
    this.#failed(problem, problem, refusalIn(error), true)
  }

  /** The connection was lost, or is not let in for the reason `error`. */
  lost(problem: string, error?: unknown): void {
    this.#noteDue()
    const it = this.#failed(CONNECTION, problem, error, false)
    // What had no answer until now had none because of this.
    for (const [what, other] of this.#open) {
      if (!other.causes.has(NO_ANSWER) || other === it) continue
      it.sinceMs = Math.min(it.sinceMs, other.sinceMs)
      this.#open.delete(what)
    }
  }

  /** The connection is back. */
  back(end: string): void {
    this.#aftermathUntilMs = this.#nowMs + AFTERMATH_MS
    this.works(CONNECTION, end)
  }

  get #nowMs(): number {
    return this.#clock.now().monoMs
  }

  get #isCut(): boolean {
    // One that is back, and must hold before that is told, hides nothing.
    const connection = this.#open.get(CONNECTION)
    const isGone = connection !== undefined && connection.worksSinceMs === undefined
    return isGone || this.#nowMs < this.#aftermathUntilMs
  }

  #failed(what: string, problem: string, error: unknown, isIncident: boolean): Open {
    const cause = causeIn(error ?? problem)
    const it = this.#open.get(what) ?? this.#begun(what, problem, isIncident)
    it.lastMs = this.#nowMs
    it.times += 1
    it.worksSinceMs = undefined
    if (it.isTold && (it.causes.has(cause) || it.causes.size >= MOST_CAUSES)) return it
    const others = isIncident || error === undefined ? [] : [...this.#open.values()]
    if (!it.isTold && others.some((other) => other.isTold && other.causes.has(cause))) return it
    it.isTold = true
    it.causes.add(cause)
    this.#tell(
      problem,
      error && !isIncident ? new Trouble(wordsFor(error), { cause: error }) : error,
    )
    return it
  }

  #begun(what: string, problem: string, isIncident: boolean): Open {
    const nowMs = this.#nowMs
    const last = this.#over.get(what)
    const comings = (last?.comings ?? 0) + 1
    const isFree = comings <= (what === CONNECTION ? FREE_CONNECTIONS : FREE_TIMES)
    const longerMs = Math.min(FORGOTTEN_MS, (last?.patienceMs ?? 0) * 2 || STEADY_MS)
    const patienceMs = isFree ? 0 : longerMs
    const times = { sinceMs: nowMs, lastMs: nowMs, times: 0, comings, patienceMs }
    const it = { problem, ...times, causes: new Set<string>(), isTold: false, isIncident }
    this.#open.set(what, it)
    return it
  }

  /** Tells what is over by now, and forgets what was not heard of for long. */
  #noteDue(): void {
    const nowMs = this.#nowMs
    for (const [what, { atMs }] of this.#over) {
      if (nowMs - atMs > FORGOTTEN_MS) this.#over.delete(what)
    }
    for (const [what, it] of this.#open) {
      const { worksSinceMs, comings, patienceMs, lastMs } = it
      if (worksSinceMs !== undefined) {
        if (nowMs - worksSinceMs < patienceMs) continue
        this.#open.delete(what)
        this.#over.set(what, { atMs: worksSinceMs, comings, patienceMs })
        if (it.causes.has(NO_ANSWER)) this.#aftermathUntilMs = worksSinceMs + AFTERMATH_MS
        const spanned = spanOf(worksSinceMs - it.sinceMs)
        this.#tell(
          it.end ? `${it.end}, after ${spanned}` : `over after ${spanned}: ${factIn(it.problem)}`,
        )
      } else if (what !== CONNECTION && nowMs - lastMs > FORGOTTEN_MS) {
        this.#open.delete(what)
        if (!it.isIncident || it.times === 1) continue
        this.#tell(`${it.problem}: ${it.times} times in ${spanOf(lastMs - it.sinceMs)}`)
      }
    }
  }
}

/** Errors with the same text but for its figures have the same cause; so has all that gets no answer. */
function causeIn(error: unknown): string {
  return isAway(error) ? NO_ANSWER : reasonOf(error).replace(/\d+/g, "#")
}

/** What JetStream refuses, somebody has to see to. */
function wordsFor(error: unknown): string {
  const reason = reasonOf(refusalIn(error))
  return isJetStreamRefusal(error) ? `${reason}; see what to do with: pool doctor` : reason
}

/** A problem without what is done about it, which comes after a semicolon. */
function factIn(problem: string): string {
  return problem.split(";")[0] as string
}

/** `800 ms`, `12 s`, `3 min`. */
function spanOf(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`
}
