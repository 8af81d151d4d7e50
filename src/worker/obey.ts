/** What a worker does when it is given an order from the dashboard or the command line. */
import type { Bucket } from "../contracts/bucket.js"
import { unawaited, unexpected } from "../contracts/unawaited.js"
import { BadInput } from "../errors/errors.js"
import { membersIn } from "../protocol/entries.js"
import type { Member } from "../protocol/member.js"
import type { Order } from "../protocol/orders.js"

/** Who can be ordered about. */
export interface Obedient {
  readonly name: string
  readonly isLeader: boolean
  pause(): void
  resume(): void
  restart(): Promise<void>
  handOver(to?: string): Promise<void>
}

/** What an order can have a worker do that is no affair of its program. */
export interface Means {
  /** Leaves, or has the program do it. */
  readonly stop: () => unknown
  /** Resolves when what was sent, the acknowledgement of the order too, is on its way. */
  readonly flush: () => Promise<void>
  readonly report: (problem: string, error?: unknown) => void
}

/** Has `worker` obey. Throws BadInput for what it can't do; what comes of the rest is seen in the pool. */
export function obey(worker: Obedient, { order, to }: Order, means: Means): void {
  switch (order) {
    case "stop":
      return unawaited(means.stop(), unexpected(means.report))
    case "kill":
      return unawaited(
        means.flush().finally(() => process.kill(process.pid, "SIGKILL")),
        () => {},
      )
    case "restart":
      return unawaited(worker.restart(), unexpected(means.report))
    case "pause":
      return worker.pause()
    case "resume":
      return worker.resume()
    case "hand-over":
      if (!worker.isLeader) throw notTheLeader(worker.name)
      unawaited(worker.handOver(to), (error) => means.report("could not hand over", error))
  }
}

/** The member with id `to`, which is to lead next. Throws BadInput if there is no such member. */
export async function heirIn(bucket: Bucket, to: string): Promise<Member> {
  const members = membersIn(await bucket.entries())
  const heir = members.find((member) => member.id === to && member.eligible)
  if (heir) return heir
  throw new BadInput("heir", "the id of a member that may lead", to)
}

/** The answer to a hand-over that somebody else was meant to do. */
export function notTheLeader(name: string): BadInput {
  return new BadInput("hand-over", "the leader", `${name}, who follows`)
}
