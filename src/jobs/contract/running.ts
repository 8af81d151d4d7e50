/**
 * What workers say of the jobs that they run when they are asked, and the two questions: what of all, of a queue or of one
 * job; and that one job be cancelled. Who doesn't run it is silent.
 */
import { objectIn, toBytes } from "../../encoding/json.js"
import { reasonLine } from "./job-record.js"

/** What stands around the jobs in an answer takes less, in bytes. */
const AROUND = 16

/** A job that runs. */
export interface RunningJob {
  readonly id: string
  readonly queue: string
  /** Name of the worker. */
  readonly worker: string
  readonly attempt: number
  /** For how long it has run, in ms. */
  readonly runsForMs: number
  /** What its handler said last of how far it is. */
  readonly progress?: unknown
}

/** Which jobs are meant: all, those of a queue, or one. */
export interface RunningQuestion {
  readonly queue?: string | undefined
  readonly id?: string | undefined
}

/** That the job `id` be cancelled. */
export interface CancelOrder {
  readonly id: string
  readonly reason: string
}

export function encodeQuestion(question: RunningQuestion): Uint8Array {
  return toBytes(question)
}

/** What is asked; about everything, if it is not said. Throws SyntaxError. */
export function decodeQuestion(data: Uint8Array): RunningQuestion {
  if (data.length === 0) return {}
  const { queue, id } = objectIn(data)
  return { queue: textOr(queue), id: textOr(id) }
}

/** In as many messages as it takes, at least one, none of which is longer than `mostBytes` if a single job is not. */
export function encodeRunning(
  jobs: readonly RunningJob[],
  mostBytes = Number.POSITIVE_INFINITY,
): Uint8Array[] {
  const answers: RunningJob[][] = [[]]
  let bytes = 0
  for (const job of jobs) {
    const own = toBytes(job).length + 1
    bytes += own
    if (bytes > mostBytes - AROUND) {
      answers.push([])
      bytes = own
    }
    answers.at(-1)?.push(job)
  }
  return answers.map((some) => toBytes({ jobs: some }))
}

/** What a worker says that it runs, as far as it can be read: anybody may answer. */
export function decodeRunning(data: Uint8Array): RunningJob[] {
  try {
    const { jobs } = objectIn(data)
    return Array.isArray(jobs) ? jobs.filter(isRunning) : []
  } catch {
    return []
  }
}

export function encodeCancel(order: CancelOrder): Uint8Array {
  return toBytes(order)
}

/** Throws SyntaxError if it is none. */
export function decodeCancel(data: Uint8Array): CancelOrder {
  const { id, reason } = objectIn(data)
  if (typeof id !== "string") throw new SyntaxError("no id of a job")
  return { id, reason: reasonLine(textOr(reason) ?? "") || "cancelled" }
}

function textOr(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined
}

function isRunning(value: unknown): value is RunningJob {
  const { id, queue, worker, attempt, runsForMs } = (value ?? {}) as Partial<RunningJob>
  const texts = [id, queue, worker]
  return texts.every((it) => typeof it === "string") && [attempt, runsForMs].every(Number.isFinite)
}
