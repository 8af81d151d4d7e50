/** Runs the dashboard without a screen: prints what the store tells until a signal ends it. */
import { once } from "node:events"
import type { Glyphs } from "../drawing/glyphs.js"
import type { DashboardStore } from "../state/store.js"
import { since } from "../world/log.js"
import { eventLine, eventObject, memberObject, serverObject, table } from "./plain.js"

export interface PlainOptions {
  readonly once?: boolean
  readonly json?: boolean
  readonly stdout: NodeJS.WriteStream
  readonly glyphs: Glyphs
}

/** Wide enough for every column, where nobody says how wide it may be. */
const WIDE = 120

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/** Prints until a signal comes or nobody reads any more; resolves with the exit code. */
export async function runPlain(store: DashboardStore, options: PlainOptions): Promise<number> {
  return options.once ? printOnce(store, options) : printEvents(store, options)
}

async function printOnce(
  store: DashboardStore,
  { json, stdout, glyphs }: PlainOptions,
): Promise<number> {
  await until(store, () => store.snapshot().pool.isCaughtUp)
  const snapshot = store.snapshot()
  const width = stdout.isTTY ? stdout.columns || WIDE : WIDE
  const { rows, servers } = snapshot
  const objects = () => [...rows.map(memberObject), ...servers.map(serverObject)]
  const lines = json ? objects() : table(snapshot, width, glyphs)
  if (lines.length > 0 && !stdout.write(`${lines.join("\n")}\n`)) {
    // Who reads no further has seen enough.
    await once(stdout, "drain").catch(() => {})
  }
  return 0
}

function printEvents(store: DashboardStore, { json, stdout }: PlainOptions): Promise<number> {
  return new Promise((resolve) => {
    let told = 0
    const tell = () => {
      const { pool } = store.snapshot()
      if (!pool.isCaughtUp) return
      for (const entry of since(pool.log, told)) {
        stdout.write(`${json ? eventObject(entry) : eventLine(entry)}\n`)
      }
      told = pool.log.total
    }
    const end = (code: number) => {
      stop()
      for (const signal of Object.keys(SIGNALS)) process.off(signal, signalled)
      stdout.off("error", broken)
      resolve(code)
    }
    const signalled = (signal: NodeJS.Signals) => end(SIGNALS[signal as keyof typeof SIGNALS])
    const broken = () => end(0)
    const stop = store.subscribe(tell)
    for (const signal of Object.keys(SIGNALS)) process.on(signal, signalled)
    stdout.on("error", broken)
    tell()
  })
}

/** Resolves once `holds` does. */
function until(store: DashboardStore, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!holds()) return
      stop()
      resolve()
    }
    const stop = store.subscribe(look)
    look()
  })
}
