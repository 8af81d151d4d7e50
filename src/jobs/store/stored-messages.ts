/** Messages as a server gives them, and the last ones of a stream. */
import type { JetStreamManager, StoredMsg } from "@nats-io/jetstream"
import { isStreamGone, isStreamNotFound } from "../../errors/nats-errors.js"
import type { StoredMessage } from "../contract/job-record.js"

/** What the server says of the stream `name`, and of what lies there under `subject`; undefined if there is none. */
export async function infoOf(
  { streams }: Pick<JetStreamManager, "streams">,
  name: string,
  subject?: string,
) {
  try {
    return await streams.info(name, subject === undefined ? {} : { subjects_filter: subject })
  } catch (error) {
    if (isStreamNotFound(error)) return undefined
    throw error
  }
}

/** A message as the server gives it. */
export function storedMessage({ subject, header, data, seq, time }: StoredMsg): StoredMessage {
  return { subject, headers: header, data, seq, storedMs: time.getTime() }
}

/** Of the last messages no more than so many times as many as are wanted are looked at, where some were removed. */
const WINDOWS = 10

/** The last messages of a stream, the newest first; looks behind what was removed, and at the first ones if that goes on. */
export async function newestOf(
  { streams }: JetStreamManager,
  name: string,
  limit: number,
): Promise<StoredMessage[]> {
  const get = async (query: { seq: number; next_by_subj?: string }) => {
    const message = await streams.getMessage(name, query).catch((error) => {
      if (isStreamGone(error)) return undefined
      throw error
    })
    return message ? [storedMessage(message)] : []
  }
  const state = (await infoOf({ streams }, name))?.state
  if (!state) return []
  const { first_seq, last_seq, messages } = state
  const wanted = Math.min(limit, messages)
  const found: StoredMessage[] = []
  let end = last_seq
  for (let n = 0; n < WINDOWS && end >= first_seq && found.length < wanted; n += 1) {
    const length = Math.min(limit, end - first_seq + 1)
    const seqs = Array.from({ length }, (_, back) => end - back)
    found.push(...(await Promise.all(seqs.map((seq) => get({ seq })))).flat())
    end -= length
  }
  const older: StoredMessage[] = []
  for (let seq = first_seq; seq <= end && found.length + older.length < wanted; ) {
    const [message] = await get({ seq, next_by_subj: ">" })
    if (!message || message.seq > end) break
    older.unshift(message)
    seq = message.seq + 1
  }
  return [...found, ...older].slice(0, limit)
}
