/**
 * Starts the dashboard in the form that suits where it runs: the screen if both ends are terminals, lines
 * otherwise. React and Ink are imported only for the screen, and only once what they look at while they are
 * loaded is set: Ink keeps neither to NO_COLOR nor to a production build by itself.
 */
import type { ReadStream, WriteStream } from "node:tty"
import { reasonOf, stackOf } from "../errors/thrown.js"
import type { Clock } from "../time/clock.js"
import { systemClock } from "../time/system-clock.js"
import { ASCII, glyphsFor } from "./drawing/glyphs.js"
import { runPlain } from "./screen/run-plain.js"
import { DashboardStore } from "./state/store.js"
import type { PoolSource } from "./world/source.js"

export interface DashboardOptions {
  /** Print the table and end. */
  readonly once?: boolean
  /** An object a line instead of words. */
  readonly json?: boolean
  /** No screen, a line an event. */
  readonly plain?: boolean
  /** Draw with ASCII only. */
  readonly ascii?: boolean
  readonly stdin?: NodeJS.ReadStream
  readonly stdout?: NodeJS.WriteStream
  readonly stderr?: NodeJS.WritableStream
  readonly env?: NodeJS.ProcessEnv
  readonly clock?: Clock
}

/** How soon a key must show, in ms; long enough for a takeover to be over by then. */
const FRAME_MS = 30

/** Runs the dashboard until it is quit, closes `source`, and resolves with the exit code. */
export async function runDashboard(
  source: PoolSource,
  options: DashboardOptions = {},
): Promise<number> {
  const store = new DashboardStore(source, options.clock ?? systemClock, FRAME_MS)
  return runStore(store, source, options)
}

/** Runs it on a pool inside this process that has lived through some minutes already. Needs no server. */
export async function runDemo(options: DashboardOptions = {}): Promise<number> {
  const { rehearsed } = await import("./demo.js")
  const { store, source, clock } = await rehearsed(Date.now())
  clock.goLive()
  return runStore(store, source, options)
}

/** Runs it with a store that listens already. */
async function runStore(
  store: DashboardStore,
  source: PoolSource,
  options: DashboardOptions = {},
): Promise<number> {
  const { stdin = process.stdin, stdout = process.stdout, env = process.env } = options
  const { stderr = process.stderr } = options
  const glyphs = options.ascii ? ASCII : glyphsFor(env)
  try {
    if (!wantsScreen(options, stdin, stdout, env)) {
      return await runPlain(store, { ...options, stdout, glyphs })
    }
    const { show } = await withInk(env, () => import("./screen/screen.js"))
    const terminal = {
      stdin: stdin as ReadStream,
      stdout: stdout as WriteStream & { fd: number },
      glyphs,
    }
    const { code, error } = await show(store, terminal)
    if (error !== undefined) stderr.write(`${stackOf(error)}\n`)
    return code
  } finally {
    store.close()
    await source.close().catch((error: unknown) => stderr.write(`${reasonOf(error)}\n`))
  }
}

/** Whether to draw a screen: it needs two terminals that can move a cursor, and nobody who wants lines. */
export function wantsScreen(
  { once, json, plain }: DashboardOptions,
  stdin: { readonly isTTY?: boolean },
  stdout: { readonly isTTY?: boolean },
  env: NodeJS.ProcessEnv,
): boolean {
  if (once || json || plain || env.INK_SCREEN_READER === "true") return false
  return stdin.isTTY === true && stdout.isTTY === true && env.TERM !== "dumb"
}

/** Imports with the environment that Ink, React and chalk need, and puts it back for the workers we start. */
async function withInk<T>(env: NodeJS.ProcessEnv, load: () => Promise<T>): Promise<T> {
  const wanted = {
    NODE_ENV: "production",
    DEV: undefined,
    ...(env.NO_COLOR && { FORCE_COLOR: "0" }),
  }
  const before = Object.keys(wanted).map((name) => [name, process.env[name]] as const)
  for (const [name, value] of Object.entries(wanted)) assign(name, value)
  try {
    return await load()
  } finally {
    for (const [name, value] of before) assign(name, value)
  }
}

function assign(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}
