/** The rows of the page of jobs: the queues, what runs, and what is dead; each with a key that the selection follows. */
import { queueState } from "../../jobs/contract/job-store.js"
import type { DeadJob, JobsSeen, QueueSeen, RunningSeen } from "./jobs-seen.js"

export type JobRow =
  | { readonly kind: "queue"; readonly key: string; readonly queue: QueueSeen }
  | { readonly kind: "running"; readonly key: string; readonly job: RunningSeen }
  | { readonly kind: "dead"; readonly key: string; readonly job: DeadJob }

export type RowKind = JobRow["kind"]

/** All rows that have `filter` in a name, an id or a reason, from the top. */
export function jobRowsOf({ queues, running, dead }: JobsSeen, filter: string): JobRow[] {
  const rows: JobRow[] = [
    ...queues.map((queue) => ({ kind: "queue", key: `queue ${queue.queue}`, queue }) as const),
    ...running.map(
      (job) => ({ kind: "running", key: `running ${job.id} ${job.worker}`, job }) as const,
    ),
    ...dead.map((job) => ({ kind: "dead", key: `dead ${job.id}`, job }) as const),
  ]
  return filter === "" ? rows : rows.filter((row) => textIn(row).includes(filter.toLowerCase()))
}

function textIn(row: JobRow): string {
  const texts =
    row.kind === "queue"
      ? [row.queue.queue, queueState(row.queue)]
      : [row.job.id, row.job.queue, row.job.worker, row.kind === "dead" ? row.job.reason : ""]
  return texts.join("\n").toLowerCase()
}
