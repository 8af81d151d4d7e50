/** The store of jobs as one process has it, over its link: whatever it asks for may be late or lost, and so may the answer. */

import { LEASE_MS } from "../../../src/jobs/contract/job-limits.js"
import type { StoredMessage } from "../../../src/jobs/contract/job-record.js"
import type {
  Delivery,
  JobAbilities,
  JobSource,
  JobStore,
  JobStream,
  PairedFirst,
  QueueCounts,
  SourceOptions,
  ToStore,
} from "../../../src/jobs/contract/job-store.js"
import type { Settlement } from "../../../src/jobs/contract/settlement.js"
import { WAITS } from "../../../src/jobs/store/pull-lane.js"
import { Pulse } from "../../../src/jobs/store/pulse.js"
import type { Link } from "../link.js"
import type { Timeline } from "../timeline.js"
import type { JobServer } from "./job-server.js"

const ANSWER_MS = 5_000
const SILENCE_MS = 100

/** As the client library has it. */
class TimeoutError extends Error {
  override readonly name = "TimeoutError"
}

export class LinkedStore implements JobStore {
  readonly abilities: JobAbilities
  readonly maxPayload = 1_000_000
  readonly #link: Link
  readonly #server: JobServer
  readonly #timeline: Timeline
  readonly #skewMs: number
  readonly #sources = new Set<LinkedSource>()
  #isUp = true
  #pulse: Pulse | undefined

  constructor(link: Link, server: JobServer, timeline: Timeline, skewMs: number) {
    this.#link = link
    this.#server = server
    this.#timeline = timeline
    this.#skewMs = skewMs
    this.abilities = server.abilities
    link.onConnection = (isUp) => {
      this.#isUp = isUp
      for (const source of this.#sources) if (isUp) source.open()
    }
    link.onDropped = () => {
      for (const source of this.#sources) source.dropped()
    }
  }

  get isUp(): boolean {
    return this.#isUp
  }

  nowMs(): number {
    return this.#server.wallMs + this.#skewMs
  }

  store(message: ToStore): Promise<{ readonly seq: number }> {
    const sentMs = this.#timeline.nowMs
    return this.#ask(() => this.#server.put(message, sentMs), message.timeoutMs)
  }

  storePair(first: PairedFirst, second: ToStore): Promise<{ readonly seq: number }> {
    const sentMs = this.#timeline.nowMs
    return this.#ask(() => this.#server.putPair(first, second, sentMs), second.timeoutMs)
  }

  async source(options: SourceOptions): Promise<JobSource> {
    this.#pulse ??= new Pulse(this.#link.machine, () => this.#ping())
    this.#pulse.keepUpWith(options.leaseMs ?? LEASE_MS)
    const source = new LinkedSource(this.#link, this.#server, options, this.#pulse, this.#timeline)
    this.#sources.add(source)
    source.open()
    return source
  }

  settle(ticket: string, how: Settlement): boolean {
    if (!this.#isUp) return false
    this.send(ticket, how)
    return true
  }

  /** Sent off, or kept until there is a connection: that it comes late then is no affair of the network. */
  send(ticket: string, how: Settlement): void {
    const sentMs = this.#isUp ? this.#timeline.nowMs : Number.POSITIVE_INFINITY
    this.#link.up(() => void this.#server.settle(ticket, how, sentMs), true)
  }

  confirm(ticket: string): Promise<void> {
    if (!this.#isUp) return Promise.reject(new TimeoutError("timeout"))
    const sentMs = this.#timeline.nowMs
    return this.#ask(() => this.#server.settle(ticket, "done", sentMs))
  }

  renew(ticket: string): Promise<void> {
    return this.#ask(() => this.#server.store.renew(ticket))
  }

  last(stream: JobStream, subject: string): Promise<StoredMessage | undefined> {
    return this.#ask(() => this.#server.store.last(stream, subject))
  }

  at(stream: JobStream, seq: number): Promise<StoredMessage | undefined> {
    return this.#ask(() => this.#server.store.at(stream, seq))
  }

  remove(stream: JobStream, seq: number): Promise<boolean> {
    return this.#ask(() => this.#server.store.remove(stream, seq))
  }

  list(stream: JobStream, subject: string, limit: number): Promise<StoredMessage[]> {
    return this.#ask(() => this.#server.store.list(stream, subject, limit))
  }

  newest(stream: JobStream, limit: number): Promise<StoredMessage[]> {
    return this.#ask(() => this.#server.store.newest(stream, limit))
  }

  counts(): Promise<QueueCounts[]> {
    return this.#ask(() => this.#server.store.counts())
  }

  pause(queue: string, untilMs: number): Promise<boolean> {
    return this.#ask(() => this.#server.store.pause(queue, untilMs))
  }

  #ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      // On a connection that is lost it never comes; the library says so then.
      const cancel = this.#link.machine.after(ANSWER_MS, () => reject(new TimeoutError("timeout")))
      this.#link.up(() =>
        this.#link.down(() => {
          cancel()
          resolve()
        }),
      )
    })
  }

  #ask<T>(act: () => Promise<T>, timeoutMs = ANSWER_MS): Promise<T> {
    const link = this.#link
    return new Promise((resolve, reject) => {
      const cancel = link.machine.after(timeoutMs, () => reject(new TimeoutError("timeout")))
      const answer = (settle: () => void) =>
        link.down(() => {
          cancel()
          settle()
        }, true)
      link.up(() => {
        act().then(
          (value) => answer(() => resolve(value)),
          (error) => answer(() => reject(error)),
        )
      }, true)
    })
  }
}

/** A request for jobs that waits at the server. */
interface Pull {
  left: number
}

/** A source as the server has it, over one connection. */
interface Remote {
  source?: JobSource
  readonly pulls: Set<Pull>
  looked: number
  isOver: boolean
}

/** What one worker gets from the consumer: so many as it asked for, and asked for anew over each connection. */
class LinkedSource implements JobSource {
  readonly leaseMs: number
  readonly #link: Link
  readonly #server: JobServer
  readonly #options: SourceOptions
  readonly #pulse: Pulse
  readonly #timeline: Timeline
  /** As the server has it. */
  #remote: Remote = newRemote(true)
  #wanted = 0
  #asked = 0
  #isLooking = false
  #isClosed = false

  constructor(
    link: Link,
    server: JobServer,
    options: SourceOptions,
    pulse: Pulse,
    timeline: Timeline,
  ) {
    this.#link = link
    this.#server = server
    this.#options = options
    this.#pulse = pulse
    this.#timeline = timeline
    this.leaseMs = options.leaseMs ?? LEASE_MS
  }

  get asked(): number {
    return this.#asked
  }

  open(): void {
    if (this.#isClosed) return
    const remote = newRemote(false)
    this.#remote = remote
    this.#asked = 0
    this.#link.up(() => {
      if (remote.isOver) return
      const sendOff = (delivery: Delivery) => {
        const isLooked = remote.looked > 0
        if (isLooked) remote.looked -= 1
        else served(remote)
        this.#link.down(() => this.#heard(remote, delivery, isLooked))
      }
      void this.#server.source(this.#options, sendOff).then((source) => {
        if (remote.isOver) return source.close()
        remote.source = source
        source.want(wantedBy(remote))
      })
    })
    this.want(this.#wanted)
  }

  want(count: number): void {
    this.#wanted = count
    const missing = count - this.#asked
    if (missing <= 0 || this.#isClosed) return
    this.#asked += missing
    const remote = this.#remote
    const pull: Pull = { left: missing }
    this.#link.up(() => {
      remote.pulls.add(pull)
      remote.source?.want(wantedBy(remote))
      this.#timeline.at(this.#timeline.nowMs + this.leaseMs * WAITS, () =>
        this.#expired(remote, pull),
      )
    })
  }

  /** Nobody pauses here: what was asked for may come still. */
  release(): void {
    this.want(0)
  }

  async look(count: number): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    const remote = this.#remote
    await new Promise<void>((over) => {
      const cancel = this.#link.machine.after(SILENCE_MS, over)
      this.#link.up(() => {
        remote.looked = count
        void remote.source?.look(count).then(() => {
          remote.looked = 0
          this.#link.down(() => {
            cancel()
            over()
          })
        })
      })
    })
    this.#isLooking = false
  }

  close(): Promise<void> {
    this.#isClosed = true
    const remote = this.#remote
    return new Promise((closed) => {
      const cancel = this.#link.machine.after(ANSWER_MS, closed)
      this.#link.up(() => {
        end(remote)
        this.#link.down(() => {
          cancel()
          closed()
        })
      })
    })
  }

  /** The server has seen that the connection is gone. */
  dropped(): void {
    end(this.#remote)
  }

  /** The server says that it has waited for long enough. */
  #expired(remote: Remote, pull: Pull): void {
    if (!remote.pulls.delete(pull) || remote.isOver) return
    remote.source?.want(wantedBy(remote))
    this.#link.down(() => {
      if (remote !== this.#remote) return
      this.#asked -= pull.left
      this.want(this.#wanted)
    })
  }

  #heard(remote: Remote, delivery: Delivery, isLooked: boolean): void {
    if (remote !== this.#remote) return
    if (!isLooked) {
      this.#asked -= 1
      this.#wanted = Math.max(0, this.#wanted - 1)
    }
    this.#options.heard({ ...delivery, after: this.#pulse.since })
  }
}

function newRemote(isOver: boolean): Remote {
  return { pulls: new Set(), looked: 0, isOver }
}

function wantedBy({ pulls }: Remote): number {
  return [...pulls].reduce((sum, { left }) => sum + left, 0)
}

/** One that was wanted is sent off. */
function served({ pulls }: Remote): void {
  const [oldest] = pulls
  if (!oldest) return
  oldest.left -= 1
  if (oldest.left === 0) pulls.delete(oldest)
}

function end(remote: Remote): void {
  remote.isOver = true
  void remote.source?.close()
}
