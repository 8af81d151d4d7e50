/** `pool server`: a nats-server on this machine, found or fetched, run until Ctrl-C. */
import { Command } from "commander"
import { BadInput, PoolError } from "../errors/errors.js"
import {
  DEFAULT_STEPS,
  type FetchStep,
  fetchServer,
  findOrFetchServer,
  isFetchStep,
} from "../nats-server/fetch-server.js"
import { findServer, type ServerProgram } from "../nats-server/find-server.js"
import { DEFAULT_PORT, localServer } from "../nats-server/local-server.js"
import { portIn } from "./flags/flags.js"

interface ServerFlags {
  port: number
  config?: string
  fetchOnly?: boolean
  by?: FetchStep[]
  into?: string
  json?: boolean
}

const WAYS = [...DEFAULT_STEPS, "debian:<suite>"].join(", ")

/** The command, to be added to a program. */
export function serverCommand(): Command {
  return new Command("server")
    .description("run a nats-server on this machine until Ctrl-C; find or fetch one first")
    .option("--port <port>", "port for clients", portIn, DEFAULT_PORT)
    .option("--config <file>", "configuration (default: the one that comes with this package)")
    .option("--fetch-only", "print the path of the program, and do not run it")
    .option("--by <ways>", `fetch one, in these ways only: ${WAYS}`, stepsIn)
    .option("--into <folder>", "fetch one into this folder, unless it is there already")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  pool server
  pool server --port 4333 --config ./nats-server.conf
  pool server --fetch-only --by release --into ./bin`,
    )
    .action(serve)
}

async function serve(flags: ServerFlags): Promise<void> {
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

function stepsIn(text: string): FetchStep[] {
  const steps = text.split(",").map((step) => step.trim())
  if (!steps.every(isFetchStep)) throw new BadInput("--by", `some of ${WAYS}`, text)
  return steps
}
