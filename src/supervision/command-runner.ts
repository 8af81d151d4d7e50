/**
 * What a worker of `pool run` does with its leadership: it runs a program for the length of each reign, and not a
 * moment longer. When the reign ends kindly the program gets SIGTERM and its grace time, and only then is the reign
 * handed on. When the lease ran out there is no such time: SIGKILL follows after a tenth of it, before anybody else
 * may lead; at once where it runs out within the grace time of a reign that was ending kindly.
 *
 * A program that ended by itself ends the reign: with success, the worker leaves its pool; with a failure the worker
 * goes to the end of the line. Who leads again soon after waits before it starts the program anew, longer each time.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { constants as system } from "node:os"
import { PoolError, reasonOf } from "../errors/errors.js"
import { type Leadership, ReignEnded } from "../lease/leadership.js"
import { RESTART_PACE } from "../member/restarts.js"
import { Lifeline } from "../programs/lifeline.js"
import { groupGone, signalGroup } from "../programs/process-group.js"
import { startProcess } from "../programs/start-process.js"
import { Pace } from "../time/pace.js"
import { systemClock } from "../time/system-clock.js"
import type { CommandSettings } from "./worker-settings.js"

/** How long a program must have run for its earlier failures to be forgotten, in ms. */
const FORGOTTEN_AFTER_MS = 30_000
/** The share of the lease that a program has to end when the lease is over; others wait at least 0.15 of it. */
const LAST_MOMENTS = 0.1
/** What shells answer for a program that is not there, and for one that can't be run. */
const NOT_FOUND = 127
const NOT_RUNNABLE = 126
/** The same where the system has no room for one more process at the moment: a failure like another, to be tried again. */
const NOT_NOW = 1
const PASSING = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"])

/** The program ended by itself, and shall be started anew in a later reign. */
export class CommandEnded extends PoolError {
  override readonly name = "CommandEnded"
  override readonly code = "command-ended"
  constructor(
    readonly command: string,
    readonly exitCode: number,
  ) {
    super(`${command} ended with exit code ${exitCode}`)
  }
}

export interface CommandRunnerOptions {
  readonly settings: CommandSettings
  readonly leaseMs: number
  /** What the program learns of the pool, besides the term. */
  readonly env: () => Readonly<Record<string, string>>
  /** Told the process group that runs, and later that nothing of it does any more. */
  readonly onRuns: (group: number) => void
  readonly onRan: (group: number) => void
  /** The program ended by itself and is not to be started again: the worker should leave. */
  readonly onDone: (exitCode: number) => void
  readonly report: (problem: string, error?: unknown) => void
}

export class CommandRunner {
  readonly #options: CommandRunnerOptions
  readonly #pace: Pace
  #hasFailed = false

  constructor(options: CommandRunnerOptions) {
    this.#options = options
    const { backoffMs: firstMs } = options.settings
    this.#pace = new Pace({ clock: systemClock, ...RESTART_PACE, firstMs })
  }

  /** The handler `lead`. */
  async lead(leadership: Leadership): Promise<void> {
    const { settings, onDone } = this.#options
    const { signal } = leadership
    if (this.#hasFailed && !(await this.#pace.wait({ signal }))) return
    if (signal.aborted) return
    const beganMs = performance.now()
    const exitCode = await this.#run(leadership)
    if (signal.aborted) return
    if (exitCode === NOT_FOUND || exitCode === NOT_RUNNABLE) return onDone(exitCode)
    const isAgain = settings.restart === "always" || (settings.restart === "on-failure" && exitCode)
    if (!isAgain) return onDone(exitCode)
    if (performance.now() - beganMs > FORGOTTEN_AFTER_MS) this.#pace.reset()
    this.#hasFailed = true
    throw new CommandEnded(settings.argv[0] ?? "", exitCode)
  }

  /** Runs the program once; resolves with its exit code when nothing is left of it. */
  async #run(leadership: Leadership): Promise<number> {
    const { term, signal } = leadership
    const { settings, leaseMs, env, onRuns, onRan, report } = this.#options
    const [command = "", ...args] = settings.argv
    // Before there is anything to hold, so that there is no moment in which it is not held.
    const lifeline = new Lifeline({
      first: "TERM",
      graceMs: Math.min(settings.graceMs, leaseMs / 2),
      last: "KILL",
    })
    const { process: child, failed } = startProcess(() =>
      spawn(command, args, {
        // A group of its own, to end it with all that it starts; and Ctrl-C is for us, who end it in order.
        detached: true,
        stdio: "inherit",
        env: { ...process.env, ...env(), POOL_TERM: String(term) },
      }),
    )
    if (!child) {
      lifeline.dismiss()
      return this.#notStarted(await failed, command)
    }
    const group = child.pid
    lifeline.hold(group)
    onRuns(group)
    let timer: NodeJS.Timeout | undefined
    let leaseTimer: NodeJS.Timeout | undefined
    const endWithLease = () => {
      const leftMs = leadership.remainingMs()
      if (leftMs > 0) {
        leaseTimer = setTimeout(endWithLease, Math.ceil(leftMs))
        return
      }
      report(`${command} was killed: the lease ran out before it had ended`)
      signalGroup(group, "SIGKILL")
    }
    const end = () => {
      const isLapse = !(signal.reason instanceof ReignEnded) || isSudden(signal.reason)
      const graceMs = isLapse
        ? Math.min(leaseMs * LAST_MOMENTS, settings.graceMs)
        : settings.graceMs
      signalGroup(group, "SIGTERM")
      timer = setTimeout(() => {
        report(`${command} did not end within ${graceMs} ms after SIGTERM, and was killed`)
        signalGroup(group, "SIGKILL")
      }, graceMs)
      if (!isLapse) endWithLease()
    }
    signal.addEventListener("abort", end)
    if (signal.aborted) end()
    const exitCode = await exitOf(child)
    clearTimeout(timer)
    clearTimeout(leaseTimer)
    signal.removeEventListener("abort", end)
    // What it started and left behind must not go on leading.
    signalGroup(group, "SIGKILL")
    await groupGone(group)
    lifeline.dismiss()
    onRan(group)
    return exitCode
  }

  #notStarted(error: NodeJS.ErrnoException | undefined, command: string): number {
    const isThere = error?.code !== "ENOENT"
    this.#options.report(`${command}: ${isThere ? reasonOf(error) : "no such command"}`)
    if (!isThere) return NOT_FOUND
    return PASSING.has(error?.code ?? "") ? NOT_NOW : NOT_RUNNABLE
  }
}

/** Whether a reign that ended so may be followed by another's at once, or soon. */
function isSudden({ reason }: ReignEnded): boolean {
  return !["released", "handed over", "preempted", "stalled", "stopping", "failed"].includes(reason)
}

/** The exit code as a shell tells it: 128 and the signal's number for one that was killed. */
function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) =>
      resolve(code ?? 128 + (signal ? system.signals[signal] : 0)),
    )
  })
}
