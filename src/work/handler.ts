/**
 * The user's side of a worker: a module with the functions that do the work. It is loaded, and refused,
 * before the worker joins its pool.
 */
import { spawnSync } from "node:child_process"
import { statSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import type { CronDefinitions } from "../cron/definition.js"
import { BadHandler, reasonOf } from "../errors/errors.js"
import { isA } from "../errors/thrown.js"
import type { JobQueues } from "../jobs/contract/queue-job.js"
import type { Leadership } from "../lease/leadership.js"
import { slipOf } from "../options/nearest-word.js"
import type { Job } from "./job.js"

/**
 * What a worker does; at least one of these. Returned text and bytes (an ArrayBuffer, or any view of one) are
 * the answer as they are, nothing is an empty one, all else is sent as JSON; what JSON would lose (a Map, a stream,
 * NaN, a function) is answered as a 500 that says where it was. What is thrown is answered as an error: BadRequest
 * as a 400, an error or a plain object with a `status` from 400 to 599 with that, everything else as a 500; each with
 * its message, in one line.
 *
 * @example
 * export const work = (job) => `hello ${job.text()}`
 */
export interface Handlers {
  /** Answers simple work; on any member. */
  work?(job: Job): unknown
  /** Answers tracked work; on the leader. */
  leaderWork?(job: Job, leadership: Leadership): unknown
  /**
   * Runs once in each reign, from its beginning; should return when `leadership.signal` fires. If it throws,
   * the member gives up its reign.
   *
   * At most one runs at a time: while one goes on after its reign (the lease ran out, or its grace time did) its worker may
   * not lead, also not after a restart as a member. It takes simple work meanwhile, has no place in the line, and stands
   * there again as soon as that one has settled. PoolWorker.lingeringMs tells for how long it has been so, and
   * `worker.member.lingering` of which term. One that never returns keeps its worker from leading for good; a worker that
   * leaves waits for it no longer than `leaderGraceMs` after its reign, and then knows nothing of it any more: join again in
   * the same process once it has returned.
   */
  lead?(leadership: Leadership): unknown
  /**
   * Does jobs, stored by the server until they are done: a handler for each queue by its name, or an object that says more.
   * On any member; nothing of it is there in a pool that has none.
   */
  readonly jobs?: JobQueues
  /** What is to be done at which times, by name: whoever leads enqueues a job at each tick. */
  readonly cron?: CronDefinitions
}

const NAMES = ["work", "leaderWork", "lead"] as const
/** Words of their own, a letter away from one of these: nobody meant a handler who wrote them. */
const OTHER_WORDS = new Set([
  "load",
  "read",
  "head",
  "word",
  "fork",
  "worm",
  "lend",
  "dead",
  "leak",
])

/**
 * The handlers that the module at `path` exports, by name or in an object as its default export. `path` is
 * relative to `cwd` (default: the working directory). Throws BadHandler, with a reason in one line, if the
 * file is missing, fails while it is loaded, exports nothing usable, or a function whose name is one of these misspelt.
 */
export async function loadHandlers(path: string, cwd = process.cwd()): Promise<Handlers> {
  const file = handlerFile(path, cwd)
  let module: Record<string, unknown>
  try {
    module = await import(pathToFileURL(file).href)
  } catch (error) {
    throw new BadHandler(path, `it can't be loaded: ${whereAndWhy(error, file)}`, { cause: error })
  }
  return handlersIn(module, path)
}

/** The file that `path` names. Throws BadHandler if it is missing; says nothing about what is in it. */
export function handlerFile(path: string, cwd = process.cwd()): string {
  const file = resolve(cwd, path)
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) throw new BadHandler(path, "no such file")
  if (!stat.isFile()) throw new BadHandler(path, "not a file")
  return file
}

/**
 * The handlers among the exports of a module. Throws BadHandler if there is none, or one whose name is misspelt; `path` is
 * for its message.
 */
export function handlersIn(module: Record<string, unknown>, path: string): Handlers {
  try {
    return exportedBy(module, path)
  } catch (error) {
    if (isA(error, BadHandler)) throw error
    const problem = `its exports can't be read: ${reasonOf(error)}`
    throw new BadHandler(path, problem, { cause: error })
  }
}

function exportedBy(module: Record<string, unknown>, path: string): Handlers {
  const inside = module.default
  const isObject = typeof inside === "object" && inside !== null
  const exported = { ...(isObject ? allOf(inside) : {}), ...module }
  checkNames(exported, path)
  const handlers: Handlers = {}
  for (const name of NAMES) {
    const found = exported[name]
    if (typeof found === "function") handlers[name] = found.bind(isObject ? inside : undefined)
    else if (found !== undefined) {
      throw new BadHandler(path, `its export ${name} is of type ${typeof found}, not a function`)
    }
  }
  const found = { ...handlers, ...listsIn(exported, path) }
  if (Object.keys(found).length > 0) return found
  const others = Object.keys(exported)
  throw new BadHandler(
    path,
    others.length > 0 ? `it exports only ${others.join(", ")}` : "it exports nothing",
  )
}

/** What is listed by names of its own; what stands in it is looked at by who joins. */
function listsIn(exported: Record<string, unknown>, path: string): Pick<Handlers, "jobs" | "cron"> {
  for (const name of ["jobs", "cron"]) {
    const list = exported[name]
    if (list === undefined || (typeof list === "object" && list !== null)) continue
    throw new BadHandler(path, `its export ${name} is of type ${typeof list}, not an object`)
  }
  const { jobs, cron } = exported as Pick<Handlers, "jobs" | "cron">
  return { ...(jobs && { jobs }), ...(cron && { cron }) }
}

/** A handler that is misspelt would never be called, and nothing would say so. Classes and what is no function are not meant. */
function checkNames(exported: Record<string, unknown>, path: string): void {
  for (const [name, found] of Object.entries(exported)) {
    const meant = OTHER_WORDS.has(name) ? undefined : slipOf(name, NAMES)
    if (meant === undefined || typeof found !== "function" || isClass(found)) continue
    throw new BadHandler(path, `its export ${name} is none; did you mean ${meant}?`)
  }
}

function isClass(found: object): boolean {
  return Object.getOwnPropertyDescriptor(found, "prototype")?.writable === false
}

/** The properties of an object, those of its class included: a default export may be an instance. */
function allOf(object: object): Record<string, unknown> {
  const found: Record<string, unknown> = { ...object }
  for (const name of [...methodsOf(object), ...NAMES]) {
    if (name in object) found[name] = object[name as keyof object]
  }
  return found
}

/** The names of the methods of its class, and of those that it extends. */
function methodsOf(object: object): string[] {
  const kind = Object.getPrototypeOf(object)
  if (kind === null || kind === Object.prototype) return []
  const own = Object.entries(Object.getOwnPropertyDescriptors(kind))
  const methods = own.filter(
    ([name, { value }]) => typeof value === "function" && name !== "constructor",
  )
  return [...methods.map(([name]) => name), ...methodsOf(kind)]
}

/** The reason as one line, and for a syntax error the line of the file, which only `node --check` tells. */
function whereAndWhy(error: unknown, file: string): string {
  if (!isA(error, SyntaxError)) return reasonOf(error)
  const { stderr } = spawnSync(process.execPath, ["--check", file], { encoding: "utf8" })
  const line = /:(\d+)$/m.exec(stderr.split("\n", 1)[0] as string)?.[1]
  return line === undefined ? reasonOf(error) : `line ${line}: ${reasonOf(error)}`
}
