/** The clock of this machine. */
import { performance } from "node:perf_hooks"
import type { Clock } from "./clock.js"

/** What a timer of Node can hold, in ms: one that is longer fires at once. */
const LONGEST_MS = 2_147_483_647

export const systemClock: Clock = {
  now: () => ({ monoMs: performance.now(), wallMs: Date.now() }),
  monoMs: () => performance.now(),
  after(ms, wake) {
    let timer: NodeJS.Timeout
    const arm = (leftMs: number) => {
      const isLong = leftMs > LONGEST_MS
      timer = isLong ? setTimeout(arm, LONGEST_MS, leftMs - LONGEST_MS) : setTimeout(wake, leftMs)
    }
    arm(ms)
    return () => clearTimeout(timer)
  },
}
