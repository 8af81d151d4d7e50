/**
 * What an account of JetStream does not let a pool have: a stream more than it may, or a consumer for each who looks at
 * all members. The server refuses only once somebody joins, and the doctor is asked before that.
 */
import type { JetStreamAccountStats } from "@nats-io/jetstream"
import { type Finding, warn } from "./finding.js"

/** The consumers of a pool: who leads watches all entries, and so does who begins to, or looks on. */
const CONSUMERS = 2

/** What `account` refuses to a pool that has yet to make the streams `missing`, as `judge` puts it; undefined if nothing. */
export function limitsIn(
  { streams, storage, consumers, limits }: JetStreamAccountStats,
  missing: readonly string[],
  judge: typeof warn,
): Omit<Finding, "what"> | undefined {
  const { max_streams, max_storage, max_consumers, max_bytes_required } = limits
  const made = missing.join(" and ")
  if (missing.length > 0) {
    if (max_storage === 0) {
      return judge("this account may keep nothing on file", "raise max_file of the account")
    }
    if (max_streams >= 0 && streams + missing.length > max_streams) {
      const says = `${made} can't be made: of ${max_streams} streams that this account may have it has ${streams}`
      return judge(says, "raise max_streams of the account, or remove a stream")
    }
    if (max_bytes_required) {
      const says = `${made} can't be made: this account wants max_bytes for each stream`
      return judge(says, "lift max_bytes_required of the account")
    }
  }
  if (max_storage > 0 && storage > max_storage * 0.9) {
    const says = `${kibOf(storage)} of file storage used, more than nine tenths of what is allowed`
    return warn(says, "raise max_file of the account")
  }
  if (max_consumers >= 0 && consumers + CONSUMERS > max_consumers) {
    const says = `of ${max_consumers} consumers that this account may have it has ${consumers}; a pool needs ${CONSUMERS}`
    return warn(says, "raise max_consumers of the account")
  }
  return undefined
}

/** `7 KiB` */
export function kibOf(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KiB`
}
