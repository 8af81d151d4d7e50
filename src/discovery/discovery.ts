/**
 * A member as NATS service discovery shows it: the service `<pool>` has one instance a member, and the service
 * `<pool>-leader` exactly one in all, on the member that leads.
 */
import type { Bus } from "../contracts/bus.js"
import type { MemberLabel } from "../protocol/member.js"
import { type PoolNames, QUEUE_GROUP } from "../protocol/names.js"
import type { Tally } from "../work/tally.js"
import { MicroService } from "./micro-service.js"
import { PACKAGE_VERSION } from "./package-version.js"

/** Where a member stands, as its statistics show it. */
export interface Position {
  readonly role: "leader" | "follower"
  /** The term of the reign it knows of, its own if it leads. */
  readonly term?: number | undefined
  /** Its place in the line of succession: 1 is next. Undefined if it leads, or is not in the line. */
  readonly place?: number | undefined
  /** Tracked requests it has answered, in all its reigns. */
  readonly tracked?: number | undefined
}

export interface DiscoveryOptions {
  readonly bus: Bus
  readonly names: PoolNames
  readonly member: MemberLabel
  /** What the statistics count; `simple` is left out by a member that does no simple work. */
  readonly simple?: Tally | undefined
  readonly tracked: Tally
  readonly standing: () => Position
  /** More about the member, e.g. its host and pid, and its labels. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Told of a subscription that the server refuses. */
  readonly onProblem?: ((problem: Error) => void) | undefined
}

export class Discovery {
  readonly #member: MicroService
  readonly #leader: MicroService

  constructor(options: DiscoveryOptions) {
    const { bus, names, member, simple, tracked, standing, metadata, onProblem } = options
    const work = { name: "work", subject: names.work, queueGroup: QUEUE_GROUP }
    const shared = {
      bus,
      id: member.id,
      version: PACKAGE_VERSION,
      startedMs: tracked.startedMs,
      metadata: { worker: member.name, ...metadata },
      data: standing,
      ...(onProblem && { onProblem }),
    }
    this.#member = new MicroService({
      ...shared,
      name: names.pool,
      description: `simple work of pool "${names.pool}", which any member may answer`,
      endpoints: simple ? [{ ...work, tally: simple }] : [],
    })
    this.#leader = new MicroService({
      ...shared,
      name: `${names.pool}-leader`,
      description: `tracked work of pool "${names.pool}", which only its leader may answer`,
      endpoints: [{ name: "leader", subject: names.leader, queueGroup: "", tally: tracked }],
    })
  }

  /** Is to be found from now on. */
  open(): void {
    this.#member.open()
  }

  /** The member leads. */
  beginReign(): void {
    this.#leader.open()
  }

  /** It does no more. */
  endReign(): void {
    this.#leader.close()
  }

  /** Is not to be found any more. */
  close(): void {
    this.#leader.close()
    this.#member.close()
  }
}
