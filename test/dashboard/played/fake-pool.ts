/**
 * A pool that exists only in memory, for tests and pictures of the screen. Its members live by
 * the rules of the protocol and with its timings, but nothing here elects anything: it plays what would be seen.
 */

import type { Ending, PoolEvent } from "../../../src/dashboard/world/source.js"
import type { Claim } from "../../../src/protocol/claim.js"
import {
  bySeniority,
  MEMBER_VERSION,
  type Member,
  type MemberState,
  memberKey,
} from "../../../src/protocol/member.js"
import { oldest } from "../../../src/strategies/built-in-strategies.js"
import { NO_SURROUNDINGS } from "../../../src/strategies/strategy.js"
import type { Cancel, Clock } from "../../../src/time/clock.js"

export const LEASE_MS = 2000
export const TTL_MS = 6000
const RENEW_MS = LEASE_MS / 4
const BEAT_MS = TTL_MS / 3

export interface FakeMember {
  member: Member
  isFrozen: boolean
  tracked: number
  stopBeat: Cancel
  /** Drops its entry when it has been silent for too long. */
  stopExpiry: Cancel
}

export interface FakeStart {
  readonly name: string
  readonly host?: string
  readonly control?: boolean
  /** How long it has been running already. */
  readonly agoMs?: number
  /** Default `ready`. */
  readonly state?: MemberState
  /** Name of the server that it is connected to. */
  readonly server?: string
}

export class FakePool {
  readonly members = new Map<string, FakeMember>()
  claim: { readonly claim: Claim; readonly revision: number } | undefined
  tell: (event: PoolEvent) => void = () => {}
  readonly #clock: Clock
  readonly #random: () => number
  #revision = 0
  #ids = 0
  #turn = 0
  #stopRenewing: Cancel = () => {}
  #stopLapse: Cancel = () => {}

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock
    this.#random = random
  }

  /** A new member; if nobody leads and nobody is about to, it does. */
  join({
    name,
    host = "atlas",
    control = true,
    agoMs = 0,
    state = "ready",
    server,
  }: FakeStart): FakeMember {
    const start = Math.round((this.#clock.now().wallMs - agoMs) * 1000)
    const member: Member = {
      key: memberKey(start, name),
      id: `${name}-${++this.#ids}`,
      name,
      host,
      pid: 48_200 + this.#ids * 7,
      start,
      eligible: true,
      weight: 1,
      labels: {},
      state,
      counters: { done: 0, failed: 0, busy: 0 },
      control,
      ...(server !== undefined && { server }),
      version: MEMBER_VERSION,
    }
    const one = { member, isFrozen: false, tracked: 0, stopBeat() {}, stopExpiry() {} }
    this.members.set(member.id, one)
    this.#beat(one, this.#random() * BEAT_MS)
    if (!this.claim) this.lead(member.id, agoMs)
    else this.#publish()
    return one
  }

  /** Who leads, unless its claim was given up. */
  leader(): FakeMember | undefined {
    return this.claim && !this.claim.claim.released
      ? this.members.get(this.claim.claim.id)
      : undefined
  }

  /** One that takes simple work, each in turn. */
  anyReady(): FakeMember | undefined {
    const ready = [...this.members.values()].filter(({ member }) => member.state === "ready")
    return ready[this.#turn++ % Math.max(1, ready.length)]
  }

  /** The line without the leader, the longest running first. */
  heirs(): FakeMember[] {
    const leader = this.claim?.claim.id
    return [...this.members.values()]
      .filter(
        ({ member, isFrozen }) => member.id !== leader && !isFrozen && member.state === "ready",
      )
      .sort((a, b) => bySeniority(a.member, b.member))
  }

  /** `id` claims the leadership; its revision is the term. */
  lead(id: string, agoMs = 0): void {
    const one = this.members.get(id)
    if (!one) return
    const since = new Date(this.#clock.now().wallMs - agoMs).toISOString()
    this.#claim({ ...this.#terms(one), since })
    this.#renewLater()
  }

  /** Who is next takes over after `ms`, if anyone is there. */
  succeed(ms: number): void {
    const [heir] = this.heirs()
    this.#stopRenewing()
    if (heir) this.#clock.after(ms, () => this.lead(heir.member.id))
    else this.claim = undefined
  }

  change(id: string, change: Partial<Member>): void {
    const one = this.members.get(id)
    if (!one) return
    one.member = { ...one.member, ...change }
    this.#seen(one)
    this.#publish()
  }

  /** Its entry goes. */
  leave(id: string, how: Ending, why?: string): void {
    const one = this.members.get(id)
    if (!one) return
    one.stopBeat()
    one.stopExpiry()
    this.members.delete(id)
    this.tell({ kind: "left", id, how, ...(why !== undefined && { why }) })
    this.#publish()
  }

  freeze(id: string): void {
    const one = this.members.get(id)
    if (!one) return
    one.isFrozen = true
    one.stopBeat()
    if (this.claim?.claim.id !== id) return
    this.#stopRenewing()
    this.#stopLapse = this.#clock.after(LEASE_MS * 1.05, () => this.succeed(1))
  }

  thaw(one: FakeMember): void {
    one.isFrozen = false
    if (!this.members.has(one.member.id)) this.members.set(one.member.id, one)
    this.#beat(one, BEAT_MS)
    this.#seen(one)
    if (this.claim?.claim.id !== one.member.id) return this.#publish()
    this.#stopLapse()
    this.#claim(this.claim.claim)
    this.#renewLater()
  }

  close(): void {
    this.#stopRenewing()
    this.#stopLapse()
    for (const one of this.members.values()) {
      one.stopBeat()
      one.stopExpiry()
    }
  }

  #beat(one: FakeMember, ms: number): void {
    this.#seen(one)
    one.stopBeat = this.#clock.after(ms, () => this.#beat(one, BEAT_MS))
  }

  #seen(one: FakeMember): void {
    one.stopExpiry()
    one.stopExpiry = this.#clock.after(TTL_MS, () => this.leave(one.member.id, "expired"))
    this.tell({ kind: "member", member: one.member })
  }

  #renewLater(): void {
    this.#stopRenewing()
    this.#stopRenewing = this.#clock.after(RENEW_MS, () => {
      if (this.claim) this.#claim(this.claim.claim)
      this.#renewLater()
    })
  }

  /** The line changed: the leader says so at once. */
  #publish(): void {
    if (this.leader() && this.claim) this.#claim(this.claim.claim)
  }

  #claim(claim: Claim): void {
    const heirs = this.heirs()
      .filter(({ member }) => member.id !== claim.id)
      .slice(0, 8)
    const reason = this.#reason(claim, heirs)
    const revision = ++this.#revision
    const line = heirs.map(({ member: { key, id } }) => ({ key, id }))
    this.claim = {
      claim: { ...claim, term: claim.term ?? revision, heirs: line, reason },
      revision,
    }
    this.tell({ kind: "claim", standing: this.claim })
  }

  #terms({ member: { key, id, name } }: FakeMember): Omit<Claim, "since"> {
    const nonce = String(this.#ids + this.#revision)
    return { key, id, name, nonce, lease: LEASE_MS, heirs: [], strategy: "oldest", reason: "" }
  }

  #reason(claim: Claim, [next]: readonly FakeMember[]): string {
    const line = [...this.members.values()].map(({ member }) => member)
    const why = (member: Member) => oldest.why(member, line, NO_SURROUNDINGS)
    const leader = this.members.get(claim.id)
    const leads = leader ? `${claim.name} leads: ${why(leader.member)}` : `${claim.name} leads`
    return next ? `${leads}; ${next.member.name} next: ${why(next.member)}` : leads
  }
}
