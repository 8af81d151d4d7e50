/**
 * Handing on a reign that is over: its holder, or the supervisor that saw the holder die, tells the heirs one
 * after another until one has claimed. One message and one write, whatever the size of the pool. Only if no heir
 * takes the word is the release written, for all to see. An heir that is gone costs no time: nobody listens to its
 * subject, and the server says so.
 */
import type { Bucket } from "../contracts/bucket.js"
import type { Bus } from "../contracts/bus.js"
import { unawaited } from "../contracts/unawaited.js"
import { isNoResponders } from "../errors/errors.js"
import { lapsesAt } from "../lease/lease.js"
import { hearClaims, standingIn } from "../protocol/announcements.js"
import {
  encodeAnnouncement,
  encodeClaim,
  encodeWord,
  endOf,
  isOver,
  type Reign,
  reignOf,
  type StandingClaim,
} from "../protocol/claim.js"
import { foundIn } from "../protocol/entries.js"
import { CLAIM_KEY, type PoolNames } from "../protocol/names.js"
import type { Clock } from "../time/clock.js"
import { Pace } from "../time/pace.js"
import { within } from "../time/within.js"

export interface HandOnOptions {
  readonly bus: Bus
  readonly bucket: Bucket
  readonly names: PoolNames
  readonly clock: Clock
  /** How long an heir has to claim, in ms. */
  readonly stepMs: number
  /** Name of who tells, for the release. */
  readonly by: string
  /** The server's clock, in ms since 1970, as far as its teller knows it. */
  readonly serverMs?: (() => number) | undefined
  /** Told that nobody followed, and the release was written. */
  readonly onReleased?: ((ended: EndedReign) => void) | undefined
}

/** The reign that is over. */
export interface EndedReign {
  readonly reign: Reign
  /** The last claim of that reign known to its teller. */
  readonly standing: StandingClaim
  readonly reason: string
}

/** Tells the heirs; resolves with what came of it. Rejects if the release could not be written. */
export async function handOn(
  options: HandOnOptions,
  ended: EndedReign,
): Promise<"taken" | "released"> {
  const succession = new Succession(options, ended.reign)
  try {
    for (const heir of ended.standing.claim.heirs) {
      if (await succession.tell(heir.id, ended)) return "taken"
    }
    if (!(await release(options, ended))) return "taken"
    options.onReleased?.(ended)
    return "released"
  } finally {
    succession.stop()
  }
}

/** Waits for the claim that follows a reign: the heir's answer says so first, and what is announced to all. */
class Succession {
  readonly #options: HandOnOptions
  readonly #reign: Reign
  readonly #stop: () => void
  #isTaken = false
  #onTaken: () => void = () => {}

  constructor(options: HandOnOptions, reign: Reign) {
    this.#options = options
    this.#reign = reign
    const heard = (standing: StandingClaim) => this.#heard(standing)
    const subscription = hearClaims(options.bus, options.names, heard)
    this.#stop = () => subscription.unsubscribe()
  }

  /** Whether the claim was taken within a step after this heir was told. */
  async tell(heirId: string, { standing, reason }: EndedReign): Promise<boolean> {
    if (this.#isTaken) return true
    const { bus, names, clock, stepMs } = this.#options
    const word = encodeWord({ ...endOf(standing), revision: standing.revision, reason })
    return new Promise((resolve) => {
      const cancel = clock.after(stepMs, () => resolve(this.#isTaken))
      const settle = () => {
        cancel()
        resolve(this.#isTaken)
      }
      this.#onTaken = settle
      const told = bus.request(names.heir(heirId), word, { timeout: stepMs * 2 })
      const answered = told.then(({ data }) => {
        const standing = standingIn(data)
        if (standing) this.#heard(standing)
      })
      unawaited(answered, (error) => {
        if (isNoResponders(error)) settle()
      })
    })
  }

  #heard(standing: StandingClaim): void {
    if (reignOf(standing).term <= this.#reign.term) return
    this.#isTaken = true
    this.#onTaken()
  }

  stop(): void {
    this.#stop()
  }
}

/** How many steps an answer of the bucket may take before it is asked again. */
const ANSWER_STEPS = 4

/**
 * Marks the claim as released if it is still that reign's; false if somebody else has claimed. Tries until the
 * claim has lapsed anyway, then rejects.
 */
async function release(options: HandOnOptions, ended: EndedReign): Promise<boolean> {
  const { clock, stepMs } = options
  const untilMs = lapsesAt(clock.now().monoMs, ended.standing.claim.lease)
  for (const pace = new Pace({ clock, firstMs: stepMs }); ; await pace.wait()) {
    try {
      return await tryToRelease(options, ended)
    } catch (error) {
      // Refused: a last renewal slipped in, or the read showed the past. Anything else: nobody knows.
      if (clock.now().monoMs >= untilMs) throw error
    }
  }
}

async function tryToRelease(options: HandOnOptions, ended: EndedReign): Promise<boolean> {
  const { bucket, bus, names, clock, by } = options
  const inTime = <T>(work: Promise<T>) => within(clock, options.stepMs * ANSWER_STEPS, work)
  const entry = await inTime(bucket.get(CLAIM_KEY))
  const found = foundIn(entry)
  if (found.kind !== "claim" || !isOver(found.standing, endOf(ended.standing))) return false
  const { claim, revision } = found.standing
  if (claim.released) return true
  const at = new Date(options.serverMs?.() ?? entry?.writtenMs ?? 0).toISOString()
  const released = { at, by, reason: ended.reason }
  const news = { ...claim, term: ended.reign.term, released }
  const written = await inTime(bucket.write(CLAIM_KEY, encodeClaim(news), revision))
  bus.publish(names.claim, encodeAnnouncement({ claim: news, revision: written }))
  return true
}
