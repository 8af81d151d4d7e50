/**
 * What each role may send and hear besides, in a pool that has jobs or cron. The streams are made, adjusted and handed out
 * from by workers alone; who enqueues, looks or gives orders finds them there.
 */
import { cronNamesOf } from "../cron/cron-names.js"
import { type JobNames, jobNamesOf } from "../jobs/contract/job-names.js"
import type { Permissions, Role } from "./permissions.js"

/** What `role` needs for the jobs and the cron of `pool`, and nothing of what it needs without them. */
export function jobPermissionsOf(role: Role, pool: string): Permissions {
  const names = jobNamesOf(pool)
  const cron = cronNamesOf(pool)
  const { jobsStream, deadStream, running, cancel } = names
  const looking = {
    publish: [
      ...readingOf(names),
      `$JS.API.CONSUMER.LIST.${jobsStream}`,
      running,
      // Whoever leads says here what it fires.
      cron.ask,
    ],
    subscribe: [],
    isAnswering: false,
  }
  switch (role) {
    case "requester":
      return { publish: [], subscribe: [], isAnswering: false }
    case "enqueuer":
      return {
        publish: [
          ...readingOf(names),
          `${pool}.job.>`,
          `${pool}.later.>`,
          running,
          // To cancel: what runs is told, what waits is removed, and both are told of.
          cancel,
          `$JS.API.STREAM.MSG.DELETE.${jobsStream}`,
          `${pool}.done.>`,
        ],
        subscribe: [`${pool}.done.>`, `${pool}.progress.>`],
        isAnswering: false,
      }
    case "observer":
      return looking
    case "operator":
      return {
        ...looking,
        publish: [
          ...looking.publish,
          cancel,
          // Removed: what is cancelled, brought back or forgotten.
          ...[jobsStream, deadStream].map((stream) => `$JS.API.STREAM.MSG.DELETE.${stream}`),
          `${pool}.job.>`,
          // What is delayed, and is to be done now.
          `${pool}.later.>`,
          `${pool}.done.>`,
          `$JS.API.CONSUMER.PAUSE.${jobsStream}.*`,
          // A queue that is resumed is woken by a request to which nobody listens.
          `$JS.API.CONSUMER.MSG.NEXT.${jobsStream}.*`,
          cron.definitions,
        ],
      }
    case "worker":
      return {
        publish: [
          ...readingOf(names),
          ...["CREATE", "UPDATE"].flatMap((verb) =>
            [jobsStream, deadStream].map((stream) => `$JS.API.STREAM.${verb}.${stream}`),
          ),
          `$JS.API.STREAM.MSG.DELETE.${jobsStream}`,
          `$JS.API.CONSUMER.CREATE.${jobsStream}.>`,
          `$JS.API.CONSUMER.INFO.${jobsStream}.*`,
          `$JS.API.CONSUMER.LIST.${jobsStream}`,
          `$JS.API.CONSUMER.MSG.NEXT.${jobsStream}.*`,
          `$JS.ACK.${jobsStream}.>`,
          ...["job", "later", "dead", "tick", "excused", "result", "done", "progress"].map(
            (word) => `${pool}.${word}.>`,
          ),
          cron.ask,
        ],
        subscribe: [running, cancel, cron.ask],
        isAnswering: true,
      }
  }
}

function readingOf({ jobsStream, deadStream }: JobNames): string[] {
  return ["INFO", "MSG.GET"].flatMap((verb) =>
    [jobsStream, deadStream].map((stream) => `$JS.API.STREAM.${verb}.${stream}`),
  )
}

/** What `role` needs with and without jobs, as one user of the server has it. */
export function together(base: Permissions, jobs: Permissions): Permissions {
  return {
    publish: [...base.publish, ...jobs.publish],
    subscribe: [...base.subscribe, ...jobs.subscribe],
    isAnswering: base.isAnswering || jobs.isAnswering,
  }
}
