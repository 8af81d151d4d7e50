/**
 * Logs: a JSON object a line when piped, readable on a terminal; one line an event either way, so that whoever counts or
 * searches lines finds events. On a terminal an error is its reason; its stack is shown at the level `debug`.
 */
import { type Logger, type LoggerOptions, pino } from "pino"
import pretty from "pino-pretty"
import { fieldOf, reasonOf, stackOf, textOf } from "./thrown.js"

export type { Logger } from "pino"

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const

type Event = Readonly<Record<string, unknown>>

/** What a terminal is not shown: it is on every line, or too long to be read. */
const HIDDEN = new Set(["level", "time", "worker", "pid", "id", "key", "msg", "err"])

/**
 * A log to standard output, or to standard error (2); `base` is on every line, and so is what `more` tells at that
 * moment. It ends without a word when nobody reads it any more.
 */
export function createLog(
  level: string,
  base: Readonly<Record<string, unknown>>,
  more: () => object = () => ({}),
  to: 1 | 2 = 1,
): Logger {
  const { isTTY } = to === 1 ? process.stdout : process.stderr
  const hasStacks = level === "debug" || level === "trace"
  const messageFormat = (event: Event) => terminalLine(event, hasStacks)
  const look = { hideObject: true, messageFormat, ignore: "pid,hostname" }
  const output = isTTY
    ? pretty({ destination: to, sync: true, ...look })
    : pino.destination({ fd: to, sync: true })
  output.on("error", () => {})
  const timestamp = pino.stdTimeFunctions.isoTime
  const serializers = { err: portraitOf }
  return pino({ level, base, mixin: more, timestamp, serializers } satisfies LoggerOptions, output)
}

/**
 * What was thrown, as a log holds it: what tells it apart, its words, its stack with those of its causes. pino's own
 * way trusts what it is given.
 */
export function portraitOf(thrown: unknown): object {
  const found = fieldOf(thrown, "code")
  const code = typeof found === "number" ? found : textOf(thrown, "code")
  return {
    type: textOf(thrown, "name") ?? typeof thrown,
    message: reasonOf(thrown),
    stack: stackOf(thrown),
    ...(code !== undefined && { code }),
  }
}

/** An event as a terminal shows it, after its time and level: who, what, and the details as `name=value`. */
export function terminalLine(event: Event, hasStack = false): string {
  const { worker, msg, err } = event
  const { stack } = (err ?? {}) as { stack?: unknown }
  const details = Object.entries(event)
    .filter(([name]) => !HIDDEN.has(name))
    .map(([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : value}`)
  const reason = err === undefined ? "" : `: ${reasonIn(err)}`
  const line = [`${worker}  ${msg}${reason}`, ...details].join("  ")
  return hasStack && stack ? `${line}\n${stack}` : line
}

/** Errors come as plain objects here. */
function reasonIn(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown }
  return reasonOf(message ?? (typeof error === "object" ? JSON.stringify(error) : error))
}
