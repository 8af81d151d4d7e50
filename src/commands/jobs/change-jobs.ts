/** What `pool jobs cancel`, `retry`, `discard`, `pause` and `resume` do. */
import { BadInput } from "../../errors/errors.js"
import { NoSuchJob } from "../../errors/job-errors.js"
import { checkedJobId, checkedQueue } from "../../jobs/contract/job-names.js"
import type { JobClient } from "../../jobs/job-client.js"
import type { FoundJob } from "../../jobs/job-finder.js"
import { pauseJobs, withDead } from "../../operator/pool-jobs.js"
import type { PoolFlags } from "../flags/flags.js"
import { withJobs } from "./jobs-of-pool.js"

export interface ChangeFlags extends PoolFlags {
  json?: boolean
  dead?: boolean
  queue?: string
  reason?: string
}

/** Ends the job `id`, wherever it is. Throws NoSuchJob. */
export async function cancelJob(id: string, flags: ChangeFlags): Promise<void> {
  const reason = flags.reason ?? "cancelled"
  await onJobs(id, flags, ({ finder }) => finder.mustCancel(id, reason))
}

/** Has a dead or delayed job done now; with `--dead` all of the dead. */
export async function retryJobs(id: string | undefined, flags: ChangeFlags): Promise<void> {
  if (id !== undefined) return onJobs(id, flags, ({ finder }) => finder.retry(id))
  await onDead(flags, async ({ finder }, found) => finder.bringBack(found))
}

/** Forgets a dead job; with `--dead` all of them. */
export async function discardJobs(id: string | undefined, flags: ChangeFlags): Promise<void> {
  if (id !== undefined) return onJobs(id, flags, ({ finder }) => finder.discard(id))
  await onDead(
    flags,
    async ({ store }, { message }) => void (await store.remove("dead", message.seq)),
  )
}

/** Hands out no job of `queue` until it is resumed, or again. */
export async function pauseQueue(queue: string, isOn: boolean, flags: ChangeFlags): Promise<void> {
  checkedQueue(queue)
  await withJobs(flags, async (jobs) => {
    if (!jobs || !(await pauseJobs(jobs, queue, isOn))) {
      throw new BadInput("queue", "one that a worker has served", queue)
    }
    said({ queue, paused: isOn }, `${queue} ${isOn ? "paused" : "goes on"}`, flags)
  })
}

async function onJobs(
  id: string,
  flags: ChangeFlags,
  act: (jobs: JobClient) => Promise<void>,
): Promise<void> {
  checkedJobId(id)
  if (flags.dead || flags.queue !== undefined) {
    throw new BadInput("id", "none beside --dead and --queue, which mean all that are dead", id)
  }
  await withJobs(flags, async (jobs) => {
    if (!jobs) throw new NoSuchJob(flags.pool, id)
    await act(jobs)
    said({ id }, `${id}: done`, flags)
  })
}

async function onDead(
  flags: ChangeFlags,
  act: (jobs: JobClient, found: FoundJob) => Promise<void>,
): Promise<void> {
  const { dead, queue } = flags
  if (!dead) {
    throw new BadInput("id", "the id of a job, or --dead for all that are dead", undefined)
  }
  if (queue !== undefined) checkedQueue(queue)
  await withJobs(flags, async (jobs) => {
    const count = jobs ? await withDead(jobs, queue, (found) => act(jobs, found)) : 0
    said({ count }, `${count} ${count === 1 ? "job" : "jobs"}`, flags)
  })
}

function said(plain: object, line: string, { json }: ChangeFlags): void {
  console.log(json ? JSON.stringify(plain) : line)
}
