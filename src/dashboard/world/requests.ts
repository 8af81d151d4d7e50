/** The requests that this dashboard sends, one or ten at a time, and what it says about them. */
import { latency } from "../drawing/format.js"
import type { Reply, WorkKind } from "./source.js"

/** What one key press sent. */
export interface Batch {
  readonly kind: WorkKind
  /** Number of its first request. */
  readonly first: number
  readonly size: number
  /** How many each worker answered, by name. */
  readonly answered: ReadonlyMap<string, number>
  readonly last?: Reply
  readonly failed: number
  readonly reason?: string
  readonly sentMonoMs: number
}

export function batch(kind: WorkKind, first: number, size: number, sentMonoMs: number): Batch {
  return { kind, first, size, answered: new Map(), failed: 0, sentMonoMs }
}

export function withAnswer(sent: Batch, answer: Reply): Batch {
  const answered = new Map(sent.answered)
  answered.set(answer.worker, (answered.get(answer.worker) ?? 0) + 1)
  return { ...sent, answered, last: answer }
}

export function withFailure(sent: Batch, reason: string): Batch {
  return { ...sent, failed: sent.failed + 1, reason }
}

function isOver({ answered, failed, size }: Batch): boolean {
  return total(answered) + failed === size
}

/** What to say about it now. */
export function report(sent: Batch, nowMonoMs: number): string {
  const { kind, first, size, answered, last, failed, reason } = sent
  if (size === 1) {
    const name = `${kind} #${first}`
    if (reason !== undefined) return `${name}: ${reason}`
    if (!last) return `${name} sent`
    const term = last.term === undefined ? "" : `, term ${last.term}`
    return `${name}: ${last.worker} answered in ${latency(last.ms)}${term}`
  }
  const name = `${size} ${kind}`
  const done = total(answered)
  if (done + failed === 0) return `${name} sent`
  const who = [...answered].sort(([a], [b]) => (a < b ? -1 : 1)).map(([w, n]) => `${w} ${n}`)
  if (failed > 0) return `${name}: ${[...who, `${failed} failed: ${reason}`].join(", ")}`
  const end = isOver(sent) ? `in ${latency(nowMonoMs - sent.sentMonoMs)}` : "waiting"
  return `${name}: ${[...who, end].join(", ")}`
}

function total(answered: ReadonlyMap<string, number>): number {
  return [...answered.values()].reduce((sum, n) => sum + n, 0)
}
