/** Logs: a JSON object a line when piped, readable on a terminal. */
import { type Logger, pino } from "pino"
import pretty from "pino-pretty"

export type { Logger } from "pino"

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const

/** A log to standard output, or to standard error (2); `base` is on every line. */
export function createLog(
  level: string,
  base: Readonly<Record<string, unknown>>,
  to: 1 | 2 = 1,
): Logger {
  const options = { level, base, timestamp: pino.stdTimeFunctions.isoTime }
  if (!(to === 1 ? process.stdout : process.stderr).isTTY) {
    return pino(options, pino.destination({ fd: to, sync: true }))
  }
  return pino(
    options,
    pretty({
      destination: to,
      sync: true,
      ignore: "pid,hostname,worker,id",
      messageFormat: "{worker}  {msg}",
    }),
  )
}
