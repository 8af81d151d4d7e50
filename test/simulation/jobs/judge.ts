/**
 * What is promised of jobs, looked at with each thing that happens: what was acknowledged to who enqueued it is not lost, no
 * two attempts at one job count at once, a job runs again only for a reason, and what is to be kept is stored before a job
 * is let go.
 */

import { isA } from "../../../src/errors/thrown.js"
import { WorkerStopped } from "../../../src/errors/work-errors.js"
import { LEASE_MS } from "../../../src/jobs/contract/job-limits.js"
import { jobSubjectIn } from "../../../src/jobs/contract/job-names.js"
import type { JobRecord, StoredMessage } from "../../../src/jobs/contract/job-record.js"
import { recordOf } from "../../../src/jobs/contract/job-record.js"
import type { ToStore } from "../../../src/jobs/contract/job-store.js"
import type { TakenJob } from "../../../src/jobs/worker/taken-job.js"
import type { Machine } from "../machine.js"

/** How often any job may fail. */
export const MOST_FAILURES = 3
/** How many of its workers may die. */
const MOST_CRASHES = 3
/** What was under way for longer may meet a lease of somebody else: nothing is promised then. */
export const LATE_MS = LEASE_MS / 20

/** One run of a handler. */
export interface Attempt {
  readonly job: TakenJob
  readonly machine: Machine
  /** How the handler ended, if it did. */
  end?: "returned" | "threw"
}

interface Known {
  /** Whether the server ever had it; and whether who enqueued it was told so. */
  isStored: boolean
  isAcknowledged: boolean
  isCancelled: boolean
  isDead: boolean
  handedOut: number
  /** Whether the message of a run that returned was acknowledged in time. */
  isDone: boolean
  /** Something of it arrived so late that it may meet another's lease. */
  isLate: boolean
  readonly attempts: Attempt[]
}

export class Judge {
  breach: string | undefined
  /** Told what happens; for traces. */
  onEvent: ((what: string) => void) | undefined
  /** Whether a job may run again only for what was done to its worker. */
  isCalm = false
  /** What was done so far to workers, hosts and connections. */
  harms = 0
  readonly #nowMs: () => number
  readonly #jobs = new Map<string, Known>()
  /** Messages whose delivery was given back, with when that was. */
  readonly #back = new Map<number, number>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  get ids(): string[] {
    return [...this.#jobs.keys()]
  }

  fail(what: string): void {
    this.breach ??= `${what} (at ${this.#nowMs().toFixed(1)} ms)`
    this.onEvent?.(`BREACH ${what}`)
  }

  /** Who enqueued it was told that it is stored. */
  acknowledged(id: string): void {
    const known = this.#known(id)
    known.isAcknowledged = true
    this.onEvent?.(`${id} is acknowledged`)
    if (!known.isStored) this.fail(`${id} was acknowledged, and is not stored`)
  }

  stored(message: ToStore, seq: number, sentMs: number): void {
    const { subject, headers, id = "" } = message
    this.onEvent?.(`   ${message.due ? message.due.until : subject} is stored at ${seq}`)
    if (jobSubjectIn(subject) === undefined) return
    const record = recordOf({ subject, headers, data: new Uint8Array(), seq, storedMs: 0 })
    const known = this.#known(headers.get("Pool-Job-Id") || id || (record?.id ?? ""))
    known.isStored = true
    known.isDead = jobSubjectIn(subject)?.place === "dead"
    if (known.isDead) this.#diesRightly(record?.id ?? "", known)
    if (this.#nowMs() - sentMs > LATE_MS) known.isLate = true
  }

  handedOut(message: StoredMessage): void {
    this.onEvent?.(`   ${message.subject} at ${message.seq} is handed out`)
    const record = recordOf(message)
    if (record) this.#known(record.id).handedOut += 1
  }

  wentBack(message: StoredMessage, sentMs: number): void {
    this.onEvent?.(`   ${message.subject} at ${message.seq} is given back`)
    this.#back.set(message.seq, this.#nowMs())
    const record = recordOf(message)
    if (record && this.#nowMs() - sentMs > LATE_MS) this.#known(record.id).isLate = true
  }

  /** Whether the delivery at `seq` was given back since then. */
  hasGoneBack(seq: number, sinceMs: number): boolean {
    return (this.#back.get(seq) ?? -1) >= sinceMs
  }

  /** Its message was acknowledged, and is gone. */
  acknowledgedAway(record: JobRecord, isElsewhere: boolean, isKept: boolean, sentMs: number): void {
    const { id } = record
    const known = this.#known(id)
    if (this.#nowMs() - sentMs > LATE_MS) known.isLate = true
    const hasReturned = known.attempts.some(({ end }) => end === "returned")
    this.onEvent?.(`   ${id} is acknowledged away`)
    if (hasReturned && !isElsewhere) known.isDone = true
    if (!hasReturned && !isElsewhere && !known.isCancelled) {
      this.fail(`${id} was let go, and is neither done nor stored elsewhere`)
    }
    const isToBeKept = record.keepResultMs !== undefined && !known.isCancelled
    if (hasReturned && isToBeKept && !isKept && !isElsewhere) {
      this.fail(`${id} was counted done, and its result is not stored`)
    }
  }

  /** Somebody ends it by hand. */
  cancelled(id: string): void {
    this.#known(id).isCancelled = true
  }

  began(attempt: Attempt): void {
    const { job, machine } = attempt
    const known = this.#known(job.id)
    this.onEvent?.(
      `${job.member.name} begins ${job.id}, handed out ${job.delivery.deliveries} times`,
    )
    for (const before of known.attempts) {
      if (before.machine.state === "dead" || before.job.isOver || before.end) continue
      if (!before.job.isHeld() || known.isLate) continue
      const where = before.machine === machine ? "the same process" : before.job.member.name
      this.fail(`${job.id} runs at ${job.member.name} while it runs at ${where}`)
    }
    if (known.isDone && !known.isLate && !known.isCancelled) {
      this.fail(`${job.id} runs again although it was done and acknowledged`)
    }
    if (known.isDead && !known.isLate) this.fail(`${job.id} runs although it is dead`)
    const last = known.attempts.at(-1)
    if (this.isCalm && last && !known.isCancelled && !isExcused(last)) {
      this.fail(`${job.id} runs again, and nothing was done to its worker`)
    }
    known.attempts.push(attempt)
  }

  ended(attempt: Attempt, end: "returned" | "threw"): void {
    attempt.end = end
    this.onEvent?.(`${attempt.job.member.name} has done ${attempt.job.id}: it ${end}`)
  }

  /** All is healed, and nothing is left to be done; `dead` are the ids of those that failed for good. */
  atTheEnd(dead: ReadonlySet<string>): void {
    for (const [id, { isAcknowledged, isCancelled, attempts }] of this.#jobs) {
      if (!isAcknowledged || isCancelled || dead.has(id)) continue
      if (!attempts.some(({ end }) => end === "returned")) this.fail(`${id} is lost`)
    }
  }

  /** A job is dead that failed as often as it may, or that was handed out three times to one who died of it. */
  #diesRightly(id: string, { attempts, handedOut }: Known): void {
    const failures = attempts.filter(({ end }) => end === "threw").length
    const stops = attempts.filter(({ job }) => isA(job.abortReason, WorkerStopped)).length
    if (failures >= MOST_FAILURES) return
    // What was handed to one who stood still, and was run by nobody, counts as a death too.
    const deaths = handedOut - failures - stops
    if (Math.max(deaths, this.isCalm ? 0 : this.harms) >= MOST_CRASHES) return
    this.fail(`${id} is dead after ${failures} failures, and handed out ${handedOut} times`)
  }

  #known(id: string): Known {
    const known = this.#jobs.get(id) ?? {
      isStored: false,
      isAcknowledged: false,
      isCancelled: false,
      isDead: false,
      handedOut: 0,
      isDone: false,
      isLate: false,
      attempts: [],
    }
    this.#jobs.set(id, known)
    return known
  }
}

/** Whether the worker died, or was stopped, or the handler failed. */
function isExcused({ end, machine, job }: Attempt): boolean {
  return end === "threw" || machine.state === "dead" || isA(job.abortReason, WorkerStopped)
}
