/**
 * What a supervisor does for a member whose process it saw die: it gives the dead one's word to the heirs, so that
 * the next in line leads within milliseconds, and then deletes its entry. Only who saw the process end may do this:
 * lost contact is not proof.
 */
import { RefusedInDoubt, untilAnswered } from "../contracts/until-answered.js"
import { RevisionMismatch } from "../errors/errors.js"
import { type Heir, reignOf, type StandingClaim } from "../protocol/claim.js"
import { foundIn } from "../protocol/entries.js"
import { decodeMember } from "../protocol/member.js"
import { CLAIM_KEY } from "../protocol/names.js"
import { Pace } from "../time/pace.js"
import { pause } from "../time/within.js"
import { type HandOnOptions, handOn } from "./hand-on.js"

/** A member that died. */
export interface Deceased extends Heir {
  /** The last claim it is known to have held. */
  readonly standing?: StandingClaim | undefined
}

/** How long the bucket may take for each answer, in ms: while it has no leader nobody answers. */
const ANSWER_MS = 5_000

/** Ends what the dead member left standing; resolves when its entry is gone. */
export async function evict(options: HandOnOptions, dead: Deceased, reason: string): Promise<void> {
  const ended = (standing: StandingClaim) => ({ reign: reignOf(standing), standing, reason })
  const outcome = dead.standing && (await handOn(options, ended(dead.standing)))
  // What is left is in nobody's way for that long, and the next leader has requests to answer.
  if (outcome === "taken") await pause(options.clock, ANSWERS_MS)
  // It may have claimed, or renewed, without living to tell.
  const { bucket, clock } = options
  const claim = await untilAnswered(clock, ANSWER_MS, () => bucket.get(CLAIM_KEY))
  const found = foundIn(claim)
  const isItsOwn = found.kind === "claim" && found.standing.claim.id === dead.id
  if (isItsOwn && !found.standing.claim.released) await handOn(options, ended(found.standing))
  await removeEntry(options, dead)
}

/** So long, in ms; well before the next leader looks who is there. */
const ANSWERS_MS = 2
/** How often a removal may be refused; a replica may show the past for some time. */
const TRIES = 8

async function removeEntry(options: HandOnOptions, { key, id }: Heir): Promise<void> {
  const { bucket, clock, stepMs } = options
  const pace = new Pace({ clock, firstMs: stepMs })
  for (let tries = 1; ; tries += 1) {
    const entry = await untilAnswered(clock, ANSWER_MS, () => bucket.get(key))
    if (!entry || entry.deleted || decodeMember(key, entry.value).id !== id) return
    try {
      return await untilAnswered(clock, ANSWER_MS, () => bucket.remove(key, entry.revision, true))
    } catch (error) {
      // Its last renewal was still on its way, or it is gone by an earlier try.
      const isRefused = error instanceof RevisionMismatch || error instanceof RefusedInDoubt
      if (!isRefused || tries === TRIES) throw error
      await pace.wait()
    }
  }
}
