/** What a program imports that has to do with jobs alone: `service-pool-leader/jobs`. */
export * from "../errors/job-errors.js"
export type {
  JobHandler,
  JobQueues,
  QueueJob,
  QueueOptions,
} from "./contract/queue-job.js"
export type { EnqueueOptions } from "./enqueue-options.js"
export type { HeldJob, JobWitness } from "./give-back/job-witness.js"
export type {
  JobHandle,
  JobResult,
  JobStanding,
  JobState,
  ResultOptions,
} from "./job-handle.js"
