/** Logs: a JSON object a line when piped, readable on a terminal. */
import { type Logger, pino } from "pino"
import pretty from "pino-pretty"

export type { Logger } from "pino"

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const

/**
 * A log to standard output, or to standard error (2); `base` is on every line. It ends without a word when nobody
 * reads it any more.
 */
export function createLog(
  level: string,
  base: Readonly<Record<string, unknown>>,
  to: 1 | 2 = 1,
): Logger {
  const { isTTY } = to === 1 ? process.stdout : process.stderr
  const look = { ignore: "pid,hostname,worker,id", messageFormat: "{worker}  {msg}" }
  const output = isTTY
    ? pretty({ destination: to, sync: true, ...look })
    : pino.destination({ fd: to, sync: true })
  output.on("error", () => {})
  return pino({ level, base, timestamp: pino.stdTimeFunctions.isoTime }, output)
}
