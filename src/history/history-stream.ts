/**
 * Where the history of a pool is kept: a stream of its own, made by the first who writes, bounded by count and age.
 * Works on server 2.9.
 */
import { jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream"
import { type NatsConnection, nanos, nuid } from "nats"
import { inDomain } from "../contracts/js-domain.js"
import { untilAnswered } from "../contracts/until-answered.js"
import { isNoJetStream, isNoResponders, isStreamNotFound } from "../errors/errors.js"
import type { PoolNames } from "../protocol/names.js"
import { systemClock } from "../time/system-clock.js"
import { within } from "../time/within.js"
import { decodeRecord, encodeRecord, type HistoryRecord, type StoredRecord } from "./records.js"

/** How many records a pool keeps, and for how long. */
const MOST_RECORDS = 10_000
const OLDEST_RECORD_MS = 90 * 24 * 3_600_000
/** How many messages are asked for at once. */
const AT_ONCE = 200
/** How long it is tried to store one record, in ms. */
const STORE_MS = 5_000
/** How long the last records may hold up who closes the connection, for instance while the server is away. */
const LAST_RECORDS_MS = 3_000

/** Writes what is told of the reigns of one pool, one record after another, so that none ends before it began. */
export class HistoryWriter {
  readonly #connection: NatsConnection
  readonly #names: PoolNames
  readonly #replicas: number
  /** Settled when nothing is on its way. */
  #last: Promise<void> = Promise.resolve()

  constructor(connection: NatsConnection, names: PoolNames, replicas: number) {
    this.#connection = connection
    this.#names = names
    this.#replicas = replicas
  }

  /** Resolves when `record` is stored. */
  write(record: HistoryRecord): Promise<void> {
    const id = nuid.next()
    // Sent again where an answer was lost, it is stored once.
    const store = () => this.#store(record, id)
    const written = this.#last.then(() => untilAnswered(systemClock, STORE_MS, store))
    this.#last = written.catch(() => {})
    return written
  }

  /** Resolves when nothing is on its way any more, or nobody answers. To be called before the connection is closed. */
  async settled(): Promise<void> {
    await within(systemClock, LAST_RECORDS_MS, this.#last).catch(() => {})
  }

  /** Makes the stream if there is none. */
  async #store(record: HistoryRecord, id: string): Promise<void> {
    const { history, historyStream } = this.#names
    const js = jetstream(this.#connection, inDomain(this.#connection))
    const options = { expect: { streamName: historyStream }, msgID: id }
    const publish = () => js.publish(history, encodeRecord(record), options)
    try {
      await publish()
    } catch (error) {
      if (!isNoResponders(error) && !isNoJetStream(error) && !isStreamNotFound(error)) throw error
      const { streams } = await jetstreamManager(this.#connection, inDomain(this.#connection))
      await streams.add({
        name: historyStream,
        subjects: [history],
        storage: StorageType.File,
        num_replicas: this.#replicas,
        max_msgs: MOST_RECORDS,
        max_age: nanos(OLDEST_RECORD_MS),
      })
      await publish()
    }
  }
}

/** The last `limit` records, the earliest first; none where there is no stream. */
export async function readHistory(
  connection: NatsConnection,
  names: PoolNames,
  limit: number,
): Promise<StoredRecord[]> {
  const manager = await jetstreamManager(connection, inDomain(connection))
  const { streams } = manager
  let state: { first_seq: number; last_seq: number }
  try {
    state = (await streams.info(names.historyStream)).state
  } catch (error) {
    if (isStreamNotFound(error)) return []
    throw error
  }
  const found: StoredRecord[] = []
  const first = Math.max(state.first_seq, state.last_seq - limit + 1, 1)
  for (let from = first; from <= state.last_seq; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, state.last_seq - from + 1)
    const asked = Array.from({ length: count }, (_, n) =>
      streams.getMessage(names.historyStream, { seq: from + n }),
    )
    for (const message of await Promise.all(asked)) {
      const record = message && decodeRecord(message.data)
      if (record) found.push({ record, storedMs: message.time.getTime() })
    }
  }
  return found
}
