/**
 * The bucket as one process sees it over its link: requests that take time, get lost, are given up after a while
 * without anybody knowing what came of them, or are refused at once while JetStream has no leader.
 */
import type { Bucket, Entry, StopWatch, WatchListener } from "../../src/contracts/bucket.js"
import type { Link } from "./link.js"
import type { VirtualServer } from "./virtual-server.js"

/** How long the client waits for JetStream, in ms. */
export const ANSWER_MS = 5_000
/** What is told of a write takes this long at most, on a good network. */
const TELLING_MS = 10

interface Watching {
  readonly listener: WatchListener
  /** What the server knows; another one after each reconnect. */
  remote: WatchListener | undefined
}

export class VirtualBucket implements Bucket {
  readonly #link: Link
  readonly #server: VirtualServer
  readonly #watching = new Set<Watching>()
  /** How many writes to a key have not been answered. */
  readonly #unanswered = new Map<string, number>()
  /** When the last write to a key was answered. */
  readonly #answeredMs = new Map<string, number>()
  /** Told of each write before it leaves. */
  onWrite: (key: string) => void = () => {}

  constructor(link: Link, server: VirtualServer) {
    this.#link = link
    this.#server = server
  }

  get(key: string): Promise<Entry | undefined> {
    return this.#ask(() => this.#server.read(this.#link, key))
  }

  /** Whether a write to `key` has not been answered, or was so just now: then it can't have been told to all. */
  isWriting(key: string): boolean {
    const sinceMs = this.#server.nowMs - (this.#answeredMs.get(key) ?? Number.NEGATIVE_INFINITY)
    return (this.#unanswered.get(key) ?? 0) > 0 || sinceMs <= TELLING_MS
  }

  async write(key: string, value: Uint8Array, over: number): Promise<number> {
    this.onWrite(key)
    const count = (by: number) => this.#unanswered.set(key, (this.#unanswered.get(key) ?? 0) + by)
    count(1)
    try {
      return await this.#ask(() => this.#server.bucket.write(key, value, over))
    } finally {
      count(-1)
      this.#answeredMs.set(key, this.#server.nowMs)
    }
  }

  put(key: string, value: Uint8Array): Promise<number> {
    return this.#ask(() => this.#server.bucket.put(key, value))
  }

  remove(key: string, over: number): Promise<void> {
    return this.#ask(() => this.#server.bucket.remove(key, over))
  }

  keys(): Promise<string[]> {
    return this.#ask(() => this.#server.bucket.keys())
  }

  entries(): Promise<Entry[]> {
    return this.#ask(() => this.#server.bucket.entries())
  }

  async watch(listener: WatchListener): Promise<StopWatch> {
    const watching: Watching = { listener, remote: undefined }
    await this.#ask(async () => {})
    this.#open(watching)
    this.#watching.add(watching)
    return () => {
      this.#watching.delete(watching)
      this.#close(watching)
    }
  }

  /** The server has lost the connection. */
  dropped(): void {
    for (const watching of this.#watching) this.#close(watching)
  }

  /** A new connection stands. */
  reconnected(): void {
    for (const watching of this.#watching) this.#open(watching)
  }

  #open(watching: Watching): void {
    const { listener } = watching
    let isAgain = watching.remote !== undefined
    const down = (deliver: () => void) =>
      this.#link.down(() => {
        if (!this.#watching.has(watching) || watching.remote !== remote) return
        if (isAgain) listener.restart?.()
        isAgain = false
        deliver()
      })
    const remote: WatchListener = {
      heard: (entry) => down(() => listener.heard(entry)),
      caughtUp: () => down(() => listener.caughtUp?.()),
    }
    watching.remote = remote
    this.#link.up(() => {
      if (this.#watching.has(watching) && watching.remote === remote) this.#server.watch(remote)
    })
  }

  #close({ remote }: Watching): void {
    if (remote) this.#server.unwatch(remote)
  }

  #ask<T>(handle: () => Promise<T>): Promise<T> {
    const link = this.#link
    const askedMs = this.#server.nowMs
    return new Promise((resolve, reject) => {
      const cancel = link.machine.after(ANSWER_MS, () =>
        reject(named("TimeoutError", "JetStream did not answer")),
      )
      const answer = (settle: () => void) =>
        link.down(() => {
          cancel()
          settle()
        }, true)
      link.up(() => {
        if (this.#server.refuses(link, askedMs))
          return answer(() => reject(named("NoResponders", "no responders")))
        handle().then(
          (value) => this.#server.inCluster(() => answer(() => resolve(value))),
          (error) => this.#server.inCluster(() => answer(() => reject(error))),
        )
      }, true)
    })
  }
}

/** As the client of NATS names it. */
function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}
