/**
 * In what a delivery goes on that is let go: its next attempt, or its place with the dead, then or after further attempts.
 * Where that is stored only the acknowledgement was lost, and whoever is handed the job again must not run it beside that. Nor
 * where the message itself is gone: its acknowledgement came late, or somebody cancelled it.
 */
import type { Clock } from "../../time/clock.js"
import { Pace } from "../../time/pace.js"
import { type JobNames, keyOfId } from "../contract/job-names.js"
import { recordOf, type StoredMessage } from "../contract/job-record.js"
import type { JobStore } from "../contract/job-store.js"
import type { TakenJob } from "./taken-job.js"

/** Between two tries to look, in ms. */
const PACE = { firstMs: 100, mostMs: 1_000 }

/** The id of the message in which a delivery goes on: stored twice it is stored once. */
export function becameOf({ id, delivery }: TakenJob): string {
  return `${id}#${delivery.seq}`
}

/** Asks until it knows; where the lease is over before, the job is not this worker's to run either. */
export async function isSuperseded(
  job: TakenJob,
  {
    store,
    names,
    clock,
  }: { readonly store: JobStore; readonly names: JobNames; readonly clock: Clock },
): Promise<boolean> {
  const { queue, id } = job.record
  const { seq } = job.delivery
  const key = keyOfId(id)
  const pace = new Pace({ clock, ...PACE })
  for (;;) {
    try {
      const [next, dead] = await Promise.all([
        store.last("jobs", names.anywhere(queue, key)),
        store.last("dead", names.subject("dead", queue, "*", key)),
      ])
      if (next && next.seq > seq && recordOf(next)?.id === id) return true
      const own = next?.seq === seq ? next : await store.at("jobs", seq)
      return own === undefined || hasDied(job, dead)
    } catch {
      if (!job.isHeld()) return true
    }
    await pace.wait({ limitMs: job.leftMs() })
  }
}

/** Whether `dead` is what this delivery became, or a later one of the same job. */
function hasDied({ id, delivery }: TakenJob, dead: StoredMessage | undefined): boolean {
  const [of, seq] = dead?.headers?.get("Nats-Msg-Id")?.split("#") ?? []
  return of === id && Number(seq) >= delivery.seq
}
