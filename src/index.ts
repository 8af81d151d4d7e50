/**
 * What a program imports: `joinPool` to work in a pool, `PoolClient` to ask one for work, and their types and
 * errors.
 */
export type { Claim, Heir, Release, StandingClaim } from "./claim.js"
export { PoolClient } from "./client.js"
export type { TimingOptions } from "./config.js"
export { type ConnectionOptions, connectToNats } from "./connection.js"
export * from "./errors.js"
export { FencedOff, NoFence } from "./fence-errors.js"
export type { Handlers } from "./handler.js"
export type { Job } from "./job.js"
export type { LeaderNews } from "./leader-news.js"
export { type EndReason, type Leadership, type Published, ReignEnded } from "./leadership.js"
export { LocalPools, type LocalPoolsOptions } from "./local-pools.js"
export { machineWeight } from "./machine-weight.js"
export type { Member, MemberState } from "./member.js"
export { type RestartIntensity, TooManyFailures } from "./restarts.js"
export type { LeadReturns } from "./seat.js"
export { apartFrom, preferring, type RankFunction, weight } from "./strategies.js"
export { type OtherLeader, oldest, type Strategy, type Surroundings } from "./succession.js"
export { BadRequest } from "./work-errors.js"
export { type JoinOptions, joinPool, PoolWorker } from "./worker.js"
