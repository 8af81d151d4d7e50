/**
 * A member's entry in the bucket. Its key begins with its start time on the server's clock, so that the
 * keys in their natural order are the members in order of seniority.
 */
import { objectIn, toBytes } from "../encoding/json.js"
import { LEASES_PER_ENTRY } from "../lease/timings.js"

/** What a member is doing. `starting`: not yet ready; `paused`: keeps its place, takes no work. */
export type MemberState = "starting" | "ready" | "draining" | "paused"

/** One worker in a pool, as it describes itself. */
export interface Member {
  /** `<start>.<name>`, the key of the entry. */
  readonly key: string
  /** Unique to one run of one worker. */
  readonly id: string
  /** A label; several members may share it. */
  readonly name: string
  readonly host: string
  readonly pid: number
  /** When it started: microseconds since 1970, on the server's clock. */
  readonly start: number
  /** Whether it may lead; not while it is `lingering`. */
  readonly eligible: boolean
  /** While its last `lead()` goes on although its reign, of this term, is over. */
  readonly lingering?: { readonly term: number }
  /** For the strategy `weight`: more leads first. */
  readonly weight: number
  readonly labels: Readonly<Record<string, string>>
  readonly state: MemberState
  /** Requests answered, answered with an error, and in flight, when the entry was written. */
  readonly counters: { readonly done: number; readonly failed: number; readonly busy: number }
  /** Whether it obeys orders on its control subject. */
  readonly control: boolean
  /** Name of the NATS server that it was connected to when the entry was written; absent where that has none. */
  readonly server?: string
  /** The highest term that this worker has known; absent in entries of older versions. */
  readonly knownTerm?: number
  /** Its entry is renewed within so many ms; a lease if absent. */
  readonly beat?: number
  /** Version of this format. */
  readonly version: number
}

/** The version of the entry format this code writes. */
export const MEMBER_VERSION = 1

const KEY = /^(\d{16})\.([A-Za-z0-9_-]{1,64})$/

/** The key of a member that started at `startMicros`. */
export function memberKey(startMicros: number, name: string): string {
  return `${String(startMicros).padStart(16, "0")}.${name}`
}

/** Whether `key` can be a member's. */
export function isMemberKey(key: string): boolean {
  return KEY.test(key)
}

/** The start time in a member's key, in microseconds; NaN if `key` can't be one. */
export function startIn(key: string): number {
  return Number(KEY.exec(key)?.[1])
}

/** The entry of `member`. The key is not repeated in it. */
export function encodeMember(member: Member): Uint8Array {
  const { key: _, ...rest } = member
  return toBytes(rest)
}

/** The member in an entry; unknown fields are kept. Throws if the entry is no member's. */
export function decodeMember(key: string, value: Uint8Array): Member {
  const found = KEY.exec(key)
  if (!found) throw new SyntaxError(`"${key}" is not a member's key`)
  const { lingering, server, beat, ...raw } = objectIn(value)
  if (typeof raw.id !== "string" || raw.id === "") throw new SyntaxError("no id")
  const counters = typeof raw.counters === "object" ? (raw.counters as object) : {}
  return {
    ...raw,
    key,
    id: raw.id,
    name: found[2] as string,
    host: text(raw.host),
    pid: number(raw.pid),
    start: Number(found[1]),
    eligible: raw.eligible !== false,
    ...lingeringIn(lingering),
    weight: number(raw.weight),
    labels: labelsIn(raw.labels),
    state: stateIn(raw.state),
    counters: { done: 0, failed: 0, busy: 0, ...counters },
    control: raw.control === true,
    ...(typeof server === "string" && { server }),
    ...(raw.knownTerm !== undefined && { knownTerm: number(raw.knownTerm) }),
    ...(number(beat) > 0 && { beat: number(beat) }),
    version: number(raw.version),
  }
}

/** Whether an entry has missed a renewal that was written `ageMs` ago; half a lease is allowed for. */
export function isLate(
  { beat }: Pick<Member, "beat">,
  ageMs: number,
  memberTtlMs: number,
): boolean {
  const leaseMs = memberTtlMs / LEASES_PER_ENTRY
  return ageMs > (beat ?? leaseMs) + leaseMs / 2
}

/** Orders members by seniority: longest running first, ties by name, then id. */
export function bySeniority(a: Member, b: Member): number {
  return compare(a.key, b.key) || compare(a.id, b.id)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function text(value: unknown): string {
  return typeof value === "string" ? value : ""
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0
}

function stateIn(value: unknown): MemberState {
  const known: readonly unknown[] = ["starting", "ready", "draining", "paused"]
  return known.includes(value) ? (value as MemberState) : "ready"
}

function lingeringIn(value: unknown): Pick<Member, "lingering"> {
  const { term } = (value ?? {}) as { term?: unknown }
  return typeof term === "number" ? { lingering: { term } } : {}
}

function labelsIn(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([key, label]) => [key, String(label)]))
}

/** Who does the work: a member's unique id and its label. */
export interface MemberLabel {
  /** Unique to one run of one worker. */
  readonly id: string
  readonly name: string
}
