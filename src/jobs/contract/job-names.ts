/**
 * What jobs are called on the wire: the subjects on which they lie and are told of, the streams that hold them, and the
 * consumers that hand them out. With `job-record.ts` this is the contract that programs in other languages keep.
 *
 * A job lies under `<pool>.job.<queue>.<priority>.<key>`, or while it is delayed under `later` in place of `job`. Its key is
 * its id, or what it is unique by. An id is `<key>`, or `<key>.<rest>` for what is unique.
 */
import { BadInput } from "../../errors/errors.js"
import { checkedPool } from "../../protocol/names.js"

/** Priorities are 0, which most jobs have, to this one, which goes before all others. */
export const HIGHEST_PRIORITY = 2
/** What a key holds at most, in characters. */
const LONGEST_KEY = 128
const NAME = /^[A-Za-z0-9_-]{1,64}$/
const KEY = /^[A-Za-z0-9_=-]{1,128}$/
const ID = /^[A-Za-z0-9_=-]{1,128}(\.[A-Za-z0-9_=-]{1,128})?$/
const JOB = /^[^.]+\.(job|later|dead)\.([A-Za-z0-9_-]{1,64})\.(\d)\.(.+)$/s
const NUMBERED = /^(?:.*\.)?([^.]+)-(\d+)$/

/** Where a job lies: `job` is ready or running, `later` is delayed, `dead` has failed for good. */
export type Place = "job" | "later" | "dead"

/** What the subject of a job says. */
export interface JobSubject {
  readonly place: Place
  readonly queue: string
  readonly priority: number
  readonly key: string
}

/** The subjects and streams of the jobs of one pool. */
export interface JobNames {
  readonly pool: string
  /** Work queue of all that is to be done. */
  readonly jobsStream: string
  /** What has failed for good. */
  readonly deadStream: string
  /** Every subject of the first; and of the second. */
  readonly jobsSubjects: readonly string[]
  readonly deadSubjects: readonly string[]
  /** Asks workers what they run. */
  readonly running: string
  /** Has whoever runs a job cancel it. */
  readonly cancel: string
  /** Of one job; each part may be `*`. */
  subject(place: Place, queue: string, priority: number | "*", key: string): string
  /** All places but `dead` in which a job of this key may lie. */
  anywhere(queue: string, key: string): string
  /** Filter of what one consumer hands out. */
  ready(queue: string, priority: number): string
  /** Where it is told what became of a job. */
  done(id: string): string
  /** What is told on the way; see `done`. */
  progress(id: string): string
  /** Deliveries of the stored message `seq` that count for nothing. */
  excused(seq: number): string
  /** No excuse of any: a message that stays at the head of the stream. */
  readonly head: string
  /** Results that are kept. */
  result(id: string): string
}

/** The names of jobs in `pool`. Throws BadInput for what can name no pool. */
export function jobNamesOf(pool: string): JobNames {
  checkedPool(pool)
  return {
    pool,
    jobsStream: `POOL_${pool}_jobs`,
    deadStream: `POOL_${pool}_dead`,
    jobsSubjects: ["job", "later", "cron", "tick", "excused", "result"].map(
      (word) => `${pool}.${word}.>`,
    ),
    deadSubjects: [`${pool}.dead.>`],
    running: `${pool}.running`,
    cancel: `${pool}.cancel`,
    subject: (place, queue, priority, key) => `${pool}.${place}.${queue}.${priority}.${key}`,
    anywhere: (queue, key) => `${pool}.*.${queue}.*.${key}`,
    ready: (queue, priority) => `${pool}.job.${queue}.${priority}.>`,
    done: (id) => `${pool}.done.${toldUnder(id)}`,
    progress: (id) => `${pool}.progress.${toldUnder(id)}`,
    excused: (seq) => `${pool}.excused.${seq}`,
    head: `${pool}.excused.0`,
    result: (id) => `${pool}.result.${id}`,
  }
}

/** What `subject` says of the job that lies there; undefined if it is none. */
export function jobSubjectIn(subject: string): JobSubject | undefined {
  const [, place, queue, priority, key] = JOB.exec(subject) ?? []
  if (!place || !queue || !key) return undefined
  return { place: place as Place, queue, priority: Number(priority), key }
}

/** The name of the consumer that hands out the jobs of one queue and priority. */
export function consumerOf(queue: string, priority: number): string {
  return `${queue}_${priority}`
}

/** Whose consumer `name` is; undefined if it is none of ours. */
export function queueOfConsumer(name: string): { queue: string; priority: number } | undefined {
  const [, queue, priority] = /^(.+)_(\d)$/.exec(name) ?? []
  return queue && priority ? { queue, priority: Number(priority) } : undefined
}

/** Returns `queue` if it can name a queue; throws BadInput otherwise. */
export function checkedQueue(queue: string): string {
  if (typeof queue === "string" && NAME.test(queue)) return queue
  throw new BadInput("queue", `1 to 64 letters, digits, "-" or "_"`, queue)
}

/** Returns `id` if it can be the id of a job; throws BadInput otherwise. */
export function checkedId(id: string): string {
  if (typeof id === "string" && KEY.test(id)) return id
  throw new BadInput("id", `1 to ${LONGEST_KEY} letters, digits, "-", "_" or "="`, id)
}

/** Whether `id`, which somebody else may have written, can stand in a subject. */
export function isId(id: string): boolean {
  return typeof id === "string" && ID.test(id)
}

/** Returns `id`, of which anybody may have made one, if it can be that of a job; throws BadInput otherwise. */
export function checkedJobId(id: string): string {
  if (isId(id)) return id
  throw new BadInput("id", "the id of a job", id)
}

/** Returns `priority` if there is such a one; throws BadInput otherwise. */
export function checkedPriority(priority: number): number {
  const isOne = Number.isInteger(priority) && priority >= 0 && priority <= HIGHEST_PRIORITY
  if (isOne) return priority
  throw new BadInput("priority", `0 (the default) to ${HIGHEST_PRIORITY} (first)`, priority)
}

/**
 * What something is unique by, as the key of a subject: any text will do. Letters, digits, `-` and `_` stay as they are, of
 * all else the bytes are written in hex after a `=`. What would be too long is cut, and ends in `=x` and what `hash` makes of
 * the whole; that must be at most 64 letters and digits.
 */
export function keyOf(unique: string, hash: (text: string) => string): string {
  if (unique === "") throw new BadInput("unique", "some text", unique)
  const key = Array.from(new TextEncoder().encode(unique), (byte) => {
    const letter = String.fromCharCode(byte)
    return /[A-Za-z0-9_-]/.test(letter)
      ? letter
      : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`
  }).join("")
  if (key.length <= LONGEST_KEY) return key
  // No hex digit is an x, so it is the key of nothing shorter.
  return `${key.slice(0, 48).replace(/=.?$/, "")}=x${hash(unique)}`
}

/** The key under which the job `id` lies. */
export function keyOfId(id: string): string {
  const end = id.indexOf(".")
  return end < 0 ? id : id.slice(0, end)
}

/** Ids that one client numbers are told of under one wildcard. */
function toldUnder(id: string): string {
  const [, client, number] = NUMBERED.exec(id) ?? []
  return client && number ? `${client}.${number}` : `_.${id}`
}
