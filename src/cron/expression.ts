/**
 * Cron expressions in the hours of a time zone, by croner: what its ticks are is asked here alone. Loaded only where there is
 * a definition. Ticks are ms since 1970, so that none comes twice, however a clock on the wall is changed:
 *
 *   an hour that is left out   a tick at a fixed time in it comes when it is over; of ranges and steps it falls out
 *   an hour that comes twice   a tick at a fixed time comes in the first; of ranges, lists and steps in both
 */
import { Cron } from "croner"
import { BadInput } from "../errors/errors.js"
import type { Ticks } from "./decision.js"
import { type CronDefinition, checkDefinition } from "./definition.js"

/** Where nothing else is said, so that all machines mean the same. */
export const DEFAULT_ZONE = "UTC"
const EXPECTED = `five fields (minute hour day month weekday), six with seconds first, or such as @daily`
const NICKNAME = /^@[a-z]+$/i

/** Throws BadInput for a definition that can't be read, or that never comes. */
export function checkCron(name: string, definition: CronDefinition): void {
  checkDefinition(name, definition)
  const { at, tz = DEFAULT_ZONE } = definition
  ticksOf(at, tz, `cron.${name}`)
}

/** The ticks of `at` in the zone `tz`. Throws BadInput, in which `name` is what was looked at. */
export function ticksOf(at: string, tz: string, name: string): Ticks {
  checkZone(tz, name)
  const fields = typeof at === "string" ? at.trim().split(/\s+/) : []
  const isLikely = fields.length === 5 || fields.length === 6 || NICKNAME.test(fields.join(" "))
  if (!isLikely) throw new BadInput(`${name}: at`, EXPECTED, at)
  const cron = parsed(at, tz, name)
  const after = (ms: number) => cron.nextRun(new Date(ms))?.getTime()
  if (after(Date.now()) === undefined) {
    throw new BadInput(`${name}: at`, "an expression that comes some day", at)
  }
  return { after }
}

function parsed(at: string, tz: string, name: string): Cron {
  try {
    return new Cron(at.trim(), { timezone: tz, paused: true })
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : ""
    throw new BadInput(`${name}: at`, `${EXPECTED} (${why})`, at, { cause: error })
  }
}

function checkZone(tz: string, name: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: tz })
    if (typeof tz === "string") return
  } catch {
    // Said below.
  }
  throw new BadInput(`${name}: tz`, "a time zone such as Europe/Vienna or UTC", tz)
}
