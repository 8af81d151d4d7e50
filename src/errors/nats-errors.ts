/** Predicates that recognise the failures of NATS by their shape, so that nothing else knows how NATS words them. */
import { fieldOf, reasonOf } from "./thrown.js"

/** A refused compare-and-set, by either of the codes JetStream uses for it. */
export function isWrongLastSequence(error: unknown): boolean {
  const code = field(error, "code")
  return code === 10071 || code === 10164
}

/** The stream exists, with other settings: somebody else has just made it. */
export function isNameInUse(error: unknown): boolean {
  return field(error, "code") === 10058
}

/** What the stream should take another one takes already, or the stream is set up so that it can't be what it should be. */
export function isForeign(error: unknown): boolean {
  return [10052, 10065].includes(field(error, "code"))
}

/** The bucket's stream does not exist (any more). */
export function isStreamNotFound(error: unknown): boolean {
  return field(error, "code") === 10059
}

/** JetStream did not answer at all: it is off, or (after a bucket was deleted) nobody stores its subjects. */
export function isNoJetStream(error: unknown): boolean {
  return (
    field(error, "name") === "JetStreamNotEnabled" || [10039, 10076].includes(field(error, "code"))
  )
}

/** JetStream is there, and not ready: it does not answer yet, has no leader, or too few servers have come. */
export function isNotReady(error: unknown): boolean {
  return isTimeout(error) || isNoJetStream(error) || [10005, 10008].includes(field(error, "code"))
}

/** Nobody subscribes to the subject. The request was not delivered, so repeating it is safe. */
export function isNoResponders(error: unknown): boolean {
  // The class is called NoRespondersError; the name it gives itself is the other one (3.3.1).
  const names = ["NoResponders", "NoRespondersError"]
  return [error, field(error, "cause")].some((e) => names.includes(field(e, "name")))
}

/** A message above the server's max_payload. It was not sent. */
export function isPayloadTooLarge(error: unknown): boolean {
  return (
    field(error, "code") === "payload-too-large" ||
    (field(error, "name") === "InvalidArgumentError" && reasonOf(error).includes("max_payload"))
  )
}

/** The request was sent and no answer came in time. */
export function isTimeout(error: unknown): boolean {
  return field(error, "name") === "TimeoutError"
}

const AWAY = new Set(["NoAnswer", "TimeoutError", "ConnectionError"])

/** The connection is closed for good; of a request that was under way then the client library says so in words alone. */
function isClosed(error: unknown): boolean {
  return (
    field(error, "name") === "ClosedConnectionError" ||
    field(error, "message") === "connection closed"
  )
}

/** There was no answer: the connection is lost, or who should answer is not there, or not yet. */
export function isAway(error: unknown): boolean {
  return (
    AWAY.has(field(error, "name")) ||
    isClosed(error) ||
    field(error, "message") === "connection disconnected" ||
    isNoResponders(error) ||
    isNoJetStream(error) ||
    field(error, "code") === "no-jetstream" ||
    // JetStream has no leader at the moment.
    field(error, "code") === 10008
  )
}

/** A stream is not there, or nobody who could know: what was to be stored was not. */
export function isStreamGone(error: unknown): boolean {
  return isStreamNotFound(error) || isNoResponders(error) || isNoJetStream(error)
}

/** What JetStream says of a request that it could not take at the moment: it says nothing about the request. */
const NOT_NOW = new Set([408, 409, 503])

/** Nobody answered, or who did could not say: the same may be asked again. */
export function isUnanswered(error: unknown): boolean {
  if (isClosed(error)) return false
  return isAway(error) || NOT_NOW.has(field(error, "status"))
}

/** It reached nobody who could have done it. */
export function isUndelivered(error: unknown): boolean {
  return isNoResponders(error)
}

/** JetStream was asked, and refused: a full or sealed stream, a limit of the account. */
export function isJetStreamRefusal(error: unknown): boolean {
  return field(error, "name") === "JetStreamApiError"
}

/** The server, or its account, has no room left for streams. */
export function isStorageFull(error: unknown): boolean {
  return [10023, 10028, 10047].includes(field(error, "code"))
}

/** The server does not let this user send there, or listen there. */
export function isNotPermitted(error: unknown): boolean {
  return violationIn(error) !== undefined
}

/** What a user may not do where. */
export interface Violation {
  readonly operation: string
  readonly subject: string
}

/** Where it does not. */
export function violationIn(error: unknown): Violation | undefined {
  const own = [error, field(error, "cause")]
  return own.find((e) => field(e, "name") === "PermissionViolationError")
}

/** The server refused the credentials at connect. */
export function isAuthorizationError(error: unknown): boolean {
  return ["AuthorizationError", "UserAuthenticationExpiredError"].includes(field(error, "name"))
}

// biome-ignore lint/suspicious/noExplicitAny: compared with what it may be
const field = fieldOf as (error: unknown, name: string) => any
