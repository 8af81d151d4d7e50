/** What one member answers: simple work in the queue group, tracked work in its reigns; and what both have counted. */
import type { Bus } from "../contracts/bus.js"
import { BadRequest } from "../errors/work-errors.js"
import type { Member, MemberLabel } from "../protocol/member.js"
import type { Handlers } from "../work/handler.js"
import { SimpleWork } from "../work/simple-work.js"
import { TrackedWork } from "../work/tracked-work.js"
import type { MemberRunOptions } from "./member-run-options.js"

export class MemberWork {
  /** Undefined for a member that does no simple work. */
  readonly simple: SimpleWork | undefined
  readonly tracked: TrackedWork

  constructor(options: MemberRunOptions, member: MemberLabel, handlers: Handlers) {
    const { concurrency, handlerTimeoutMs, maxPayload, meter } = options
    const { bus, names, clock, troubles } = options.context
    const onProblem = (problem: Error) => troubles.report("a subscription failed", problem)
    const shared = { bus, clock, member, handlerTimeoutMs, maxPayload, onProblem }
    const { work, leaderWork } = handlers
    this.simple =
      work &&
      new SimpleWork({
        ...shared,
        subject: names.work,
        handler: (job) => work(job),
        concurrency,
        meter: meter?.requests.simple,
      })
    this.tracked = new TrackedWork({
      ...shared,
      names,
      meter: meter?.requests.tracked,
      handler: (job, leadership) => {
        if (leaderWork) return leaderWork(job, leadership)
        throw new BadRequest(`pool "${names.pool}" does no tracked work`)
      },
    })
  }

  /** Takes no work on `bus` (its own connection) any more; resolves when what had come is answered, or after `withinMs`. */
  async withdraw(withinMs: number, bus?: Bus): Promise<void> {
    await Promise.all([this.simple?.withdraw(withinMs, bus), this.tracked.withdraw(withinMs, bus)])
  }

  /** Takes work on `bus` (its own connection), again or as well. */
  comeBack(bus?: Bus): void {
    this.simple?.comeBack(bus)
    this.tracked.comeBack(bus)
  }

  /** To be told when its own connection was lost. */
  connectionLost(): void {
    this.tracked.connectionLost()
  }

  get counters(): Member["counters"] {
    const tallies = [this.tracked.tally, ...(this.simple ? [this.simple.tally] : [])]
    const sum = (field: "done" | "failed" | "busy") =>
      tallies.reduce((total, tally) => total + tally[field], 0)
    return { done: sum("done"), failed: sum("failed"), busy: sum("busy") }
  }
}
