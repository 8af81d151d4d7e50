/**
 * Logs: a JSON object a line when piped, readable on a terminal; one line an event either way, so that whoever counts or
 * searches lines finds events. On a terminal an error is its reason; its stack is shown with `--verbose`.
 */
import { type Logger, type LoggerOptions, pino } from "pino"
import { isAway, isJetStreamRefusal, isNotPermitted, PoolError } from "../errors/errors.js"
import { fieldOf, isA, reasonOf, stackOf, textOf } from "../errors/thrown.js"
import { sayOnce } from "./failed-write.js"

export type { Logger } from "pino"

type Event = Readonly<Record<string, unknown>>

/** What can't be written is kept for later up to this length, in bytes. */
const MOST_UNWRITTEN = 1_000_000

/** What a terminal is not shown: it is on every line, or too long to be read. */
const HIDDEN = new Set(["level", "time", "worker", "pid", "id", "key", "msg", "err"])

export interface LogOptions {
  readonly level: string
  /** On every line. */
  readonly base: Readonly<Record<string, unknown>>
  /** On every line too, asked for each time. */
  readonly more?: () => object
  /** 1, the default: to standard output; 2: to standard error. */
  readonly to?: 1 | 2
  /** Whether each error is shown with its stack; they are at the levels `debug` and `trace`. */
  readonly isVerbose?: boolean | undefined
}

/** Where nobody reads it any more it ends without a word. What a full disk keeps from being written is written later, or dropped. */
export async function createLog(options: LogOptions): Promise<Logger> {
  const { level, base, more, to = 1, isVerbose } = options
  const { isTTY } = to === 1 ? process.stdout : process.stderr
  const hasStacks = isVerbose || level === "debug" || level === "trace"
  const output = isTTY
    ? await readable(to, hasStacks)
    : pino.destination({ dest: to, sync: true, maxLength: MOST_UNWRITTEN })
  output.on("error", sayOnce("the log"))
  const timestamp = pino.stdTimeFunctions.isoTime
  const err = (thrown: unknown) => portraitOf(thrown, hasStacks || !isExplained(thrown))
  const how: LoggerOptions = { level, base, timestamp, serializers: { err } }
  return pino(more ? { ...how, mixin: more } : how, output)
}

async function readable(to: 1 | 2, hasStacks: boolean) {
  const { default: pretty } = await import("pino-pretty")
  const messageFormat = (event: Event) => terminalLine(event, hasStacks)
  const look = { hideObject: true, messageFormat, ignore: "pid,hostname" }
  return pretty({ destination: to, sync: true, ...look })
}

/** A program's mistake needs its stack to be found. What the server did, or what we say ourselves, does not. */
function isExplained(thrown: unknown): boolean {
  const kinds = [isAway, isNotPermitted, isJetStreamRefusal]
  return isA(thrown, PoolError) || kinds.some((holds) => holds(thrown))
}

/**
 * What was thrown, as a log holds it: what tells it apart, its words, its stack with those of its causes. pino's own
 * way trusts what it is given.
 */
export function portraitOf(thrown: unknown, hasStack = true): object {
  const found = fieldOf(thrown, "code")
  const code = typeof found === "number" ? found : textOf(thrown, "code")
  return {
    type: textOf(thrown, "name") ?? typeof thrown,
    message: reasonOf(thrown),
    ...(hasStack && { stack: stackOf(thrown) }),
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
