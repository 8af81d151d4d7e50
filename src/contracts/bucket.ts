/**
 * The contract of a pool's bucket: keys with revisions that only grow, and one compare-and-set on which
 * the whole election rests. `kv-bucket.ts` keeps it on JetStream KV, `memory-bucket.ts` in one process.
 */

/** The last thing written under a key. */
export interface Entry {
  readonly key: string
  readonly value: Uint8Array
  /** Grows with every write to the bucket. */
  readonly revision: number
  /** When it was written, in milliseconds since 1970, on the server's clock. */
  readonly writtenMs: number
  /** Whether this is the mark that a deletion left. */
  readonly deleted: boolean
  /** Of a deletion's mark: it was done by somebody else, for one that died. */
  readonly evicted?: boolean
}

/** Ends a watch; harmless afterwards. */
export type StopWatch = () => void

/** Where a pool keeps its members and its claim. */
export interface Bucket {
  /** The last entry under `key`, a deletion's mark included. May be stale: never decide by it alone. */
  get(key: string): Promise<Entry | undefined>

  /**
   * Writes `value` if the last revision of `key` is `over`, and returns the new revision. A deletion's mark has a
   * revision like any other; 0 means that there is nothing, not even that. Throws RevisionMismatch if it was
   * refused. Any other error leaves open whether it was written.
   */
  write(key: string, value: Uint8Array, over: number): Promise<number>

  /** Writes `value` whatever was there; returns the revision. */
  put(key: string, value: Uint8Array): Promise<number>

  /**
   * Deletes `key` if its last revision is `over`. `evicts` tells whoever watches that its owner died. Throws
   * RevisionMismatch if it was refused.
   */
  remove(key: string, over: number, evicts?: boolean): Promise<void>

  /**
   * All keys, those of deletions' marks too, in their order: one answer, however many there are. May be stale.
   */
  keys(): Promise<string[]>

  /** Every live entry, in the order of the keys. */
  entries(): Promise<Entry[]>

  /**
   * Calls `heard` for every live entry, then `caughtUp` once, then `heard` for every change. If the source is
   * lost it is opened anew and all live entries come again between `restart` and `caughtUp`.
   */
  watch(listener: WatchListener): Promise<StopWatch>

  /** Somebody told of a write at `revision`: a bucket that has to be made anew begins above it, where that can be had. */
  reached?(revision: number): void
}

/** Who listens to a watch. */
export interface WatchListener {
  heard(entry: Entry): void
  caughtUp?(): void
  /** The source was lost; what follows until `caughtUp` is everything that lives now. */
  restart?(): void
}

/** The settings of a bucket that a pool depends on. */
export interface BucketSettings {
  readonly ttlMs: number
  readonly replicas: number
  readonly history: number
}

/** A bucket that existed with other settings than the pool's; they were adjusted. */
export interface Adjustment {
  readonly setting: keyof BucketSettings
  readonly was: number
  readonly is: number
}
