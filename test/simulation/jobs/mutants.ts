/**
 * Ways to break jobs and cron, each a small change of their text. The simulation must find every one; `mutate.ts` tries
 * them, and README.md lists which seed finds which.
 */
import type { FamilyName } from "./schedule.js"

export interface Mutant {
  /** What the broken machine does, in a few words. */
  readonly name: string
  /** The file of src, without its ending. */
  readonly file: string
  /** What stands there; exactly once. */
  readonly was: string
  readonly is: string
  /** Where to look for it. */
  readonly family: FamilyName
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: "a supervisor gives back too early: what its worker gave back itself, and another runs",
    file: "jobs/give-back/held-jobs",
    was: "for (const ticket of over) this.#held.delete(ticket)",
    is: "",
    family: "calm",
  },
  {
    name: "a supervisor gives back after the lease that it knows of",
    file: "jobs/give-back/held-jobs",
    was: "holds(end, now)",
    is: "end",
    family: "freezes",
  },
  {
    name: "a supervisor sends what it gives back when its connection is back",
    file: "jobs/give-back/held-jobs",
    was: `if ("info" in bus && bus.info === undefined) return 0`,
    is: "",
    family: "network",
  },
  {
    name: "the supervisor is told of no job",
    file: "jobs/worker/job-worker",
    was: "this.#options.witness?.holds(",
    is: "Array.of(",
    family: "calm",
  },
  {
    name: "gives back before its supervisor has forgotten the job",
    file: "jobs/worker/job-settler",
    was: "await within(clock, job.leftMs(), letGo([ticket]))",
    is: "void letGo",
    family: "calm",
  },
  {
    name: "acknowledges after the lease",
    file: "jobs/worker/held-store",
    was: `  settle(job: TakenJob, how: Settlement): boolean | Promise<boolean> {
    if (job.look()) return false`,
    is: "  settle(job: TakenJob, how: Settlement): boolean | Promise<boolean> {",
    family: "freezes",
  },
  {
    name: "counts on the whole lease",
    file: "lease/lease",
    was: "HOLDER_SHARE = 0.9",
    is: "HOLDER_SHARE = 1.05",
    family: "freezes",
  },
  {
    name: "counts the lease from the answer to a renewal",
    file: "jobs/worker/job-leases",
    was: "job.renewed(sent)",
    is: "job.renewed(clock.now())",
    family: "leases",
  },
  {
    name: "renews a lease that is over",
    file: "jobs/worker/taken-job",
    was: "if (this.look()) return\n    this.#lease.renewed(sent)",
    is: "this.#lease.renewed(sent)",
    family: "leases",
  },
  {
    name: "renews no lease",
    file: "jobs/worker/job-leases",
    was: "leaseMs * RENEWAL) this.#renew(job)",
    is: "leaseMs * 9) this.#renew(job)",
    family: "calm",
  },
  {
    name: "takes what it reads for new",
    file: "jobs/store/pulse",
    was: "return this.#since",
    is: "return this.#clock.now()",
    family: "leases",
  },
  {
    name: "counts from the answer to a ping",
    file: "jobs/store/pulse",
    was: "this.#since = sent",
    is: "this.#since = this.#clock.now()",
    family: "leases",
  },
  {
    name: "lets a job go before its next attempt is stored",
    file: "jobs/worker/job-settler",
    was: '    const isStored = await this.#held.store(job, {\n      stream: "jobs",',
    is: '    await this.#held.settle(job, "done")\n    const isStored = await this.#held.store(job, {\n      stream: "jobs",',
    family: "calm",
  },
  {
    name: "lets a job go before it lies with the dead",
    file: "jobs/worker/job-settler",
    was: '      const isStored = await this.#held.store(job, {\n        stream: "dead",',
    is: '      await this.#held.settle(job, "done")\n      const isStored = await this.#held.store(job, {\n        stream: "dead",',
    family: "calm",
  },
  {
    name: "counts a job done before its result is stored",
    file: "jobs/worker/job-settler",
    was: "if (!(await this.#held.store(job, kept))) return",
    is: 'this.#held.settle(job, "done")\n      if (!(await this.#held.store(job, kept))) return',
    family: "calm",
  },
  {
    name: "runs a job whose next attempt is stored",
    file: "jobs/worker/successor",
    was: "return true\n      const own",
    is: "return false\n      const own",
    family: "network",
  },
  {
    name: "runs a job that lies with the dead",
    file: "jobs/worker/successor",
    was: "own === undefined || hasDied(job, dead)",
    is: "own === undefined",
    family: "network",
  },
  {
    name: "an enqueue is acknowledged before it is stored",
    file: "jobs/job-client",
    was: "existing = await this.#stored(",
    is: "existing = void this.#stored(",
    family: "network",
  },
  {
    name: "stores a delayed job to be done now beside its schedule",
    file: "jobs/job-finder",
    was: "if (!isDead && this.#store.abilities.hasSchedules) {",
    is: "if (!isDead && this.#store.abilities.hasSchedules && isDead) {",
    family: "network",
  },
  {
    name: "takes an enqueue without an answer for stored",
    file: "jobs/job-client",
    was: "else if (!isAway(error)) throw refusalIn(error)",
    is: "else if (!isAway(error)) throw refusalIn(error)\n        else return undefined",
    family: "network",
  },
  {
    name: "buries a job after its first death",
    file: "jobs/contract/job-record",
    was: "MOST_CRASHES = 3",
    is: "MOST_CRASHES = 1",
    family: "calm",
  },
  {
    name: "a stop of the worker counts as its death",
    file: "jobs/worker/job-settler",
    was: "await this.#held.store(job, new Excuses(store, names).message(seq, excused + 1))",
    is: "Array.of(Excuses, store, names, seq, excused)",
    family: "comings",
  },
  {
    name: "a tick is fired before the cursor is read",
    file: "cron/running-cron",
    was: "return { seq, firedMs: Math.max(last.atMs, sinceMs ?? 0) }",
    is: "return { seq, firedMs: this.#context.watchedMs - 2_000 }",
    family: "cron",
  },
  {
    name: "a tick is fired whatever the cursor says",
    file: "cron/running-cron",
    was: "headers: headers(), lastAt: over }",
    is: "headers: headers(), lastAt: undefined as never }",
    family: "cron",
  },
  {
    name: "fires on over a cursor that may be another's",
    file: "cron/running-cron",
    was: "this.#cursor = undefined\n        // Somebody",
    is: "// Somebody",
    family: "cron",
  },
  {
    name: "takes a tick without an answer for fired",
    file: "cron/running-cron",
    was: "        this.#cursor = undefined\n        // Somebody",
    is: `        if (isA(error, AlreadyThere)) this.#cursor = undefined
        else if (this.#cursor) this.#cursor = { ...this.#cursor, firedMs: this.#context.store.nowMs() }
        // Somebody`,
    family: "cron",
  },
  {
    name: "forgets what fell due before it led",
    file: "cron/decision",
    was: "const fire = [...missed, ...own]",
    is: "const fire = own",
    family: "cron",
  },
  {
    name: "fires the first of what was missed in place of the last",
    file: "cron/decision",
    was: ".at(-1)",
    is: ".at(0)",
    family: "cron",
  },
  {
    name: "stores the cursor before the job, where they are not stored together",
    file: "cron/running-cron",
    was: "  if (store.abilities.hasBatches) return store.storePair(cursor, job)",
    is: "  if (store.abilities.hasBatches) return store.storePair(cursor, job)\n  const stored = await store.store(cursor)\n  await store.store(job)\n  return stored",
    family: "cron",
  },
]
