/**
 * The bucket inside one process: for pools without a server, and for the simulation. Entries expire as on a
 * server of version 2.9: they are gone, and no watcher is told.
 */
import type { Adjustment, Bucket, Entry, StopWatch, WatchListener } from "../contracts/bucket.js"
import { safeListener } from "../contracts/safe-call.js"
import { RevisionMismatch } from "../errors/errors.js"
import type { Clock } from "../time/clock.js"

export class MemoryBucket implements Bucket {
  readonly #clock: Clock
  #ttlMs: number
  readonly #entries = new Map<string, Entry>()
  readonly #listeners = new Set<WatchListener>()
  #revision = 0

  constructor(clock: Clock, ttlMs: number) {
    this.#clock = clock
    this.#ttlMs = ttlMs
  }

  async get(key: string): Promise<Entry | undefined> {
    const entry = this.#last(key)
    return entry && copyOf(entry)
  }

  async write(key: string, value: Uint8Array, over: number): Promise<number> {
    this.#compare(key, over)
    return this.#append(key, value, false)
  }

  async put(key: string, value: Uint8Array): Promise<number> {
    return this.#append(key, value, false)
  }

  async remove(key: string, over: number, evicted = false): Promise<void> {
    this.#compare(key, over)
    this.#append(key, new Uint8Array(), true, evicted)
  }

  async keys(): Promise<string[]> {
    return this.#standing().map(({ key }) => key)
  }

  async entries(): Promise<Entry[]> {
    return this.#standing()
      .filter(({ deleted }) => !deleted)
      .map(copyOf)
  }

  async watch(listener: WatchListener): Promise<StopWatch> {
    const quiet = safeListener(listener)
    for (const entry of this.#standing()) quiet.heard(copyOf(entry))
    quiet.caughtUp?.()
    this.#listeners.add(quiet)
    return () => this.#listeners.delete(quiet)
  }

  /** Takes this ttl, as a bucket on a server does of who opens it; tells what was adjusted. */
  adjust(ttlMs: number, report: (adjustment: Adjustment) => void): void {
    if (ttlMs === this.#ttlMs) return
    report({ setting: "ttlMs", was: this.#ttlMs, is: ttlMs })
    this.#ttlMs = ttlMs
  }

  /**
   * Forgets everything, as `nats kv purge` does. Revisions go `back` by so many: by Infinity in a bucket that is
   * deleted and made anew, by a few in one that comes from a backup.
   */
  wipe(back = 0): void {
    this.#entries.clear()
    this.#revision = Math.max(0, this.#revision - back)
  }

  #compare(key: string, over: number): void {
    if ((this.#last(key)?.revision ?? 0) !== over) throw new RevisionMismatch(key, over)
  }

  #append(key: string, value: Uint8Array, deleted: boolean, evicted = false): number {
    this.#revision += 1
    const writtenMs = this.#clock.now().wallMs
    const of = { key, revision: this.#revision, writtenMs }
    const entry = { ...of, value: new Uint8Array(value), deleted, evicted }
    this.#entries.set(key, entry)
    for (const listener of this.#listeners) listener.heard(copyOf(entry))
    return entry.revision
  }

  #last(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (!entry || this.#clock.now().wallMs - entry.writtenMs < this.#ttlMs) return entry
    this.#entries.delete(key)
    return undefined
  }

  /** What stands under each key, marks of deletion too. */
  #standing(): Entry[] {
    const keys = [...this.#entries.keys()].sort()
    return keys.map((key) => this.#last(key)).filter((entry) => entry !== undefined)
  }
}

/** Nobody can write to what stands in the bucket. */
function copyOf(entry: Entry): Entry {
  return { ...entry, value: new Uint8Array(entry.value) }
}
