/**
 * What `pool work` does: it asks the pool, and says who answered and how fast. With a concurrency it asks with many requests
 * under way, shows how far it is, and says in the end what came of all: there a request that fails is counted, and ends
 * nothing; but where nobody is there to ask, or nobody may ask, it ends.
 */
import { buffer } from "node:stream/consumers"
import { type Answer, PoolClient } from "../client/client.js"
import { clean } from "../dashboard/drawing/clean.js"
import { textOf } from "../errors/thrown.js"
import { connectionIn, type PoolFlags } from "./flags/flags.js"
import { EXIT } from "./terminal/exit.js"
import { interrupts } from "./terminal/interrupt.js"
import { unread } from "./terminal/output.js"
import { showProgress } from "./terminal/progress.js"
import { linesOf, Score } from "./terminal/score.js"

/** What a request may fail with while others succeed. */
const PASSING = new Set([
  "work-failed",
  "leader-changed",
  "request-lost",
  "timeout",
  "connection-lost",
])

export interface WorkFlags extends PoolFlags {
  leader?: boolean
  count: number
  concurrency?: number
  timeout: number
  idempotent?: boolean
  raw?: boolean
  json?: boolean
}

/** Prints each answer, or with a concurrency what came of all. Sets the exit code. */
export async function ask(payload: string | undefined, flags: WorkFlags): Promise<void> {
  const { signal, stop } = interrupts(() => process.exit(EXIT.interrupted))
  // What was not sent yet was not done.
  const quit = () => process.exit(EXIT.interrupted)
  signal.addEventListener("abort", quit)
  const body = payload === "-" ? await buffer(process.stdin) : payload
  const client = await PoolClient.connect({ ...connectionIn(flags), pool: flags.pool })
  signal.removeEventListener("abort", quit)
  if (flags.concurrency !== undefined) {
    const { concurrency } = flags
    return await askTogether(client, body, { ...flags, concurrency }, signal).finally(() => {
      stop()
      return client.close()
    })
  }
  const answers: Answer[] = []
  try {
    for (let n = 0; n < flags.count && !unread.aborted; n += 1) {
      answers.push(await askOnce(client, body, flags, signal))
    }
  } catch (error) {
    if (!signal.aborted) throw error
    console.error("pool: interrupted: the last request may or may not have been done")
    process.exitCode = EXIT.interrupted
  } finally {
    if (answers.length > 1 && !flags.raw && !flags.json) console.error(summary(answers))
    stop()
    await client.close()
  }
}

/** With many requests under way at once. */
async function askTogether(
  client: PoolClient,
  body: Uint8Array | string | undefined,
  flags: WorkFlags & { readonly concurrency: number },
  signal: AbortSignal,
): Promise<void> {
  const { count } = flags
  const score = new Score()
  const beganMs = performance.now()
  const hide = showProgress(() => ({ done: score.done, count, errors: score.failed }))
  try {
    await askMany(client, body, flags, signal, score)
    if (score.failed > 0) process.exitCode = EXIT.failed
  } finally {
    hide()
    const scored = score.after((performance.now() - beganMs) / 1000)
    if (flags.json) console.log(JSON.stringify(scored))
    else for (const line of linesOf(scored)) console.log(line)
    if (signal.aborted) {
      console.error(`pool: interrupted: ${count - score.done} of ${count} were not asked`)
      process.exitCode = EXIT.interrupted
    }
  }
}

/** Notes in `score` what comes of each. Throws what ends it; at a signal what is under way is still answered. */
async function askMany(
  client: PoolClient,
  body: Uint8Array | string | undefined,
  flags: WorkFlags & { readonly concurrency: number },
  signal: AbortSignal,
  score: Score,
): Promise<void> {
  const { count, concurrency, timeout: timeoutMs, idempotent } = flags
  const options = { timeoutMs, idempotent, waitForWorkers: false }
  let left = count
  let ended: { readonly error: unknown } | undefined
  const ask = async () => {
    while (left > 0 && !ended && !signal.aborted) {
      left -= 1
      try {
        const answer = await (flags.leader
          ? client.leaderWork(body, options)
          : client.work(body, options))
        score.answer(answer.worker, answer.ms)
      } catch (error) {
        if (PASSING.has(textOf(error, "code") ?? "")) score.failure(error)
        else ended ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, ask))
  if (ended && !signal.aborted) throw ended.error
}

async function askOnce(
  client: PoolClient,
  body: Uint8Array | string | undefined,
  flags: WorkFlags,
  signal: AbortSignal,
): Promise<Answer> {
  const { timeout: timeoutMs, idempotent } = flags
  const options = { timeoutMs, idempotent, signal, waitForWorkers: false }
  const answer = await (flags.leader
    ? client.leaderWork(body, options)
    : client.work(body, options))
  console.log(printed(answer, flags))
  return answer
}

function printed(answer: Answer, { raw, json }: WorkFlags): string {
  const { worker, memberId, term, ms } = answer
  if (raw) return answer.text()
  if (json)
    return JSON.stringify({ worker, id: memberId, term, ms: rounded(ms), answer: answer.text() })
  const who = term === undefined ? worker : `${worker} (leader, term ${term})`
  return `${clean(who)} answered in ${rounded(ms)} ms: ${answer.text()}`
}

/** `100 answers: a 34, b 33, c 33; median 0.4 ms, longest 3.1 ms`. */
function summary(answers: readonly Answer[]): string {
  const counts = new Map<string, number>()
  for (const { worker } of answers) counts.set(worker, (counts.get(worker) ?? 0) + 1)
  const shares = [...counts].sort().map(([worker, count]) => `${worker} ${count}`)
  const times = answers.map(({ ms }) => ms).sort((a, b) => a - b)
  const median = times[Math.floor(times.length / 2)] ?? 0
  const speed = `median ${rounded(median)} ms, longest ${rounded(times.at(-1) ?? 0)} ms`
  return `${answers.length} answers: ${shares.join(", ")}; ${speed}`
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}
