/**
 * Jobs by their ids: where one lies or runs, its end by cancelling, and its return from the dead. There is no record of a job
 * but the job itself, so one that is done can't be found.
 */

import { askOne } from "../contracts/ask-one.js"
import type { Bus } from "../contracts/bus.js"
import { NoSuchJob, WrongJobState } from "../errors/job-errors.js"
import { isA } from "../errors/thrown.js"
import { newInbox } from "../inbox/reply-inbox.js"
import { listen } from "../protocol/listening.js"
import type { Clock } from "../time/clock.js"
import { pause } from "../time/within.js"
import { isId, type JobNames, jobSubjectIn, keyOfId, type Place } from "./contract/job-names.js"
import {
  diedMsIn,
  headersFor,
  type JobRecord,
  REASON_HEADER,
  reasonLine,
  recordOf,
  type StoredMessage,
  WORKER_HEADER,
} from "./contract/job-record.js"
import { AlreadyThere, type JobStore, type JobStream, type ToStore } from "./contract/job-store.js"
import { misfortuneHeaders } from "./contract/outcome.js"
import { decodeRunning, encodeCancel, encodeQuestion, type RunningJob } from "./contract/running.js"

/** How long a worker that runs a job may take to say so, in ms. */
const ANSWER_MS = 500
/** A job moves while it is looked for: from delayed to ready, from ready to running. */
const TRIES = 3

/** Where a job lies, and what is known of it. */
export interface FoundJob {
  readonly place: Place
  readonly record: JobRecord
  readonly message: StoredMessage
}

export class JobFinder {
  readonly #store: JobStore
  readonly #names: JobNames
  readonly #bus: Bus

  constructor(store: JobStore, names: JobNames, bus: Bus) {
    this.#store = store
    this.#names = names
    this.#bus = bus
  }

  /** Whether a result can be kept. */
  get canKeep(): boolean {
    return this.#store.abilities.hasTtl
  }

  /** Where the job `id` lies; undefined if it is nowhere any more. */
  async find(id: string, queue = "*"): Promise<FoundJob | undefined> {
    if (!isId(id)) return undefined
    const { pool } = this.#names
    const key = keyOfId(id)
    const alive = await this.#lying("jobs", `${pool}.*.${queue}.*.${key}`, id)
    return alive ?? this.#lying("dead", `${pool}.dead.${queue}.*.${key}`, id)
  }

  /** What its worker says of the job `id`; undefined if nobody runs it. */
  async running(id: string): Promise<RunningJob | undefined> {
    const answer = await this.#ask(this.#names.running, encodeQuestion({ id }))
    return answer && decodeRunning(answer)[0]
  }

  /** What workers say that they run, as far as they answer within `withinMs`; in no order. */
  async allRunning(clock: Clock, withinMs: number): Promise<RunningJob[]> {
    const found: RunningJob[] = []
    const inbox = newInbox(this.#bus)
    const answers = listen(this.#bus, inbox, ({ data }) => void found.push(...decodeRunning(data)))
    this.#bus.publish(this.#names.running, encodeQuestion({}), { reply: inbox })
    await pause(clock, withinMs)
    answers.unsubscribe()
    return found
  }

  /** The result of the job `id`, if it was kept. */
  kept(id: string): Promise<StoredMessage | undefined> {
    return this.#store.last("jobs", this.#names.result(id))
  }

  /** Ends the job `id`, wherever it is; says whether it was there. */
  async cancel(id: string, reason: string, queue?: string): Promise<boolean> {
    const { cancel, done } = this.#names
    const order = encodeCancel({ id, reason: reasonLine(reason) })
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const found = await this.find(id, queue)
      if (!found || found.place === "dead") return false
      if (found.place === "job" && (await this.#ask(cancel, order))) return true
      if (!(await this.#store.remove("jobs", found.message.seq))) continue
      // Somebody may have taken it just before that.
      this.#bus.publish(cancel, order)
      this.#bus.publish(done(id), "", { headers: misfortuneHeaders("cancelled", reason, "") })
      return true
    }
    return false
  }

  /** The same; throws NoSuchJob, or WrongJobState, if it can't be ended. */
  async mustCancel(id: string, reason: string): Promise<void> {
    if (await this.cancel(id, reason)) return
    throw this.#wrong(id, await this.find(id), "that waits, is delayed or runs can be cancelled")
  }

  /** Has a dead or delayed job done now. Throws NoSuchJob, or WrongJobState if it is neither. */
  async retry(id: string): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const found = await this.find(id)
      // It has fallen due by itself, or an earlier try was done whose answer was lost.
      if (found?.place === "job" && tries > 1) return
      if (!found || found.place === "job") {
        throw this.#wrong(id, found, "that is dead or delayed can be retried")
      }
      try {
        return await this.bringBack(found)
      } catch (error) {
        if (!isA(error, AlreadyThere) || tries >= TRIES) throw error
      }
    }
  }

  /** The same, for one that was found. Throws AlreadyThere if it is not delayed any more as it was. */
  async bringBack({ place, record, message }: FoundJob): Promise<void> {
    const { queue, priority, id } = record
    const key = keyOfId(id)
    const isDead = place === "dead"
    const anew = isDead ? { ...record, failures: 0, crashes: 0 } : record
    const again: ToStore = {
      stream: "jobs",
      subject: this.#names.subject("job", queue, priority, key),
      data: message.data,
      headers: headersFor({ ...anew, notBeforeMs: undefined }, message.headers),
    }
    if (!isDead && this.#store.abilities.hasSchedules) {
      // In one step, or its schedule would hand it out once more: another schedule in the place of that, for now.
      const until = this.#names.subject("later", queue, priority, key)
      const due = { atMs: Math.round(this.#store.nowMs()), until }
      await this.#store.store({ ...again, due, lastAt: message.seq })
      return
    }
    // Twice is once, also when it is removed only later.
    const which = isDead ? "dead" : "later"
    await this.#store.store({ ...again, id: `${id}#again-${which}-${message.seq}` })
    await this.#store.remove(isDead ? "dead" : "jobs", message.seq)
  }

  /** Forgets a dead job. Throws NoSuchJob, or WrongJobState if it is not among them. */
  async discard(id: string): Promise<void> {
    const found = await this.find(id)
    const isDead = found?.place === "dead"
    if (isDead && (await this.#store.remove("dead", found.message.seq))) return
    throw this.#wrong(id, isDead ? undefined : found, "that is dead can be discarded")
  }

  #wrong(id: string, found: FoundJob | undefined, which: string): Error {
    if (!found) return new NoSuchJob(this.#names.pool, id)
    const standing = { job: "it waits or runs", later: "it is delayed", dead: "it is dead" }
    return new WrongJobState(id, standing[found.place], `only one ${which}`)
  }

  async #lying(stream: JobStream, pattern: string, id: string): Promise<FoundJob | undefined> {
    const message = await this.#store.last(stream, pattern)
    const found = message && this.#placed(message)
    if (found?.record.id === id) return found
    const [, seq] = /^seq-(\d+)$/.exec(id) ?? []
    const isPlace = Number.isSafeInteger(Number(seq)) && Number(seq) > 0
    const placed =
      isPlace && stream === "jobs" ? await this.#store.at(stream, Number(seq)) : undefined
    const at = placed && this.#placed(placed)
    return at?.record.id === id ? at : undefined
  }

  /** Where no schedule holds it a delayed job lies with those that are ready. */
  #placed(message: StoredMessage): FoundJob | undefined {
    const found = foundIn(message)
    const isEarly = (found?.record.notBeforeMs ?? 0) > this.#store.nowMs()
    return found && (isEarly ? { ...found, place: "later" } : found)
  }

  #ask(subject: string, question: Uint8Array): Promise<Uint8Array | undefined> {
    return askOne(this.#bus, subject, question, ANSWER_MS)
  }
}

/** The job in `message`; undefined if it is none. */
export function foundIn(message: StoredMessage): FoundJob | undefined {
  const at = jobSubjectIn(message.subject)
  const record = recordOf(message)
  return at && record && { place: at.place, record, message }
}

/** Why a dead job died, where and when; as it is written with it. */
export function deathOf(message: StoredMessage): {
  readonly reason: string
  readonly worker: string
  readonly diedMs: number
} {
  const { headers } = message
  return {
    reason: headers?.get(REASON_HEADER) ?? "",
    worker: headers?.get(WORKER_HEADER) ?? "",
    diedMs: diedMsIn(message),
  }
}
