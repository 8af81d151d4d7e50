/** What `pool cluster` does: it starts a server, some workers and the dashboard, and stops what it started. */
import { appendFileSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { unawaited } from "../contracts/unawaited.js"
import { attach } from "../dashboard/attach.js"
import { latency, plural } from "../dashboard/drawing/format.js"
import { eventLine, eventObject } from "../dashboard/screen/plain.js"
import { runDashboard, wantsScreen } from "../dashboard/start.js"
import { BadInput } from "../errors/errors.js"
import { freeName } from "../supervision/free-name.js"
import type { WorkerEvent } from "../supervision/supervisor.js"
import { WorkerGroup } from "../supervision/worker-group.js"
import type { WorkerSettings } from "../supervision/worker-settings.js"
import { type ClusterServers, startServers } from "./cluster-servers.js"
import type { WorkerFlags } from "./flags/worker-flags.js"
import { settingsIn } from "./flags/worker-settings.js"
import { EXIT } from "./terminal/exit.js"
import { interrupts } from "./terminal/interrupt.js"

export interface ClusterFlags extends WorkerFlags {
  workers: number
  port: number
  serverCount: number
  dashboard: boolean
  json?: boolean
  ascii?: boolean
}

const LOGS = join(".pool", "logs")
/** How long what was killed may take to be cleared away, and a screen to close, in ms. */
const CLEARING_MS = 1_000

/** Runs until it is quit or interrupted. Sets the exit code. */
export async function runCluster(flags: ClusterFlags): Promise<void> {
  const settings = settingsIn({ ...flags, replicas: replicasIn(flags), allowControl: true }, "a")
  const cluster = new Cluster(settings, flags)
  await cluster.run()
}

/** As many copies of the bucket as servers, unless fewer are asked for. Throws BadInput for what can't be. */
function replicasIn({ servers, serverCount, replicas }: ClusterFlags): number | undefined {
  if (/^\d+$/.test(servers ?? "")) {
    const meant = `addresses of servers that run already (to start some: --server-count ${servers})`
    throw new BadInput("--servers", meant, servers)
  }
  if (serverCount === 1) return replicas
  if (servers !== undefined) {
    throw new BadInput("--server-count", "1 with --servers, for none is started", serverCount)
  }
  if (replicas !== undefined && replicas > serverCount) {
    throw new BadInput("--replicas", `${serverCount} at most, one on each server`, replicas)
  }
  return replicas ?? serverCount
}

class Cluster {
  readonly #settings: WorkerSettings
  readonly #flags: ClusterFlags
  readonly #interrupted = interrupts(() => this.#stopNow())
  #servers: ClusterServers | undefined
  #group: WorkerGroup | undefined
  #isScreenUp = false
  #isEnding = false

  constructor(settings: WorkerSettings, flags: ClusterFlags) {
    this.#settings = settings
    this.#flags = flags
  }

  /** Runs until it is quit or interrupted, and stops what it started. Sets the exit code. */
  async run(): Promise<void> {
    const { signal } = this.#interrupted
    try {
      process.exitCode = await this.#runAll(signal)
    } catch (error) {
      // What was interrupted while it began did not fail.
      if (!signal.aborted) throw error
    } finally {
      this.#isEnding = true
      this.#interrupted.begin()
      await this.#end()
      this.#interrupted.stop()
    }
  }

  async #runAll(signal: AbortSignal): Promise<number> {
    const { servers, port, serverCount, workers } = this.#flags
    mkdirSync(LOGS, { recursive: true })
    if (!servers) {
      this.#servers = await startServers({ port, serverCount, report: say, signal })
    }
    signal.throwIfAborted()
    this.#group = await WorkerGroup.gather({
      settings: { ...this.#settings, connect: this.#connect },
      servers: this.#servers?.urls,
      logDir: LOGS,
      respawn: this.#flags.respawn,
      ownGroups: true,
      signal,
      onEvent: (event) => this.#tell(event),
      report: (problem) => this.#report(problem),
    })
    for (let n = 0; n < workers && !signal.aborted; n += 1) {
      await Promise.race([this.#startOne(this.#group), this.#interrupted.first])
    }
    return this.#show(this.#group, signal)
  }

  /** Stops what was started, and says so before: it may take a while. */
  async #end(): Promise<void> {
    const beganMs = performance.now()
    const what = stopping(this.#group?.supervisor.workers.length ?? 0, this.#servers)
    const hint = process.stderr.isTTY ? "; a second Ctrl-C does not wait for work in flight" : ""
    if (what) say(`stopping ${what}${hint}`)
    try {
      await this.#group?.disband()
    } finally {
      await this.#servers?.stop()
      if (what) say(`stopped after ${latency(performance.now() - beganMs)}`)
    }
  }

  async #startOne(group: WorkerGroup): Promise<void> {
    await group.start(freeName(group.supervisor.workers.map(({ name }) => name)))
  }

  async #show(group: WorkerGroup, signal: AbortSignal): Promise<number> {
    const { json, ascii, dashboard } = this.#flags
    const { pool } = this.#settings
    const source = await attach({
      pool,
      connect: { ...this.#connect, signal },
      group,
      logs: LOGS,
      servers: this.#servers?.cluster,
    })
    if (signal.aborted) {
      await source.close()
      return EXIT.ok
    }
    const options = { json, ascii, plain: !dashboard }
    this.#isScreenUp = wantsScreen(options, process.stdin, process.stdout, process.env)
    const running = runDashboard(source, options)
    // It hears the same signals, unless it was still being loaded.
    const late = this.#interrupted.first.then(() => delay(CLEARING_MS, EXIT.ok, { ref: false }))
    const code = await Promise.race([running, late])
    this.#isScreenUp = false
    return signal.aborted ? EXIT.ok : code
  }

  /** Where the workers are to connect. */
  get #connect() {
    const { connect } = this.#settings
    return this.#servers ? { ...connect, servers: this.#servers.urls, noRandomize: true } : connect
  }

  /** The second Ctrl-C: kills all, and waits no longer than it takes to clear up. */
  #stopNow(): void {
    process.exitCode = EXIT.failed
    this.#group?.supervisor.killAll()
    const end = async () => {
      await this.#servers?.stop(0)
      process.exit()
    }
    setTimeout(() => unawaited(end()), this.#group ? CLEARING_MS : 0).unref()
  }

  /** While it runs the dashboard tells what happens; at the end there is none any more. */
  #tell(event: WorkerEvent): void {
    if (!this.#isEnding || event.type !== "gone") return
    const { worker, isKind, how } = event
    const text = isKind ? "left" : how
    const entry = { number: 0, wallMs: Date.now(), kind: "left", name: worker.name, text } as const
    console.log(this.#flags.json ? eventObject(entry) : eventLine(entry))
  }

  /** Problems are not written across the screen. */
  #report(problem: string): void {
    if (!this.#isScreenUp) return say(`pool: ${problem}`)
    appendFileSync(join(LOGS, "cluster.log"), `${new Date().toISOString()} ${problem}\n`)
  }
}

/** What is to be stopped, and what is not; "" for nothing. */
function stopping(workers: number, servers: ClusterServers | undefined): string {
  const group = workers > 0 ? [plural(workers, "worker")] : []
  if (servers?.own) return [...group, servers.own].join(" and ")
  return group.length > 0 && servers ? `${group}, not the server` : group.join()
}

function say(line: string): void {
  console.error(line)
}
