/** Logs: a JSON object a line when piped, readable on a terminal. */
import { type Logger, pino } from "pino"
import pretty from "pino-pretty"

export type { Logger } from "pino"

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const

/** A log to standard output; `base` is on every line. */
export function createLog(level: string, base: Readonly<Record<string, unknown>>): Logger {
  const options = { level, base, timestamp: pino.stdTimeFunctions.isoTime }
  if (!process.stdout.isTTY) return pino(options)
  return pino(
    options,
    pretty({ sync: true, ignore: "pid,hostname,worker,id", messageFormat: "{worker}  {msg}" }),
  )
}
