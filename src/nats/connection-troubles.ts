/**
 * What becomes of a connection: lost, let in by no server and why, back. The client tells why only where the server
 * says so after the greeting; what else there is to say (nobody listens, TLS fails, the server is full) is found out by
 * asking, now and then, for as long as it is away.
 */
import type { NatsConnection, QueuedIterator, Status } from "nats"
import type { Troubles } from "../contracts/troubles.js"
import { unawaited } from "../contracts/unawaited.js"
import { NotPermitted } from "../errors/client-errors.js"
import { type Violation, violationIn } from "../errors/errors.js"
import { refusalTo } from "./connection.js"

/** A connection that isn't back after this long is asked about, in ms; and again each so many ms. */
const ASK_AFTER_MS = 1_000
const ASK_EVERY_MS = 5_000
/** What the server said so long before it hung up was why, in ms. */
const LAST_WORDS_MS = 1_000

/** Has `troubles` tell of `connection`, and `told` whether it is up, until it is closed or what is returned is called. */
export function tellOfConnection(
  connection: NatsConnection,
  troubles: Troubles,
  told: (isUp: boolean) => void,
): () => void {
  const statuses = connection.status() as QueuedIterator<Status>
  const server = connection.getServer()
  let isUp = true
  let isOver = false
  /** It is opened anew on purpose: no trouble, and told in one line. */
  let isMoving = false
  let words: { readonly error: Error; readonly atMs: number } | undefined
  let timer: NodeJS.Timeout | undefined
  const refused = (why: Error) => troubles.lost(`can't connect to ${server}`, why)
  const askIn = (ms: number) => {
    timer = setTimeout(() => unawaited(ask()), ms)
    timer.unref()
  }
  const ask = async () => {
    const why = await refusalTo(connection)
    if (timer === undefined) return
    if (why) refused(why)
    askIn(ASK_EVERY_MS)
  }
  const noAsking = () => {
    clearTimeout(timer)
    timer = undefined
  }
  const refusedKinds = new Set<string>()
  // Who sends and waits for no answer hears of it nowhere else.
  const notPermitted = ({ operation, subject }: Violation) => {
    const kind = kindOf(subject)
    if (operation !== "publish" || refusedKinds.has(kind)) return
    refusedKinds.add(kind)
    troubles.report("something can't be sent", new NotPermitted(subject))
  }
  const heard = (status: Status) => {
    if (status.type === "forceReconnect") isMoving = true
    else if (status.type === "disconnect") {
      if (!isMoving) troubles.lost(`lost the connection to ${server}`)
      if (words && performance.now() - words.atMs < LAST_WORDS_MS) refused(words.error)
      if (isUp) askIn(ASK_AFTER_MS)
      isUp = false
      told(isUp)
    } else if (status.type === "reconnect") {
      noAsking()
      if (isMoving) troubles.report(`moved to ${connection.getServer()}, for its server is going`)
      isMoving = false
      troubles.back(`connected again, to ${connection.getServer()}`)
      isUp = true
      told(isUp)
    } else if (status.type === "error") {
      const violation = violationIn(status.error)
      if (violation) return notPermitted(violation)
      words = { error: status.error, atMs: performance.now() }
      if (!isUp) refused(status.error)
    }
  }
  const follow = async () => {
    for await (const status of statuses) if (!isOver) heard(status)
    noAsking()
  }
  unawaited(follow())
  return () => {
    isOver = true
    statuses.stop()
  }
}

/** What all subjects have in common that differ in an id or a name: `$JS.API.STREAM.INFO`, `work.done`. */
function kindOf(subject: string): string {
  return subject
    .split(".")
    .slice(0, subject.startsWith("$") ? 4 : 2)
    .join(".")
}
