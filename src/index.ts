/**
 * What a program imports: `joinPool` to work in a pool, `PoolClient` to ask one for work, and their types and
 * errors.
 */
export type { Claim, Heir, Release, StandingClaim } from "./claim.js"
export { PoolClient } from "./client.js"
export type { TimingOptions } from "./config.js"
export { type ConnectionOptions, connectToNats } from "./connection.js"
export * from "./errors.js"
export type { Handlers } from "./handler.js"
export type { Job } from "./job.js"
export { type EndReason, type Leadership, ReignEnded } from "./leadership.js"
export type { Member, MemberState } from "./member.js"
export { oldest, type Strategy } from "./succession.js"
export { BadRequest } from "./work-errors.js"
export { type JoinOptions, joinPool, PoolWorker } from "./worker.js"
