/** What the doctor says of one thing it looked at, and what it makes of an error met there. */
import {
  isJetStreamRefusal,
  isNoJetStream,
  isNotPermitted,
  isStorageFull,
  NoJetStream,
  reasonOf,
} from "../errors/errors.js"
import { isUnanswered } from "../errors/nats-errors.js"

export type Severity = "ok" | "warn" | "fail"

/** One thing that was looked at. */
export interface Finding {
  readonly what: string
  readonly verdict: Severity
  readonly says: string
  /** What to do, where it is not ok. */
  readonly remedy?: string
  /** Of a way to fail: for how long nobody would lead, in ms, where that can be told. */
  readonly gapMs?: { readonly least: number; readonly most: number }
}

/** `isClustered`: where no server leads a stream, what asks it meets nobody, as where JetStream is off. */
export function failed(error: unknown, isClustered = false): Omit<Finding, "what"> {
  if (isNotPermitted(error)) {
    return fail(reasonOf(error), "give it to the user, as deploy/nats-permissions.conf does")
  }
  const isMissing = error instanceof NoJetStream || isNoJetStream(error)
  if (isMissing && !isClustered) {
    return fail(
      "JetStream is off",
      "start the server with --jetstream, or: nats-server -c nats-server.conf, or enable it for this account",
    )
  }
  if (isStorageFull(error)) {
    return fail(reasonOf(error), "free some, or raise max_file of the server or of the account")
  }
  if (isMissing || isUnanswered(error)) {
    return fail(
      `JetStream does not answer: ${reasonOf(error)}`,
      "several servers have no leader for 4 to 9 s after one was lost: look again; then see the logs of all",
    )
  }
  if (isJetStreamRefusal(error)) {
    return fail(`JetStream refused: ${reasonOf(error)}`, "see what is said of the bucket above")
  }
  return fail(reasonOf(error), "see the log of the server")
}

export function ok(says: string): Omit<Finding, "what"> {
  return { verdict: "ok", says }
}

export function warn(says: string, remedy: string): Omit<Finding, "what"> {
  return { verdict: "warn", says, remedy }
}

export function fail(says: string, remedy: string): Omit<Finding, "what"> {
  return { verdict: "fail", says, remedy }
}
