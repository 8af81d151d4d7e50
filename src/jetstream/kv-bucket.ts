/**
 * The bucket on JetStream KV: history 1, file storage so that terms survive a restart of the server, one TTL
 * for all entries. Nothing depends on per-key TTL or on marks of expiry, so any server from 2.9 on will do.
 * A bucket that was deleted is created anew by the next write, and its revisions go on where they were.
 */
import { jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream"
import { type KV, Kvm } from "@nats-io/kv"
import type { NatsConnection } from "nats"
import type { Adjustment, Bucket, Entry, StopWatch, WatchListener } from "../contracts/bucket.js"
import { inDomain } from "../contracts/js-domain.js"
import {
  isNoJetStream,
  isStreamNotFound,
  isWrongLastSequence,
  RevisionMismatch,
} from "../errors/errors.js"
import { isNameInUse } from "../errors/nats-errors.js"
import type { Timings } from "../lease/timings.js"
import { MAX_ENTRY_BYTES, refusalOf } from "./bucket-flaws.js"
import { fit, streamOf } from "./bucket-settings.js"
import { entryOf, storedEntry, watchKv } from "./kv-watch.js"
import { recreateBucket } from "./recreate-bucket.js"

/** How long the entries of a bucket may take to come, in ms; JetStream itself may take as long for any answer. */
export const ANSWER_MS = 5_000
/** How often they are asked for in that time, if nothing comes. */
const LISTINGS = 3

/**
 * Opens the bucket `name`, creating it if need be. Settings of an existing one that would break the pool are
 * adjusted, and each is reported. Throws NoJetStream where there is none.
 */
export async function openKvBucket(
  connection: NatsConnection,
  name: string,
  timings: Pick<Timings, "memberTtlMs" | "replicas">,
  report: (adjustment: Adjustment) => void = () => {},
): Promise<Bucket> {
  const wanted = { ttlMs: timings.memberTtlMs, replicas: timings.replicas, history: 1 }
  const create = () =>
    kvOver(connection).create(name, {
      history: 1,
      ttl: wanted.ttlMs,
      replicas: wanted.replicas,
      storage: StorageType.File,
      maxValueSize: MAX_ENTRY_BYTES,
    })
  const open = async (known = 0) => {
    try {
      if (known > 0 && !(await streamOf(connection, name))) {
        await recreateBucket(connection, { name, ...wanted, maxEntryBytes: MAX_ENTRY_BYTES, known })
      }
      const kv = await create().catch((error) => {
        // Somebody has just made it, above what was known to him.
        if (isNameInUse(error)) return create()
        throw error
      })
      const stream = await streamOf(connection, name)
      if (stream) await fit(connection, name, stream, wanted, report)
      return kv
    } catch (error) {
      throw refusalOf(name, connection.getServer(), error)
    }
  }
  return new KvBucket({ connection, name, kv: await open(), reopen: open, isDecisive: true })
}

/** Opens the bucket `name` as it is, for those who only look; undefined if there is none. */
export async function findKvBucket(
  connection: NatsConnection,
  name: string,
): Promise<Bucket | undefined> {
  const stream = await streamOf(connection, name)
  if (!stream) return undefined
  const kv = await kvOver(connection).open(name, { allow_direct: stream.config.allow_direct })
  return new KvBucket({ connection, name, kv, reopen: async () => kv, isDecisive: false })
}

interface KvBucketOptions {
  readonly connection: NatsConnection
  readonly name: string
  readonly kv: KV
  readonly reopen: (known: number) => Promise<KV>
  /**
   * Whether something is decided by what is read: then the stream's leader is asked. Any replica answers a direct get,
   * also one that lags; but it answers those who only look while there is no leader.
   */
  readonly isDecisive: boolean
}

function kvOver(connection: NatsConnection): Kvm {
  return new Kvm(jetstream(connection, inDomain(connection)))
}

class KvBucket implements Bucket {
  readonly #connection: NatsConnection
  readonly #name: string
  readonly #reopen: (known: number) => Promise<KV>
  readonly #isDecisive: boolean
  #kv: KV
  /** The highest revision heard of. */
  #known = 0

  constructor({ connection, name, kv, reopen, isDecisive }: KvBucketOptions) {
    this.#connection = connection
    this.#name = name
    this.#kv = kv
    this.#reopen = reopen
    this.#isDecisive = isDecisive
  }

  async get(key: string): Promise<Entry | undefined> {
    try {
      const entry = this.#isDecisive ? await this.#ofLeader(key) : await this.#ofAny(key)
      if (entry) this.reached(entry.revision)
      return entry
    } catch (error) {
      // A direct get from a bucket that was deleted meets nobody: ask whether that is why.
      if (isStreamNotFound(error)) return undefined
      const stream = await streamOf(this.#connection, this.#name)
      if (!stream) return undefined
      throw error
    }
  }

  async #ofLeader(key: string): Promise<Entry | undefined> {
    const { streams } = await jetstreamManager(
      this.#connection,
      inDomain(this.#connection, { checkAPI: false }),
    )
    const message = await streams.getMessage(`KV_${this.#name}`, {
      last_by_subj: `$KV.${this.#name}.${key}`,
    })
    return message ? storedEntry(key, message) : undefined
  }

  async #ofAny(key: string): Promise<Entry | undefined> {
    const entry = await this.#kv.get(key)
    return entry ? entryOf(entry) : undefined
  }

  write(key: string, value: Uint8Array, over: number): Promise<number> {
    // Not `create`: over a deletion's mark it falls back to what it reads there, which may be of the past.
    return this.#write(key, over, () => this.#kv.put(key, value, { previousSeq: over }))
  }

  put(key: string, value: Uint8Array): Promise<number> {
    return this.#write(key, 0, () => this.#kv.put(key, value))
  }

  /** A kind leave deletes, an eviction purges: the two marks of KV tell one from the other. */
  remove(key: string, over: number, evicts = false): Promise<void> {
    return this.#change(key, over, () =>
      evicts
        ? this.#kv.purge(key, { previousSeq: over })
        : this.#kv.delete(key, { previousSeq: over }),
    )
  }

  async keys(): Promise<string[]> {
    const subjects = `$KV.${this.#name}.`
    const manager = await jetstreamManager(
      this.#connection,
      inDomain(this.#connection, { checkAPI: false }),
    )
    const options = { subjects_filter: `${subjects}>` }
    const { state } = await manager.streams.info(`KV_${this.#name}`, options)
    const keys = Object.keys(state.subjects ?? {}).map((subject) => subject.slice(subjects.length))
    return keys.sort()
  }

  /** A watch may be put on a server that was cut off, and then nothing comes; the next one is put anew. */
  async entries(): Promise<Entry[]> {
    for (let tries = 0; tries < LISTINGS; tries++) {
      const found = await this.#list(ANSWER_MS / LISTINGS)
      if (found) return found.sort((a, b) => (a.key < b.key ? -1 : 1))
    }
    throw new Error("the bucket does not answer")
  }

  /** Undefined if nothing comes for so long. */
  async #list(silenceMs: number): Promise<Entry[] | undefined> {
    const found: Entry[] = []
    let watching: Promise<StopWatch> | undefined
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise((resolve, reject) => {
        timer = setTimeout(() => resolve(undefined), silenceMs)
        const heard = (entry: Entry) => {
          timer?.refresh()
          if (!entry.deleted) found.push(entry)
        }
        const restart = () => {
          found.length = 0
        }
        watching = this.watch({ heard, restart, caughtUp: () => resolve(found) })
        watching.catch(reject)
      })
    } finally {
      clearTimeout(timer)
      // It may catch up before it is there.
      watching?.then(
        (stop) => stop(),
        () => {},
      )
    }
  }

  async watch(listener: WatchListener): Promise<StopWatch> {
    const heard = (entry: Entry) => {
      this.reached(entry.revision)
      listener.heard(entry)
    }
    return watchKv(this.#connection, () => this.#kv, {
      heard,
      caughtUp: () => listener.caughtUp?.(),
      restart: () => listener.restart?.(),
    })
  }

  reached(revision: number): void {
    this.#known = Math.max(this.#known, revision)
  }

  async #write(key: string, over: number, change: () => Promise<number>): Promise<number> {
    const revision = await this.#change(key, over, change)
    this.reached(revision)
    return revision
  }

  async #change<T>(key: string, over: number, change: () => Promise<T>): Promise<T> {
    try {
      try {
        return await change()
      } catch (error) {
        if (!isNoJetStream(error) && !isStreamNotFound(error)) throw error
        this.#kv = await this.#reopen(this.#known)
        return await change()
      }
    } catch (error) {
      throw isWrongLastSequence(error) ? new RevisionMismatch(key, over, { cause: error }) : error
    }
  }
}
