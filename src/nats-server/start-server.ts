/**
 * Starts a nats-server for people who have none running, and recognises one that runs already. What was
 * started here is stopped here: by `stop()`, and by a lifeline if this process dies in whatever way.
 * What was not started here is never stopped.
 *
 * The server gets a session of its own, so that Ctrl-C in the terminal reaches the workers first: they
 * need it to leave kindly.
 */
import { type ChildProcess, spawn } from "node:child_process"
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs"
import { dirname, join, resolve } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { unawaited } from "../contracts/unawaited.js"
import { NoJetStream } from "../errors/errors.js"
import { PortTaken, ServerFailed } from "../errors/server-errors.js"
import { reasonOf } from "../errors/thrown.js"
import { type ServerInfo, serverInfoOf } from "../nats/server-info.js"
import { Lifeline } from "../programs/lifeline.js"
import { startProcess } from "../programs/start-process.js"
import { isLetGo } from "../time/promised.js"
import { DEFAULT_PORT } from "./default-port.js"

/** A server that accepts connections. */
export interface RunningServer {
  /** `nats://host:port`. */
  readonly url: string
  readonly version: string
}

/** A server this process started. */
export interface StartedServer extends RunningServer {
  readonly pid: number
  readonly port: number
  /** Where `/healthz`, `/connz` and their like are, if monitoring is on. */
  readonly monitoringUrl: string | undefined
  readonly logFile: string
  /** Resolves when the process is gone, whoever ended it. */
  readonly ended: Promise<void>
  /** Stops it kindly, after `graceMs` (5000) by force; resolves when the process is gone. */
  stop(graceMs?: number): Promise<void>
}

export interface StartOptions {
  /** Path of the program, as `findServer` returns it. */
  binary: string
  /** What it is called where its failure is told. Default `nats-server`. */
  name?: string
  /** Port for clients; -1 lets the system choose. Default 4222. */
  port?: number
  /** Port for monitoring; -1 lets the system choose. Default: none, or what the configuration says. */
  httpPort?: number
  /** Where the process stands: relative paths in the configuration begin here. Default: here. */
  cwd?: string
  /** JetStream's files. Leave it out where the configuration names them: nats-server refuses both. */
  storeDir?: string
  configFile?: string
  /** JetStream on? Default true. */
  jetstream?: boolean
  /** What the server writes is added to this file. Default `.pool/logs/nats-server.log`. */
  logFile?: string
  /** Longest wait until it accepts connections, in ms. Default 10000. */
  readyWithinMs?: number
  /** How long a server outlives the death of this process, for the workers to leave, in ms. Default 5000. */
  orphanGraceMs?: number
}

const POLL_MS = 5

/**
 * Starts a server on the loopback interface and resolves when it accepts connections and JetStream is
 * ready. Throws ServerFailed with the server's own reason if it ends before that.
 */
export async function startServer(options: StartOptions): Promise<StartedServer> {
  const cwd = resolve(options.cwd ?? ".")
  const logFile = resolve(cwd, options.logFile ?? ".pool/logs/nats-server.log")
  mkdirSync(dirname(logFile), { recursive: true })
  const portsDir = mkdtempSync(join(dirname(logFile), "ports-"))
  const log = openSync(logFile, "a")
  const logStart = statSync(logFile).size
  const args = [...argumentsFor(options), "--ports_file_dir", portsDir]
  const clear = () => rmSync(portsDir, { recursive: true, force: true })
  const start = startProcess(() =>
    spawn(options.binary, args, { cwd, detached: true, stdio: ["ignore", log, log] }),
  )
  closeSync(log)
  if (!start.process) {
    clear()
    const cause = await start.failed
    throw new ServerFailed(cause.message, logFile, { cause }, options.name)
  }
  const child = start.process
  // What can't be signalled is no end.
  child.on("error", () => {})
  const ended = new Promise<void>((done) => child.once("exit", () => done()))
  unawaited(ended.then(clear))
  const failed = ended.then(() => {
    throw new ServerFailed(lastWords(logFile, logStart), logFile, {}, options.name)
  })
  // Who waits for it is told; who does not, has stopped it.
  isLetGo(failed)
  const lifeline = new Lifeline({ graceMs: options.orphanGraceMs ?? 5000, last: "TERM" })
  lifeline.hold(child.pid)
  unawaited(ended.then(() => lifeline.dismiss()))
  const stop = (graceMs = 5000) => stopChild(child, ended, graceMs)
  const waiting = new AbortController()
  try {
    const ports = await Promise.race([readyPorts(portsDir, options, waiting.signal), failed])
    const greeting = await serverInfoOf(ports.port)
    const version = typeof greeting === "string" ? "" : greeting.version
    const url = `nats://127.0.0.1:${ports.port}`
    return { url, version, pid: child.pid, ...ports, logFile, ended, stop }
  } catch (error) {
    await stop(0)
    throw error instanceof ServerFailed
      ? error
      : new ServerFailed(reasonOf(error), logFile, { cause: error }, options.name)
  } finally {
    waiting.abort()
  }
}

/**
 * The server that listens on `port` already, or undefined if nobody does. Throws NoJetStream if that
 * server has JetStream off, PortTaken if it is no NATS server.
 */
export async function findRunning(
  port = DEFAULT_PORT,
  host = "127.0.0.1",
): Promise<RunningServer | undefined> {
  const greeting: ServerInfo | "nobody" | "stranger" = await serverInfoOf(port, host)
  if (greeting === "nobody") return undefined
  if (greeting === "stranger") throw new PortTaken(host, port)
  const url = `nats://${host}:${port}`
  if (!greeting.isJetStreamOn) throw new NoJetStream(url)
  return { url, version: greeting.version }
}

function argumentsFor(options: StartOptions): string[] {
  const { port = DEFAULT_PORT, httpPort, configFile, storeDir, jetstream = true } = options
  return [
    ...(configFile ? ["-c", resolve(configFile)] : []),
    ...["-a", "127.0.0.1", "-p", String(port)],
    ...(httpPort === undefined ? [] : ["-m", String(httpPort)]),
    ...(jetstream ? ["-js"] : []),
    ...(storeDir ? ["-sd", resolve(storeDir)] : []),
  ]
}

// The server writes a file with its ports once it listens, which is after JetStream is up. Unlike a
// connection to the port, the file cannot be another server's.
async function readyPorts(portsDir: string, options: StartOptions, waiting: AbortSignal) {
  const { readyWithinMs = 10_000 } = options
  const deadline = performance.now() + readyWithinMs
  while (performance.now() < deadline && !waiting.aborted) {
    const ports = portsIn(portsDir)
    if (ports) return ports
    await delay(POLL_MS)
  }
  throw new Error(`not ready within ${readyWithinMs} ms`)
}

function portsIn(portsDir: string) {
  try {
    const [file] = readdirSync(portsDir)
    if (!file) return undefined
    const { nats, monitoring } = JSON.parse(readFileSync(join(portsDir, file), "utf8"))
    const monitoringUrl: string | undefined = monitoring?.[0]
    return { port: Number(new URL(nats[0]).port), monitoringUrl }
  } catch {
    return undefined // half written
  }
}

async function stopChild(child: ChildProcess, ended: Promise<void>, graceMs: number) {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(graceMs > 0 ? "SIGTERM" : "SIGKILL")
    const force = setTimeout(() => child.kill("SIGKILL"), graceMs)
    await ended
    clearTimeout(force)
  }
}

function lastWords(logFile: string, from: number): string {
  const lines = readFileSync(logFile).subarray(from).toString().split("\n").filter(Boolean)
  const fatal = lines.findLast((line) => /\[FTL\]|^nats-server: /.test(line)) ?? lines.at(-1)
  return fatal?.replace(/^(\[\d+\].*?\[[A-Z]+\] |nats-server: )/, "") ?? "it ended without a word"
}
