/**
 * What a program imports: `joinPool` to work in a pool, `PoolClient` to ask one for work, and their types and
 * errors.
 */

export { type LocalConnection, LocalPools, type LocalPoolsOptions } from "./backend/local-pools.js"
export type { PoolPlace } from "./backend/pool-options.js"
export {
  Answer,
  type AskOptions,
  type ClientOptions,
  type MapOptions,
  PoolClient,
} from "./client/client.js"
export type { Bus, BusMessage, BusSubscription } from "./contracts/bus.js"
export type { Report } from "./contracts/troubles.js"
export type { Missed } from "./cron/decision.js"
export type { CronDefinition, CronDefinitions } from "./cron/definition.js"
export * from "./errors/client-errors.js"
export * from "./errors/connection-errors.js"
export * from "./errors/errors.js"
export { FencedOff, NoFence } from "./errors/fence-errors.js"
export { CannotListen } from "./errors/http-errors.js"
export * from "./errors/work-errors.js"
export type {
  JobHandler,
  JobQueues,
  QueueJob,
  QueueOptions,
} from "./jobs/contract/queue-job.js"
export type { EnqueueOptions } from "./jobs/enqueue-options.js"
export type { HeldJob, JobWitness } from "./jobs/give-back/job-witness.js"
export type {
  JobHandle,
  JobResult,
  JobStanding,
  JobState,
  ResultOptions,
} from "./jobs/job-handle.js"
export { type EndReason, type Leadership, type Published, ReignEnded } from "./lease/leadership.js"
export type { TimingOptions } from "./lease/timings.js"
export type { LeadReturns } from "./member/leader-duties.js"
export { type RestartIntensity, TooManyFailures } from "./member/restarts.js"
export { type ConnectionOptions, connectToNats } from "./nats/connection.js"
export type { Environment } from "./nats-context/nats-context.js"
export type { LeaderNews } from "./observe/leader-watch.js"
export type { Claim, Heir, Release, StandingClaim } from "./protocol/claim.js"
export type { Crowd } from "./protocol/crowd.js"
export type { Member, MemberLabel, MemberState } from "./protocol/member.js"
export {
  apartFrom,
  oldest,
  preferring,
  type RankFunction,
  weight,
} from "./strategies/built-in-strategies.js"
export { machineWeight } from "./strategies/machine-weight.js"
export type {
  OtherLeader,
  Strategy,
  Surroundings,
} from "./strategies/strategy.js"
export { HandlerThreads, type ThreadsOptions } from "./threads/handler-threads.js"
export type { Cancel, Clock, Instant } from "./time/clock.js"
export { checked } from "./work/checked.js"
export type { Handlers } from "./work/handler.js"
export type { Job } from "./work/job.js"
export { type JoinOptions, joinPool, PoolWorker } from "./worker/worker.js"
