/**
 * What each role may send and hear, for a server that allows no more than is needed. The configuration under `deploy/`
 * is held against this list by a test, and `pool doctor` tries it out.
 */
import type { PoolNames } from "../protocol/names.js"

/**
 * `worker`: joins the pool. `requester`: asks for work. `enqueuer`: has jobs done, see `job-permissions.ts`. `observer`: sees
 * who is there, who leads, and how they fare. `operator`: the same, and gives orders.
 */
export const ROLES = ["worker", "requester", "enqueuer", "observer", "operator"] as const
export type Role = (typeof ROLES)[number]

export interface Permissions {
  /** Subjects it may send to. */
  readonly publish: readonly string[]
  /** Subjects it may listen to. */
  readonly subscribe: readonly string[]
  /** Whether it may answer what it was asked. */
  readonly isAnswering: boolean
}

/** Where answers come back to, unless a context names another prefix. */
const INBOX = "_INBOX.>"

/** The least that `role` needs in the pool with these names, if that has no jobs. */
export function permissionsOf(role: Role, names: PoolNames): Permissions {
  switch (role) {
    case "worker":
      return worker(names)
    case "requester":
      return {
        publish: [names.work, names.leader, names.held],
        subscribe: [names.claim, INBOX],
        isAnswering: false,
      }
    case "enqueuer":
      return { publish: [], subscribe: [INBOX], isAnswering: false }
    case "observer":
      return observer(names)
    case "operator": {
      const { publish, ...rest } = observer(names)
      return { ...rest, publish: [...publish, names.control("*")] }
    }
  }
}

function worker(names: PoolNames): Permissions {
  const { pool, bucket, historyStream } = names
  const services = [pool, `${pool}-leader`].flatMap((name) => [
    `$SRV.*.${name}`,
    `$SRV.*.${name}.*`,
  ])
  return {
    publish: [
      ...readingOf(bucket),
      `$JS.API.STREAM.CREATE.KV_${bucket}`,
      `$JS.API.STREAM.UPDATE.KV_${bucket}`,
      `$KV.${bucket}.>`,
      `$JS.API.STREAM.INFO.${historyStream}`,
      `$JS.API.STREAM.CREATE.${historyStream}`,
      names.history,
      names.claim,
      names.heir("*"),
      // A full member passes a request on.
      names.work,
    ],
    subscribe: [
      names.work,
      names.leader,
      names.held,
      names.claim,
      names.heir("*"),
      names.control("*"),
      "$SRV.*",
      ...services,
      INBOX,
    ],
    isAnswering: true,
  }
}

function observer({ bucket, historyStream, claim }: PoolNames): Permissions {
  return {
    publish: [
      ...readingOf(bucket),
      `$JS.API.STREAM.INFO.${historyStream}`,
      `$JS.API.STREAM.MSG.GET.${historyStream}`,
      "$SRV.>",
    ],
    subscribe: [claim, INBOX],
    isAnswering: false,
  }
}

/** Reading a bucket and watching it. */
function readingOf(bucket: string): string[] {
  const stream = `KV_${bucket}`
  return [
    "$JS.API.INFO",
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.>`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.INFO.${stream}.*`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    `$JS.FC.${stream}.>`,
  ]
}
