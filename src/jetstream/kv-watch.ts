/**
 * A watch over a KV bucket that does not go blind. The library's own notices a lost consumer only after a while,
 * and after a bucket was deleted and created anew it looks for revisions that never come. So this one is opened
 * anew after every reconnect, and whenever nothing was heard for a while.
 */
import type { StoredMsg } from "@nats-io/jetstream"
import type { KV, KvEntry, KvWatchEntry } from "@nats-io/kv"
import type { NatsConnection, QueuedIterator } from "nats"
import type { Entry, StopWatch, WatchListener } from "../contracts/bucket.js"
import { followConnection } from "../contracts/connection-watch.js"
import { safeListener } from "../contracts/safe-call.js"
import { unawaited } from "../contracts/unawaited.js"
import { Pace } from "../time/pace.js"
import { systemClock } from "../time/system-clock.js"
import { within } from "../time/within.js"

/** A watch that hears nothing for this long is opened anew. A pool with members is never silent so long. */
const SILENCE_MS = 10_000
/** A watch that could not be opened, or that ended, is opened anew after this long. */
const RETRY_MS = 500
/** How long a watch that is being opened may hold up who closes its connection, in ms. */
const OPENING_MS = 1_000
/** Those that are being opened, of each connection. */
const openings = new WeakMap<NatsConnection, Set<Promise<unknown>>>()

/**
 * Resolves when no watch is being opened any more. To be called before `connection` is drained: what the client library can't
 * subscribe to by then has set a timer already, which nobody ends, and which keeps the process alive.
 */
export async function watchesOpened(connection: NatsConnection): Promise<void> {
  const opened = Promise.allSettled(openings.get(connection) ?? [])
  await within(systemClock, OPENING_MS, opened).catch(() => {})
}

function tracked<T>(connection: NatsConnection, watch: Promise<T>): Promise<T> {
  const all = openings.get(connection) ?? new Set()
  openings.set(connection, all.add(watch))
  return watch.finally(() => all.delete(watch))
}

/** Watches the bucket that `kv` returns at the time. Rejects if the first watch can't be opened. */
export async function watchKv(
  connection: NatsConnection,
  kv: () => KV,
  told: WatchListener,
): Promise<StopWatch> {
  const listener = safeListener(told)
  let isStopped = false
  /** Counts openings; one that was overtaken by another is stopped as soon as it is there. */
  let opening = 0
  let current: QueuedIterator<KvWatchEntry> | undefined
  const pace = new Pace({ clock: systemClock, firstMs: RETRY_MS })
  let isReopening = false
  let silence: NodeJS.Timeout | undefined

  /** Opens it anew after a while; at once if it `isUrgent`, unless that has just been done. */
  const reopenLater = async (isUrgent = false) => {
    clearTimeout(silence)
    if (isReopening) return isUrgent && pace.hurry()
    isReopening = true
    const isToBe = await pace.wait({ isUrgent })
    isReopening = false
    if (isToBe) reopen()
  }
  const open = async () => {
    opening += 1
    const own = opening
    const entries = await tracked(connection, kv().watch())
    const { values, streamInfo } = await statusFor(entries)
    if (isStopped || own !== opening) return entries.stop()
    current = entries
    silence = setTimeout(() => unawaited(reopenLater(true)), SILENCE_MS).unref()
    if (values === 0) listener.caughtUp?.()
    const delivered = deliver(entries, values === 0 ? 0 : streamInfo.state.last_seq)
      // What ends it, ends it: it is opened anew.
      .catch(() => {})
      .then(() => {
        if (!isStopped && current === entries) return reopenLater()
      })
    unawaited(delivered)
  }
  const statusFor = async (entries: QueuedIterator<KvWatchEntry>) => {
    try {
      return await kv().status()
    } catch (error) {
      entries.stop()
      throw error
    }
  }
  /** Caught up, unless it is so already, when nothing is pending or all up to the revision `last` was heard. */
  const deliver = async (entries: QueuedIterator<KvWatchEntry>, last = 0) => {
    let isCaughtUp = last === 0
    for await (const entry of entries) {
      if (isStopped || current !== entries) return
      silence?.refresh()
      listener.heard(entryOf(entry))
      // Server 2.9 can count one too many as pending, for ever, when an entry is replaced as the watch begins.
      if (!isCaughtUp && (entry.delta === 0 || entry.revision >= last)) {
        isCaughtUp = true
        listener.caughtUp?.()
      }
    }
  }
  const reopen = () => {
    if (isStopped) return
    current?.stop()
    current = undefined
    listener.restart?.()
    const opened = open().catch(() => {
      if (!isStopped) return reopenLater()
    })
    unawaited(opened)
  }

  await open()
  const stop = () => {
    isStopped = true
    pace.stop()
    clearTimeout(silence)
    current?.stop()
    unfollow()
  }
  // Once it is closed nothing is ever heard again.
  const unfollow = followConnection(
    connection,
    (isUp) => isUp && unawaited(reopenLater(true)),
    stop,
  )
  return stop
}

/** An entry of the client library as ours. */
export function entryOf(entry: KvEntry): Entry {
  return {
    key: entry.key,
    value: entry.value,
    revision: entry.revision,
    writtenMs: entry.created.getTime(),
    deleted: entry.operation !== "PUT",
    evicted: entry.operation === "PURGE",
  }
}

/** A message of the bucket's stream, stored under `key`, as an entry. */
export function storedEntry(key: string, message: StoredMsg): Entry {
  const operation = message.header.get("KV-Operation")
  return {
    key,
    value: message.data,
    revision: message.seq,
    writtenMs: message.time.getTime(),
    deleted: operation === "DEL" || operation === "PURGE",
    evicted: operation === "PURGE",
  }
}
