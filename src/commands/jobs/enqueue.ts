/** What `pool enqueue` does: it has a job stored, and with `--wait-result` waits until it is done. */
import { buffer } from "node:stream/consumers"
import { PoolClient } from "../../client/client.js"
import { defined } from "../../options/defined.js"
import { connectionIn, type PoolFlags } from "../flags/flags.js"

export interface EnqueueFlags extends PoolFlags {
  in?: number
  unique?: string
  id?: string
  attempts?: number
  backoff?: number
  priority?: number
  keep?: number
  result?: boolean | number
  json?: boolean
}

const KEEPS_NONE =
  "pool: the server keeps no results, which takes nats-server 2.11 or later; wait for it with --result, or upgrade it"

/** Prints the id of the job; and its result, if that is waited for. */
export async function enqueue(
  queue: string,
  payload: string | undefined,
  flags: EnqueueFlags,
): Promise<void> {
  const body = payload === "-" ? await buffer(process.stdin) : payload
  const client = await PoolClient.connect({ ...connectionIn(flags), pool: flags.pool })
  const { in: delayMs, unique, id, attempts, backoff: backoffMs, keep: keepResultMs } = flags
  const { priority } = flags
  try {
    const options = defined({ delayMs, unique, id, attempts, backoffMs, keepResultMs, priority })
    const job = await client.enqueue(queue, body, options)
    const { already } = job
    if (keepResultMs !== undefined && !already && !job.keepsResult) console.error(KEEPS_NONE)
    if (!flags.json) console.log(already ? `${job.id} (was there already)` : job.id)
    if (flags.result === undefined) {
      if (flags.json) console.log(JSON.stringify({ id: job.id, queue, already }))
      return
    }
    const timeoutMs = typeof flags.result === "number" ? flags.result : undefined
    const result = (await job.result({ timeoutMs })).text()
    console.log(flags.json ? JSON.stringify({ id: job.id, queue, already, result }) : result)
  } finally {
    await client.close()
  }
}
