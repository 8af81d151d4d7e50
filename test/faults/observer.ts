/** Sits on the server itself, and notes every announced claim, every word to an heir, and every reply of a leader. */
import { connect, type NatsConnection } from "nats"
import { decodeAnnouncement, decodeWord, reignOf } from "../../src/protocol/claim.js"
import { ERROR_CODE_HEADER, TERM_HEADER, WORKER_HEADER } from "../../src/protocol/reply.js"
import { type History, sharedMs } from "./history.js"

/** Watches `pool`; the connection is also for what the test does by hand. */
export async function observe(
  url: string,
  pool: string,
  history: History,
): Promise<NatsConnection> {
  const connection = await connect({
    servers: url,
    name: `observer of ${pool}`,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 20,
    noAsyncTraces: true,
  })
  const who = "observer"
  const names = new Map<string, string>()
  connection.subscribe(`${pool}.claim`, {
    callback: (_error, { data }) => {
      const at = sharedMs()
      const standing = decodeAnnouncement(data)
      const { name: by, id, released, heirs } = standing.claim
      const { term } = reignOf(standing)
      for (const { id, key } of heirs) names.set(id, key.slice(key.indexOf(".") + 1))
      const line = heirs.map(({ id }) => names.get(id) ?? id)
      const { revision } = standing
      const claimed = { by, id, term, revision, released: released !== undefined, heirs: line }
      history.write({ at, who, what: "claimed", ...claimed })
    },
  })
  connection.subscribe(`${pool}.heir.*`, {
    callback: (_error, { subject, data }) => {
      // Who only learns whether it is heard, or may say so: a member that moves to another server, and the doctor.
      if (!`${Buffer.from(data)}`.startsWith("{")) return
      const id = subject.split(".").at(-1) ?? ""
      history.write({ who, what: "told", heir: names.get(id) ?? id, term: decodeWord(data).term })
    },
  })
  connection.subscribe("_INBOX.>", {
    callback: (_error, { subject, headers, data }) => {
      const term = Number(headers?.get(TERM_HEADER))
      if (!headers || !term) return
      const by = headers.get(WORKER_HEADER)
      const status = Number(headers.get(ERROR_CODE_HEADER))
      const answer = `${Buffer.from(data)}`
      // What a leader says that it has in hand is no answer to a request.
      if (!status && !answer.startsWith("{")) return
      const result = status ? { status } : { request: JSON.parse(answer).request }
      history.write({ who, what: "replied", by, inbox: subject, term, ...result })
    },
  })
  await connection.flush()
  return connection
}
