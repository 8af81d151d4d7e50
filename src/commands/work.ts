/** What `pool work` does: it asks the pool, and says who answered and how fast. */
import { buffer } from "node:stream/consumers"
import { type Answer, PoolClient } from "../client/client.js"
import { clean } from "../dashboard/drawing/clean.js"
import { connectionIn, type PoolFlags } from "./flags/flags.js"
import { EXIT } from "./terminal/exit.js"
import { interrupts } from "./terminal/interrupt.js"
import { unread } from "./terminal/output.js"

export interface WorkFlags extends PoolFlags {
  leader?: boolean
  count: number
  timeout: number
  idempotent?: boolean
  raw?: boolean
  json?: boolean
}

/** Prints each answer. Sets the exit code. */
export async function ask(payload: string | undefined, flags: WorkFlags): Promise<void> {
  const { signal, stop } = interrupts(() => process.exit(EXIT.interrupted))
  // What was not sent yet was not done.
  const quit = () => process.exit(EXIT.interrupted)
  signal.addEventListener("abort", quit)
  const body = payload === "-" ? await buffer(process.stdin) : payload
  const client = await PoolClient.connect({ ...connectionIn(flags), pool: flags.pool })
  signal.removeEventListener("abort", quit)
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
