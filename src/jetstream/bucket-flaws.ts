/**
 * What keeps a bucket from holding a pool: settings under which it refuses writes, forgets them, or never acknowledges
 * them. Workers adjust what they can; these are somebody's own, and are named, with what to do.
 */
import type { StreamInfo } from "@nats-io/jetstream"
import {
  isJetStreamRefusal,
  isNoJetStream,
  isNotReady,
  NoJetStream,
  PoolError,
  reasonOf,
} from "../errors/errors.js"

/** The most that an entry may hold, in bytes. */
export const MAX_ENTRY_BYTES = 8192

export interface Flaw {
  readonly says: string
  readonly remedy: string
  /** Whether a pool can't work in it at all. Without that it may, for now. */
  readonly isFatal: boolean
}

/** The bucket is there, and can't hold a pool. */
export class UnfitBucket extends PoolError {
  override readonly name = "UnfitBucket"
  override readonly code = "unfit-bucket"
  constructor(
    readonly bucket: string,
    readonly flaw: Flaw,
  ) {
    super(`bucket ${bucket} can't hold a pool: ${flaw.says}; ${flaw.remedy}`)
  }
}

/** JetStream does not let it be made or adjusted: by a limit of the account, mostly. The cause is its own error. */
export class BucketRefused extends PoolError {
  override readonly name = "BucketRefused"
  override readonly code = "bucket-refused"
  constructor(
    readonly bucket: string,
    options: { readonly cause: unknown },
  ) {
    super(`bucket ${bucket}: ${reasonOf(options.cause)}; see what to do with: pool doctor`, options)
  }
}

/** What is thrown for `cause`, with which `server` let the bucket `name` not be had: the same, if it names itself. */
export function refusalOf(name: string, server: string, cause: unknown): unknown {
  if (isNoJetStream(cause)) return new NoJetStream(server, { cause })
  return isJetStreamRefusal(cause) && !isNotReady(cause)
    ? new BucketRefused(name, { cause })
    : cause
}

/** What is wrong with the stream of the bucket `name`; the worst first. */
export function flawsIn(name: string, { config, state }: StreamInfo): Flaw[] {
  const anew = `stop the pool and remove the bucket; the first worker makes it anew: nats kv del ${name}`
  const unlimited = `lift its limits: nats kv edit ${name} --max-bucket-size=-1 --max-value-size=-1`
  const { max_bytes, max_msgs, max_msg_size, max_consumers, retention, mirror, sources } = config
  const isTold = (subject: string) => subject === `$KV.${name}.>` || subject === "$KV.>"
  const refuses = `it ${config.discard === "old" ? "drops the oldest entry" : "refuses every new one"}`
  const isFull =
    (max_bytes > 0 && state.bytes + MAX_ENTRY_BYTES > max_bytes) ||
    (max_msgs > 0 && state.messages >= max_msgs)
  const found: (Flaw | false | undefined)[] = [
    config.sealed && { says: "it is sealed, and takes no writes", remedy: anew, isFatal: true },
    mirror && {
      says: `it is a mirror of ${mirror.name}, and takes no writes`,
      remedy: "run the pool where that is, or remove the mirror",
      isFatal: true,
    },
    !mirror &&
      !config.subjects?.some(isTold) && {
        says: `its stream does not take the subject $KV.${name}.>`,
        remedy: anew,
        isFatal: true,
      },
    retention !== "limits" && {
      says: `it keeps nothing that nobody consumes: retention is ${retention}`,
      remedy: anew,
      isFatal: true,
    },
    config.no_ack && {
      says: "it acknowledges no write: no_ack is set",
      remedy: anew,
      isFatal: true,
    },
    config.discard_new_per_subject && {
      says: "it refuses to replace an entry: discard_new_per_subject is set",
      remedy: anew,
      isFatal: true,
    },
    config.allow_rollup_hdrs === false && {
      says: "entries of the dead can't be purged: allow_rollup_hdrs is not set",
      remedy: anew,
      isFatal: false,
    },
    isFull && {
      says: `it is full, and ${refuses}: ${limitsOf(max_bytes, max_msgs)}`,
      remedy: unlimited,
      isFatal: true,
    },
    max_msg_size > 0 &&
      max_msg_size < MAX_ENTRY_BYTES && {
        says: `holds entries up to ${max_msg_size} bytes, ${MAX_ENTRY_BYTES} are needed: max_msg_size`,
        remedy: unlimited,
        isFatal: false,
      },
    config.storage !== "file" && {
      says: "kept in memory: terms begin anew when the server does",
      remedy: anew,
      isFatal: false,
    },
    !isFull &&
      (max_bytes > 0 || max_msgs > 0) && {
        says: `once it is full ${refuses}: ${limitsOf(max_bytes, max_msgs)}`,
        remedy: unlimited,
        isFatal: false,
      },
    max_consumers > 0 && {
      says: `only ${max_consumers} may look at all members at a time: max_consumers`,
      remedy: anew,
      isFatal: false,
    },
    sources &&
      sources.length > 0 && {
        says: "entries of other streams are copied into it: it has sources",
        remedy: anew,
        isFatal: false,
      },
  ]
  return found.filter((flaw): flaw is Flaw => Boolean(flaw))
}

function limitsOf(maxBytes: number, maxMsgs: number): string {
  const limits = { max_bytes: maxBytes, max_msgs: maxMsgs }
  const set = Object.entries(limits).filter(([, limit]) => limit > 0)
  return set.map(([name, limit]) => `${name} is ${limit}`).join(", ")
}
