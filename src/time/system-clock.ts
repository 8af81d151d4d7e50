/** The clock of this machine. */
import { performance } from "node:perf_hooks"
import type { Clock } from "./clock.js"

export const systemClock: Clock = {
  now: () => ({ monoMs: performance.now(), wallMs: Date.now() }),
  monoMs: () => performance.now(),
  after(ms, wake) {
    const timer = setTimeout(wake, ms)
    return () => clearTimeout(timer)
  },
}
