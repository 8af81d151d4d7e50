/**
 * Real workers, each a `pool worker` with its supervisor, that do jobs and write down what they do, and who enqueues them. What
 * may be done to them is here, and what is promised of their jobs is looked at in the end.
 */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { NatsConnection } from "nats"
import { connect } from "nats"
import type { Test } from "tap"
import { PoolClient } from "../../src/client/client.js"
import { JobGone } from "../../src/errors/job-errors.js"
import { isA } from "../../src/errors/thrown.js"
import type { JobHandle } from "../../src/jobs/job-handle.js"
import { type RunningCommand, startPool } from "../fixtures/cli.js"
import { tempFolder } from "../fixtures/folder.js"
import { isAlive } from "../fixtures/programs.js"
import { PATIENCE_MS, until } from "../fixtures/until.js"
import { sharedMs } from "./history.js"

const WITNESS = join(import.meta.dirname, "jobs-witness.js")

/** What a worker did, or what was done to its process. */
export interface JobLine {
  readonly at: number
  readonly what: "begins" | "stops" | "ends" | "killed" | "frozen" | "disturbed" | "calm"
  readonly who: string
  readonly pid: number
  readonly ppid?: number
  readonly id?: string
  readonly token?: number
  readonly attempt?: number
  readonly reason?: string
}

export interface CrewOptions {
  /** Of the queue, in ms; `usual`: nothing is said of it. Default: shorter than usual, for these tests wait for it. */
  readonly leaseMs?: number | "usual"
  /** More for `pool worker`. */
  readonly flags?: readonly string[]
}

const LEASE_MS = 2_000
/** So many jobs are under way while something is done to those who do them. */
const UNDER_WAY = 24

/** One run of a handler. */
interface Run {
  readonly id: string
  readonly pid: number
  readonly who: string
  readonly beganMs: number
  end?: JobLine
}

export class JobsCrew {
  readonly client: PoolClient
  readonly connection: NatsConnection
  readonly handles: JobHandle[] = []
  readonly #t: Test
  readonly #url: string
  readonly #options: CrewOptions
  readonly #history: string
  readonly #workers = new Map<string, RunningCommand>()
  readonly #ends = new Map<JobHandle, Promise<void>>()

  private constructor(
    t: Test,
    url: string,
    options: CrewOptions,
    connection: NatsConnection,
    client: PoolClient,
  ) {
    this.#t = t
    this.#url = url
    this.#options = options
    this.connection = connection
    this.client = client
    this.#history = join(tempFolder(t), "jobs")
    writeFileSync(this.#history, "")
  }

  static async on(t: Test, url: string, options: CrewOptions = {}): Promise<JobsCrew> {
    const connection = await connect({ servers: url.split(","), maxReconnectAttempts: -1 })
    const client = await PoolClient.connect({ connection })
    t.teardown(async () => {
      await client.close()
      await connection.close()
    })
    return new JobsCrew(t, url, options, connection, client)
  }

  /** Starts a worker; resolves when it has joined. */
  async start(...names: string[]): Promise<void> {
    const { leaseMs = LEASE_MS, flags = [] } = this.#options
    const lease = leaseMs === "usual" ? "" : String(leaseMs)
    const started = names.map(async (name) => {
      const env = { JOBS_HISTORY: this.#history, JOBS_NAME: name, JOBS_LEASE_MS: lease }
      const args = ["worker", "--name", name, "--handler", WITNESS, "--servers", this.#url]
      const command = startPool(this.#t, [...args, "--grace", "300ms", ...flags], { env })
      this.#workers.set(name, command)
      this.#t.teardown(() => {
        for (const { pid } of this.lines) if (isAlive(pid)) process.kill(pid, "SIGCONT")
      })
      await command.says(/joined/)
    })
    await Promise.all(started)
  }

  /** Enqueues so many jobs that take so long; resolves when all are stored. */
  async enqueue(count: number, takesMs: number): Promise<JobHandle[]> {
    const all = Array.from({ length: count }, () =>
      this.client.enqueue("send", { takesMs }, { timeoutMs: PATIENCE_MS }),
    )
    const stored = await Promise.all(all)
    this.handles.push(...stored)
    return stored
  }

  /** Has jobs enqueued and done all the time until what `act` does is done. */
  async busyWhile(act: () => Promise<void>, takesMs: number): Promise<void> {
    let isOver = false
    const acting = act().finally(() => {
      isOver = true
    })
    const asking = Array.from({ length: UNDER_WAY }, async () => {
      while (!isOver) for (const job of await this.enqueue(1, takesMs)) await this.#over(job)
    })
    await Promise.all([acting, ...asking])
  }

  /** What is done to servers: an acknowledgement that is sent meanwhile may be lost. */
  async disturbing(act: () => Promise<unknown>): Promise<void> {
    this.#note({ what: "disturbed", pid: 0 })
    await act()
    this.#note({ what: "calm", pid: 0 })
  }

  get lines(): JobLine[] {
    const text = readFileSync(this.#history, "utf8")
    const whole = text.slice(0, text.lastIndexOf("\n") + 1)
    return whole
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as JobLine)
  }

  /** Resolves with the first line that `is` the one, after so many. */
  async line(what: string, is: (line: JobLine) => boolean, from = 0): Promise<JobLine> {
    await until(what, () => this.lines.slice(from).some(is))
    return this.lines.slice(from).find(is) as JobLine
  }

  /** Resolves with who runs one of these jobs. */
  async running(handles: readonly JobHandle[]): Promise<JobLine> {
    const ids = new Set(handles.map(({ id }) => id))
    return this.line("a job begins", ({ what, id = "" }) => what === "begins" && ids.has(id))
  }

  kill(...pids: number[]): void {
    for (const pid of pids) this.#note({ what: "killed", pid })
    for (const pid of pids) process.kill(pid, "SIGKILL")
  }

  freeze(pid: number): void {
    this.#note({ what: "frozen", pid })
    process.kill(pid, "SIGSTOP")
  }

  /** Resolves when the command of a worker has ended. */
  async gone(name: string): Promise<void> {
    await this.#workers.get(name)?.ended()
  }

  /** Waits until all that was enqueued is done; then each promise must have been kept. */
  async verdict(t: Test): Promise<{ readonly again: number; readonly doneAgain: number }> {
    await Promise.all(this.handles.map((handle) => this.#over(handle)))
    const { lines } = this
    const runs = runsIn(lines)
    const undone = this.handles.filter(({ id }) => !runs.get(id)?.some(isDone))
    t.strictSame(
      undone.map(({ id }) => id),
      [],
      "every job that was stored is done",
    )
    const breaches = [...runs.values()].flatMap((of) => breachesIn(of, lines))
    t.strictSame(
      breaches.slice(0, 5),
      [],
      "none runs beside itself, and none again without a reason",
    )
    const again = [...runs.values()].filter((of) => of.length > 1)
    const doneAgain = again.filter((of) => of.slice(0, -1).some(isDone)).length
    const told = `${doneAgain} though they were done`
    t.comment(`${runs.size} jobs, ${again.length} of which ran more than once, ${told}`)
    return { again: again.length, doneAgain }
  }

  #over(handle: JobHandle): Promise<void> {
    const over = this.#ends.get(handle) ?? untilOver(handle)
    this.#ends.set(handle, over)
    return over
  }

  #note(line: Pick<JobLine, "what" | "pid">): void {
    const at = sharedMs()
    appendFileSync(this.#history, `${JSON.stringify({ at, who: "test", ...line })}\n`)
  }
}

/** The end of a job is told once, and may be lost with the server: then the job is gone. */
async function untilOver(handle: JobHandle): Promise<void> {
  try {
    await handle.result({ timeoutMs: PATIENCE_MS })
  } catch (error) {
    if (!isA(error, JobGone)) throw error
  }
}

const isDone = ({ end }: Run) => end?.what === "ends"

function runsIn(lines: readonly JobLine[]): Map<string, Run[]> {
  const runs = new Map<string, Run[]>()
  const open = new Map<string, Run>()
  for (const line of [...lines].sort((a, b) => a.at - b.at)) {
    const { what, id = "", pid, who, at, token } = line
    const key = `${pid} ${id} ${token}`
    if (what === "begins") {
      const run = { id, pid, who, beganMs: at }
      open.set(key, run)
      runs.set(id, [...(runs.get(id) ?? []), run])
    } else if (what === "ends" || what === "stops") {
      const run = open.get(key)
      if (run) run.end = line
    }
  }
  return runs
}

/** A run that is followed by another must have ended before, or its process been killed or frozen; and not have been done. */
function breachesIn(runs: readonly Run[], lines: readonly JobLine[]): string[] {
  return runs.slice(1).flatMap(({ id, who, beganMs }, n) => {
    const before = runs[n] as Run
    const isHarmed = lines.some(
      ({ what, pid, at }) =>
        (what === "killed" || what === "frozen") && pid === before.pid && at < beganMs,
    )
    if (isHarmed) return []
    const { end } = before
    if (!end || end.at > beganMs) return [`${id} begins at ${who} while it runs at ${before.who}`]
    if (end.what === "stops" || isDisturbed(lines, end.at, beganMs)) return []
    return [`${id} begins at ${who} though ${before.who} has done it`]
  })
}

/** Whether anything was done to the servers in that time. */
function isDisturbed(lines: readonly JobLine[], fromMs: number, untilMs: number): boolean {
  const calmMs = (after: number) =>
    lines.find(({ what, at }) => what === "calm" && at > after)?.at ?? Number.POSITIVE_INFINITY
  return lines.some(({ what, at }) => what === "disturbed" && at < untilMs && calmMs(at) > fromMs)
}
