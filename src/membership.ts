/**
 * A member's own entry: written when it joins, renewed while it stays, deleted when it leaves. Its place in the
 * line is its start time on the server's clock, so a machine with a wrong clock neither jumps the queue nor waits
 * for ever.
 */
import type { Bucket } from "./bucket.js"
import type { Cancel, Clock } from "./clock.js"
import { RevisionMismatch } from "./errors.js"
import { decodeMember, encodeMember, type Member, memberKey } from "./member.js"
import { CLOCK_KEY } from "./names.js"

/** What a member says about itself; key and start are found when it joins. */
export type SelfPortrait = Omit<Member, "key" | "start">

export interface MembershipOptions {
  readonly bucket: Bucket
  readonly clock: Clock
  readonly beatMs: number
  /** Asked before each renewal. */
  readonly portrait: () => SelfPortrait
  /** Told when something needs saying: a renewal failed, a key was taken by somebody else. */
  readonly report: (problem: string, error?: unknown) => void
}

const NOTHING = new Uint8Array()

export class Membership {
  readonly #options: MembershipOptions
  #start = 0
  #key = ""
  #revision = 0
  #cancelBeat: Cancel | undefined
  #isLeft = false
  /** Writes follow one another. */
  #writing: Promise<void> = Promise.resolve()

  constructor(options: MembershipOptions) {
    this.#options = options
  }

  /** `<start>.<name>`; empty before joining. */
  get key(): string {
    return this.#key
  }

  /** Microseconds since 1970 on the server's clock; 0 before joining. */
  get start(): number {
    return this.#start
  }

  get member(): Member {
    return { ...this.#options.portrait(), key: this.#key, start: this.#start }
  }

  /** Learns the server's clock and creates the entry. */
  async join(): Promise<void> {
    this.#start = await this.#serverMicros()
    await this.#create()
    this.#beatLater()
  }

  /** Writes the entry now, because something in it changed. Never rejects; what fails is reported. */
  renew(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#renew())
    return this.#writing
  }

  /** Deletes the entry, if it is still this member's. */
  async leave(): Promise<void> {
    this.#isLeft = true
    this.#cancelBeat?.()
    await this.#writing
    if (this.#revision === 0) return
    try {
      await this.#options.bucket.remove(this.#key, this.#revision)
    } catch (error) {
      this.#options.report("the entry could not be deleted; it will expire", error)
    }
  }

  async #serverMicros(): Promise<number> {
    const { bucket, clock } = this.#options
    const before = clock.now()
    const revision = await bucket.put(CLOCK_KEY, NOTHING)
    let entry = await bucket.get(CLOCK_KEY)
    // A replica may lag behind; a later write, by another joiner, says the time as well.
    while (!entry || entry.revision < revision) entry = await bucket.get(CLOCK_KEY)
    const tookMs = (clock.now().monoMs - before.monoMs) / 2
    return Math.round((entry.writtenMs - tookMs) * 1000)
  }

  async #create(): Promise<void> {
    const { bucket, portrait } = this.#options
    for (;;) {
      this.#key = memberKey(this.#start, portrait().name)
      try {
        this.#revision = await bucket.write(this.#key, encodeMember(this.member), 0)
        return
      } catch (error) {
        if (!(error instanceof RevisionMismatch)) throw error
        if (await this.#adopt()) return
        this.#start += 1
      }
    }
  }

  /** Takes over the revision under the key if the entry is one's own: an acknowledgement was lost. */
  async #adopt(): Promise<boolean> {
    const entry = await this.#options.bucket.get(this.#key)
    if (!entry || entry.deleted) {
      this.#revision = 0
      return false
    }
    try {
      if (decodeMember(entry.key, entry.value).id !== this.#options.portrait().id) return false
    } catch {
      return false
    }
    this.#revision = entry.revision
    return true
  }

  async #renew(): Promise<void> {
    const { bucket, report } = this.#options
    if (this.#isLeft || this.#key === "") return
    try {
      this.#revision = await bucket.write(this.#key, encodeMember(this.member), this.#revision)
    } catch (error) {
      if (!(error instanceof RevisionMismatch)) return report("the entry was not renewed", error)
      await this.#recover().catch((cause) => report("the entry was not renewed", cause))
    }
  }

  async #recover(): Promise<void> {
    if (await this.#adopt()) return
    if (this.#revision !== 0) {
      this.#options.report(`somebody else wrote the entry ${this.#key}; taking a new one`)
      this.#start += 1
    }
    await this.#create()
  }

  #beatLater(): void {
    const { clock, beatMs } = this.#options
    this.#cancelBeat = clock.after(beatMs, () => {
      this.renew()
      if (!this.#isLeft) this.#beatLater()
    })
  }
}
