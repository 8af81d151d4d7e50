/**
 * Tries what the server lets this connection send and hear, without anything coming of it: what is sent is refused by
 * whoever gets it, or reaches nobody. The subjects of work and of claims are not sent to, for somebody would act on it.
 */
import { headers, type NatsConnection, nuid } from "nats"
import { cronNamesOf } from "../cron/cron-names.js"
import { toBytes } from "../encoding/json.js"
import { jobNamesOf } from "../jobs/contract/job-names.js"
import type { Permissions } from "../operator/permissions.js"
import type { PoolNames } from "../protocol/names.js"

/** What came of it. */
export interface Probed {
  /** What the server refuses: `publish work.control.*`. */
  readonly refused: readonly string[]
  /** What was not tried. */
  readonly untried: readonly string[]
}

/** A sequence that no stream reaches: a write that expects it is refused. */
const NEVER = "9007199254740991"

/** Who is asked about it, or told to cancel it, has nothing to say. */
const NOBODYS_JOB = toBytes({ id: "doctor" })

/** Which of `permissions` this connection does not have. */
export async function probe(
  connection: NatsConnection,
  names: PoolNames,
  permissions: Permissions,
): Promise<Probed> {
  const acted: readonly string[] = [names.work, names.leader, names.claim]
  const sent = instances(permissions.publish.filter((subject) => !acted.includes(subject)))
  const heard = instances(permissions.subscribe)
  const refused: string[] = []
  const statuses = connection.status() as AsyncIterable<Status> & { stop(): void }
  const listening = (async () => {
    for await (const { type, error } of statuses) {
      if (type !== "error" || !error?.subject) continue
      const isSending = error.operation === "publish"
      const pattern = (isSending ? sent : heard).get(error.subject)
      if (pattern) refused.push(`${isSending ? "publish" : "subscribe"} ${pattern}`)
    }
  })()
  const subscriptions = [...heard.keys()].map((subject) =>
    connection.subscribe(subject, { callback: () => {} }),
  )
  const { running, cancel } = jobNamesOf(names.pool)
  const heeded = [running, cancel, cronNamesOf(names.pool).ask]
  for (const subject of sent.keys()) {
    const payload = heeded.includes(subject) ? NOBODYS_JOB : "?"
    connection.publish(subject, payload, { headers: refusable() })
  }
  // The server says what it refuses before it answers this.
  await connection.flush()
  for (const subscription of subscriptions) subscription.unsubscribe()
  await new Promise((resolve) => setImmediate(resolve))
  statuses.stop()
  await listening
  const untried = permissions.publish.filter((subject) => acted.includes(subject))
  return { refused, untried: untried.map((subject) => `publish ${subject}`) }
}

interface Status {
  readonly type: string
  readonly error?: { readonly operation?: string; readonly subject?: string }
}

/** A write with these is refused by every stream; and to an API of JetStream `?` is no request. */
function refusable() {
  const hdrs = headers()
  hdrs.set("Nats-Expected-Last-Subject-Sequence", NEVER)
  hdrs.set("Nats-Expected-Stream", "pool-doctor")
  return hdrs
}

/** For each pattern a subject that it covers and that nobody uses. */
function instances(patterns: readonly string[]): Map<string, string> {
  const unused = `doctor-${nuid.next()}`
  return new Map(
    patterns.map((it) => [it.replace(/\*/g, unused).replace(/>$/, unused), it] as const),
  )
}
