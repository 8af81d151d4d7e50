/** Jobs as they may be seen, with all that a test does not care for. */
import type { DeadJob, JobsLook } from "../../../src/dashboard/jobs/jobs-seen.js"
import type { QueueCounts } from "../../../src/jobs/contract/job-store.js"
import type { RunningJob } from "../../../src/jobs/contract/running.js"

export function aLook(over: Partial<JobsLook> = {}): JobsLook {
  return { hasJobs: true, queues: [], running: [], dead: [], ...over }
}

export function aQueue(queue: string, over: Partial<QueueCounts> = {}): QueueCounts {
  const none = { waiting: 0, running: 0, delayed: 0, dead: 0, ended: 0 }
  return { queue, ...none, isServed: true, ...over }
}

export function aJob(id: string, over: Partial<RunningJob> = {}): RunningJob {
  return { id, queue: "send", worker: "a", attempt: 1, runsForMs: 0, ...over }
}

export function dead(id: string, over: Partial<DeadJob> = {}): DeadJob {
  return { id, queue: "send", reason: "no way", worker: "a", diedMs: 0, ...over }
}
