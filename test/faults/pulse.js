/**
 * Notices that the event loop of this process stood still, and how much CPU the process burned meanwhile: that tells a
 * loop that turns without letting go from a process that was starved or frozen. Plain JavaScript, for workers load it.
 */
const PULSE_MS = 10
/** An event loop that is later than this stood still. */
const STALLED_MS = 25

/** Ms on the clock that all processes of this machine share. */
export const sharedMs = () => Number(process.hrtime.bigint()) / 1e6

/** What this process has burned so far, in ms of one core. */
export function burnedMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Calls `told({ fromMs, cpuMs })` each time it stood still, since when and for how much CPU. Returns what ends that. */
export function watchPulse(told) {
  let lastMs = sharedMs()
  let lastCpuMs = burnedMs()
  const timer = setInterval(() => {
    const [nowMs, nowCpuMs] = [sharedMs(), burnedMs()]
    if (nowMs - lastMs > PULSE_MS + STALLED_MS) {
      told({ fromMs: lastMs, cpuMs: Math.round(nowCpuMs - lastCpuMs) })
    }
    lastMs = nowMs
    lastCpuMs = nowCpuMs
  }, PULSE_MS)
  timer.unref()
  return () => clearInterval(timer)
}
