/** Hearing who leads: the announcements that follow each acknowledged write of the claim. */
import type { Bus, BusSubscription } from "../contracts/bus.js"
import { decodeAnnouncement, type StandingClaim } from "./claim.js"
import { listen } from "./listening.js"
import type { PoolNames } from "./names.js"

/** Calls `heard` for each announcement. What is none is left out: anybody may publish on the subject. */
export function hearClaims(
  bus: Bus,
  names: PoolNames,
  heard: (standing: StandingClaim) => void,
): BusSubscription {
  return listen(bus, names.claim, ({ data }) => {
    const standing = standingIn(data)
    if (standing) heard(standing)
  })
}

/** The claim in an announcement; undefined if it is none. */
export function standingIn(data: Uint8Array): StandingClaim | undefined {
  try {
    return decodeAnnouncement(data)
  } catch {
    return undefined
  }
}
