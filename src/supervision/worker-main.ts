/**
 * One worker in a process of its own, started by a supervisor. It is told what to do and to stop over the channel to
 * its parent, and when that channel closes the parent is gone: then it stops kindly.
 */
import { unawaited } from "../contracts/unawaited.js"
import { reasonOf, textOf } from "../errors/thrown.js"
import { ANSWERS_FIRST_MS, timingsOf } from "../lease/timings.js"
import { createLog, type Logger } from "../logging/log.js"
import { defined } from "../options/defined.js"
import { loadStrategy } from "../strategies/load-strategy.js"
import { type Handlers, loadHandlers } from "../work/handler.js"
import { joinPool, type PoolWorker } from "../worker/worker.js"
import { CommandRunner } from "./command-runner.js"
import type { FromWorker, ToWorker } from "./messages.js"
import { WORDS } from "./stall-watch.js"
import type { CommandSettings, WorkerSettings } from "./worker-settings.js"

let worker: PoolWorker | undefined
/** Fires when it is to stop: then nothing is waited for any more. */
const stopping = new AbortController()
let hasFailed = false
/** Of a worker that leaves kindly: its program's, if one ended it. */
let exitCode = 0

process.on("message", (word: ToWorker) => {
  if (word.type === "start") unawaited(start(word.settings))
  else stop()
})
process.on("disconnect", stop)
process.on("SIGTERM", stop)
// Ctrl-C reaches every process of a terminal; the supervisor hears it too, and says in which order they stop.
process.on("SIGINT", () => {})
// So does the end of a terminal, with which the output may be gone as well.
process.on("SIGHUP", () => {})

async function start(settings: WorkerSettings): Promise<void> {
  const { handler, threads, command, connect, strategy, prefer, killStalledMs, ...more } = settings
  const { logLevel, isVerbose, ...options } = more
  const base = { worker: settings.name, pid: process.pid }
  // What a program says is its own: nothing of ours may stand in between.
  const id = () => ({ id: worker?.id })
  const to = command ? 2 : 1
  const log = await createLog({ level: logLevel ?? "info", base, more: id, to, isVerbose })
  const early: (() => void)[] = []
  // Who leads while it is still joining is told of after that, and with its id.
  const say = (details: object, what: string) => {
    if (worker) log.info(details, what)
    else early.push(() => log.info(details, what))
  }
  try {
    const handlers = command
      ? runs(command, settings, log)
      : handler
        ? await handlersOf(handler, threads, log)
        : {}
    let joinedId: string | undefined
    const sayJoined = () => {
      if (!worker || worker.id === joinedId) return
      joinedId = worker.id
      tell({ type: "joined", key: worker.member.key, id: joinedId })
      const { httpUrl: http } = worker
      log.info({ key: worker.member.key, ...(http && { http }) }, "joined")
      for (const write of early.splice(0)) write()
    }
    worker = await joinPool({
      ...defined(options),
      ...handlers,
      ...(handlers.jobs && { jobWitness: await newJobTeller() }),
      strategy: await loadStrategy({ strategy, prefer }),
      connect: { ...connect, signal: stopping.signal },
      onStopOrder: stop,
      onJoined: sayJoined,
      onClaim(standing, isSelf) {
        if (isSelf) tellClaim({ type: "holds", standing })
      },
      onLeader({ leader, isSelf, nobodySinceMs, reason }) {
        if (leader && !isSelf) say({ term: leader.term }, `${leader.name} leads`)
        if (!leader) say({ nobodySinceMs: Math.round(nobodySinceMs ?? 0), reason }, "nobody leads")
      },
      onLeadReturned: ({ term }) => say({ term }, "lead() returned before its reign was over"),
      onReign(leadership) {
        if (leadership) say({ term: leadership.term }, "leads")
        else {
          say({}, "does not lead any more")
          tellClaim({ type: "holds" })
        }
      },
      report: (problem, error) => log.warn({ err: error }, problem),
    })
    sayJoined()
    if (killStalledMs !== undefined) setInterval(sayMoves, killStalledMs / WORDS)
    unawaited(worker.closed, (error) => fail(log, "gives up", error))
    if (stopping.signal.aborted) await leave()
  } catch (error) {
    if (error === stopping.signal.reason) return end({ type: "left" }, 0)
    fail(log, "could not join", error)
  }
}

function fail(log: Logger, what: string, error: unknown): void {
  const message = reasonOf(error)
  const code = textOf(error, "code")
  log.error({ code }, `${what}: ${message}`)
  log.debug({ err: error }, "the stack")
  hasFailed = true
  end({ type: "failed", message, code: code ?? "failed" }, 1)
}

async function handlersOf(
  file: string,
  threads: number | undefined,
  log: Logger,
): Promise<Handlers> {
  if (!threads) return loadHandlers(file)
  const { HandlerThreads } = await import("../threads/handler-threads.js")
  const report = (problem: string, error: unknown) => log.warn({ err: error }, problem)
  return (await HandlerThreads.open(file, threads, { report })).handlers
}

function runs(command: CommandSettings, settings: WorkerSettings, log: Logger): Handlers {
  const { pool, name } = settings
  const runner = new CommandRunner({
    settings: command,
    leaseMs: timingsOf(settings).leaseMs,
    env: () => ({ POOL_POOL: pool, POOL_NAME: name, POOL_MEMBER: worker?.id ?? "" }),
    onRuns: (group) => tell({ type: "runs", group }),
    onRan: (group) => tell({ type: "ran", group }),
    onDone(code) {
      exitCode = code
      stop()
    },
    report: (problem, error) => log.warn({ err: error }, problem),
  })
  return { lead: (leadership) => runner.lead(leadership) }
}

function stop(): void {
  if (stopping.signal.aborted) return
  stopping.abort()
  if (worker) unawaited(leave())
}

async function leave(): Promise<void> {
  await worker?.leave()
  if (!hasFailed) end({ type: "left" }, exitCode)
}

/** Says a last word and ends, even if the user's module has left something running. */
function end(word: FromWorker, code: number): void {
  process.exitCode = code
  if (process.connected && process.send) process.send(word, () => process.exit())
  else process.exit()
}

function tell(word: FromWorker): void {
  // A supervisor that has just died is noticed by the channel's end; a word to it must not cost the kind stop.
  if (process.connected) process.send?.(word, undefined, undefined, () => {})
}

async function newJobTeller() {
  const { JobTeller } = await import("../jobs/give-back/job-teller.js")
  return new JobTeller(sendWord)
}

/** As long as there is a parent: without one the kind stop has begun, and nobody could give anything back. */
function sendWord(word: FromWorker, sent: () => void): void {
  if (process.connected) process.send?.(word, undefined, undefined, sent)
  else sent()
}

let isSayingMoves = false

/** One at a time: to a supervisor that is suspended they must not pile up. */
function sayMoves(): void {
  if (isSayingMoves) return
  isSayingMoves = true
  sendWord({ type: "moves" }, () => {
    isSayingMoves = false
  })
}

let isTellingClaim = false
let untoldClaim: FromWorker | undefined

/**
 * Only the newest: a supervisor that is suspended for hours takes no words, and they must not pile up here. And not at
 * once: of a worker that is killed until then, the supervisor finds the claim in the bucket.
 */
function tellClaim(word: FromWorker): void {
  untoldClaim = word
  if (isTellingClaim) return
  isTellingClaim = true
  setTimeout(() => {
    const newest = untoldClaim
    untoldClaim = undefined
    const told = () => {
      isTellingClaim = false
      if (untoldClaim) tellClaim(untoldClaim)
    }
    if (process.connected) process.send?.(newest, undefined, undefined, told)
  }, ANSWERS_FIRST_MS)
}
