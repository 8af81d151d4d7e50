/**
 * What a pool does at which times: a definition as a program or the command line gives it, as it lies in the stream of jobs,
 * and both put together. One that lies there goes before the one of the same name in the code; it may say less than a whole
 * one, and then the rest is the code's.
 */
import { objectIn, toBytes } from "../encoding/json.js"
import { payloadOf } from "../encoding/payload.js"
import { BadInput, reasonOf } from "../errors/errors.js"
import { isTime } from "../jobs/contract/job-limits.js"
import { checkedQueue } from "../jobs/contract/job-names.js"
import {
  checkKind,
  checkOptions,
  type KindsOf,
  kind,
  numberFrom,
  oneOf,
  text,
} from "../options/known-options.js"
import { MISSED, type Missed } from "./decision.js"

/** What is to be done when. */
export interface CronDefinition {
  /** Five fields (minute hour day month weekday), six with seconds first, or `@hourly`, `@daily` and the like. */
  readonly at: string
  /** The time zone in whose hours that is meant, such as `Europe/Vienna`. Default `UTC`. */
  readonly tz?: string | undefined
  /** The queue in which a job is enqueued at each tick. */
  readonly job: string
  /** The payload of each, as `enqueue` takes it. Default: none. */
  readonly payload?: unknown
  /**
   * What becomes of ticks that fell due while nobody led: `skip` fires those of the last minute, which is what a change of
   * leader takes at most; `once` fires the last one; `all` each of them. Default `skip`.
   */
  readonly missed?: Missed | undefined
  /** What was missed longer ago is not fired any more, in ms. Default 60000 for `skip`; without a limit for the others. */
  readonly graceMs?: number | undefined
}

/** Definitions by their names: 1 to 64 letters, digits, `-` or `_` each. */
export type CronDefinitions = Readonly<Record<string, CronDefinition>>

/** What lies in the stream: a whole definition, or what is to be changed of the code's. */
export interface StoredDefinition extends Partial<Omit<CronDefinition, "payload">> {
  readonly payload?: string | undefined
  readonly isPaused?: boolean | undefined
  /** Ticks count from here on, in ms since 1970. */
  readonly sinceMs?: number | undefined
}

/** One as it is fired. */
export interface WholeDefinition extends Required<Pick<CronDefinition, "at" | "tz" | "job">> {
  readonly name: string
  readonly data: Uint8Array
  readonly missed: Missed
  readonly graceMs?: number | undefined
  readonly isPaused: boolean
  /** Ticks count from here on; undefined for the code's, which counts from when it is first seen. */
  readonly sinceMs?: number | undefined
  readonly from: "code" | "pool"
}

const NAME = /^[A-Za-z0-9_-]{1,64}$/

const DEFINITION = {
  at: text,
  tz: text,
  job: text,
  payload: kind("a payload", () => true),
  missed: oneOf(...MISSED),
  graceMs: numberFrom(0),
} satisfies KindsOf<CronDefinition>

/** Returns `name` if it can name a definition; throws BadInput otherwise. */
export function checkedCronName(name: string): string {
  if (typeof name === "string" && NAME.test(name)) return name
  throw new BadInput("cron", `a name of 1 to 64 letters, digits, "-" or "_"`, name)
}

/** Throws BadInput for what is no definition; whether `at` and `tz` can be read is for `ticksOf` to say. */
export function checkDefinition(name: string, given: CronDefinition): void {
  checkedCronName(name)
  const of = `cron.${name}`
  checkOptions(of, given, DEFINITION)
  checkKind(`${of}: at`, given.at, text)
  checkKind(`${of}: job`, given.job, text)
  checkedQueue(given.job)
  try {
    payloadOf(given.payload, "payload")
  } catch (error) {
    throw new BadInput(`${of}: payload`, "what can be sent", reasonOf(error), { cause: error })
  }
}

export function encodeStored(stored: StoredDefinition): Uint8Array {
  return toBytes(stored)
}

/** What a message in the stream says; nothing, if that can't be read, and then the code's counts. */
export function decodeStored(data: Uint8Array): StoredDefinition {
  try {
    const { at, tz, job, payload, missed, graceMs, isPaused, sinceMs } = objectIn(data)
    return {
      ...textAs("at", at),
      ...textAs("tz", tz),
      ...textAs("job", job),
      ...textAs("payload", payload),
      ...(MISSED.includes(missed as Missed) && { missed: missed as Missed }),
      ...(isTime(graceMs) && { graceMs }),
      ...(isPaused === true && { isPaused }),
      ...(isTime(sinceMs) && { sinceMs }),
    }
  } catch {
    return {}
  }
}

/** The one that is fired; undefined if there is too little of it: it changed one of the code that this leader has not. */
export function wholeOf(
  name: string,
  code: CronDefinition | undefined,
  stored: StoredDefinition | undefined,
): WholeDefinition | undefined {
  const { at, job } = { ...code, ...stored }
  if (at === undefined || job === undefined) return undefined
  const { tz = "UTC", missed = "skip", graceMs, payload } = { ...code, ...stored }
  return {
    ...{ name, at, tz, job, missed, graceMs },
    data: payloadOf(payload, "payload"),
    isPaused: stored?.isPaused ?? false,
    sinceMs: stored?.sinceMs,
    from: stored?.at === undefined ? "code" : "pool",
  }
}

function textAs<Name extends string>(name: Name, value: unknown): { [name in Name]?: string } {
  return typeof value === "string" ? ({ [name]: value } as { [name in Name]: string }) : {}
}
