/**
 * Tells the history what one member knows: that its reign began, what came before, and that a reign ended without a
 * successor. It only listens, and writes some time after the announcement, so it can't delay a change of leader; what it
 * can't write is reported, and lost.
 */
import type { Troubles } from "../contracts/troubles.js"
import { unawaited } from "../contracts/unawaited.js"
import type { EndedReign } from "../coordinator/hand-on.js"
import { ANSWERS_FIRST_MS } from "../lease/timings.js"
import { isOver, reignOf, type StandingClaim, type Word } from "../protocol/claim.js"
import type { Cancel, Clock } from "../time/clock.js"
import type { HistoryRecord } from "./records.js"

/** Stores a record. */
export type WriteHistory = (record: HistoryRecord) => Promise<void>

export interface HistoryRecorderOptions {
  readonly clock: Clock
  readonly write: WriteHistory
  readonly troubles: Troubles
}

interface Seen {
  readonly standing: StandingClaim
  /** When it was heard; undefined if it was read. */
  readonly monoMs?: number
}

export class HistoryRecorder {
  readonly #options: HistoryRecorderOptions
  /** The last claim seen, and when. */
  #seen: Seen | undefined
  /** What is to be written. */
  #records: HistoryRecord[] = []
  #cancelWriting: Cancel | undefined
  #word: { readonly word: Word; readonly monoMs: number } | undefined

  constructor(options: HistoryRecorderOptions) {
    this.#options = options
  }

  /** The member was told that a reign is over. */
  told(word: Word): void {
    this.#word = { word, monoMs: this.#now() }
  }

  /** A claim became known at `monoMs`; `isOwn` after this member announced it. */
  claim(standing: StandingClaim, isOwn: boolean, monoMs = this.#now()): void {
    const before = this.#seen
    this.#seen = { standing, monoMs }
    // The first write of a reign has no term in it.
    if (isOwn && standing.claim.term === undefined) this.#began(standing, monoMs, before)
  }

  /** A claim that was read, not heard: from before this member listened. */
  known(standing: StandingClaim | undefined): void {
    const isNews = standing && standing.revision > (this.#seen?.standing.revision ?? 0)
    if (isNews) this.#seen = { standing }
  }

  /** A reign ended, and nobody followed. */
  ended({ reign, standing, reason }: EndedReign): void {
    this.#tell({ type: "ended", ...reign, name: standing.claim.name, reason })
  }

  /** Writes what is left to be written: the member leaves. */
  finish(): void {
    this.#cancelWriting?.()
    this.#cancelWriting = undefined
    const { write, troubles } = this.#options
    for (const record of this.#records.splice(0)) {
      noted(troubles, write(record))
    }
  }

  #began(standing: StandingClaim, monoMs: number, before: Seen | undefined): void {
    const { claim } = standing
    const reign = { id: claim.id, name: claim.name, term: reignOf(standing).term }
    if (!before) return this.#tell({ type: "began", ...reign, why: "nobody was known to lead" })
    const last = { ...reignOf(before.standing), name: before.standing.claim.name }
    const word =
      this.#word && isOver(before.standing, this.#word.word)
        ? { reason: this.#word.word.reason, monoMs: this.#word.monoMs }
        : undefined
    const { released } = before.standing.claim
    const reason = word?.reason ?? released?.reason ?? "lease over"
    const sinceMs = word?.monoMs ?? before.monoMs
    const gap = sinceMs !== undefined && { gapMs: monoMs - sinceMs }
    const why = `${last.name}: ${reason}`
    this.#tell({ type: "began", ...reign, why, before: { ...last, reason, ...gap } })
  }

  #tell(record: HistoryRecord): void {
    this.#records.push(record)
    this.#cancelWriting ??= this.#options.clock.after(ANSWERS_FIRST_MS, () => this.finish())
  }

  #now(): number {
    return this.#options.clock.now().monoMs
  }
}

/** Tells whether what was written is kept. */
function noted(troubles: Troubles, written: Promise<void>): void {
  unawaited(
    written.then(() => troubles.works("history")),
    (error) => troubles.fails("history", "the history could not be written", error),
  )
}
