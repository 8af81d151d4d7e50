/** What `pool server` does: it finds, fetches and runs a nats-server. */
import { PoolError } from "../errors/errors.js"
import { fetchServer, findOrFetchServer } from "../nats-server/fetch-server.js"
import type { FetchStep } from "../nats-server/fetch-step.js"
import { findServer, type ServerProgram } from "../nats-server/find-server.js"
import { localServer } from "../nats-server/local-server.js"

export interface ServerFlags {
  port: number
  config?: string
  fetchOnly?: boolean
  by?: FetchStep[]
  into?: string
  json?: boolean
}

/** Runs the server until it is interrupted, or prints its path. */
export async function serve(flags: ServerFlags): Promise<void> {
  const interrupted = new AbortController()
  const interrupt = () => interrupted.abort()
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt)
  try {
    if (flags.fetchOnly) await printProgram(flags, interrupted.signal)
    else await runServer(flags, interrupted.signal)
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt)
  }
}

async function printProgram(flags: ServerFlags, signal: AbortSignal) {
  const program = await wantedProgram(flags, signal)
  console.log(flags.json ? JSON.stringify(program) : program.path)
}

async function wantedProgram(flags: ServerFlags, signal: AbortSignal): Promise<ServerProgram> {
  const options = { env: process.env, by: flags.by, into: flags.into, report: say, signal }
  if (!flags.by && !flags.into) return findOrFetchServer(options)
  // Who says how or where means that one, and not one that happens to be on PATH.
  const there = await findServer({ ...options, env: {}, alsoIn: [] })
  return there ?? fetchServer(options)
}

async function runServer(flags: ServerFlags, signal: AbortSignal) {
  const { port, by, config: configFile } = flags
  const server = await localServer({ env: process.env, port, by, configFile, report: say, signal })
  const { url, version, started } = server
  const { pid, logFile } = started ?? {}
  if (flags.json) console.log(JSON.stringify({ url, version, pid, logFile }))
  else if (started)
    console.log(`nats-server ${version} at ${url}; log: ${logFile}; Ctrl-C stops it`)
  else console.log(`nats-server ${version} runs at ${url} already; nothing to start`)
  if (!started) return
  const stopped = new Promise((resolve) => signal.addEventListener("abort", resolve))
  await Promise.race([stopped, started.ended])
  if (!signal.aborted) throw new PoolError(`nats-server ended; its log: ${logFile}`)
  await started.stop()
}

function say(line: string) {
  console.error(line)
}
