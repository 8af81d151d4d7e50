/** What the clocks say that all processes of this machine have in common: one may compute with what another read. */
import type { Instant } from "../../time/clock.js"

export function machineNow(): Instant {
  return { monoMs: Number(process.hrtime.bigint() / 1_000n) / 1_000, wallMs: Date.now() }
}
