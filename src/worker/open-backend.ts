/** Opens what a worker stands on: on a server, or inside this process. */
import { hostname } from "node:os"
import type { Backend } from "../backend/backend.js"
import { type Reached, reachedBy } from "../backend/pool-options.js"
import { setDomain } from "../contracts/js-domain.js"
import { refusalIn } from "../errors/client-errors.js"
import { HistoryWriter } from "../history/history-stream.js"
import { Fence } from "../jetstream/fence.js"
import { findKvBucket } from "../jetstream/kv-bucket.js"
import { watchesOpened } from "../jetstream/kv-watch.js"
import { adjusted, openPool, poolOver, tellIfFar } from "../jetstream/open-pool.js"
import type { JobStore } from "../jobs/contract/job-store.js"
import { timingsOf } from "../lease/timings.js"
import { tellOfConnection } from "../nats/connection-troubles.js"
import { ServerMove } from "../nats/lame-duck.js"
import { serverNameIn } from "../nats/server-info.js"
import { httpAddressOf } from "../observe/http-address.js"
import type { StatusServer } from "../observe/status-server.js"
import { checkedName, DEFAULT_POOL, namesOf } from "../protocol/names.js"
import { Terms } from "../protocol/terms.js"
import { systemClock } from "../time/system-clock.js"
import type { WorkerOptions } from "./join-options.js"
import { checkLimits } from "./limits.js"
import { warmedUpOnce } from "./warm-up.js"

/** The backend that `options` ask for. Throws as `joinPool` does. */
export async function openBackend(options: WorkerOptions): Promise<Backend> {
  const name = checkedName(options.name ?? defaultName())
  const names = namesOf(options.pool ?? DEFAULT_POOL)
  const timings = timingsOf(options)
  checkLimits(options)
  const base = { name, names, timings, terms: new Terms() }
  if (options.http === undefined) return backendUnder(base, options)
  // Only those who ask for it load the metrics: a quarter of what there is to load.
  const { StatusServer } = await import("../observe/status-server.js")
  const status = await StatusServer.open({
    address: httpAddressOf(options.http),
    pool: names.pool,
    name,
    leaseMs: timings.leaseMs,
  })
  try {
    return withStatus(await backendUnder(base, options), status)
  } catch (error) {
    await status.close()
    throw error
  }
}

function withStatus(backend: Backend, status: StatusServer): Backend {
  return {
    ...backend,
    status,
    follow: (troubles, told) =>
      backend.follow(troubles, (isUp) => {
        status.connection(isUp)
        told(isUp)
      }),
    close: () => backend.close().finally(() => status.close()),
  }
}

type Base = Pick<Backend, "name" | "names" | "timings" | "terms">

async function backendUnder(base: Base, options: WorkerOptions): Promise<Backend> {
  const { name, names, timings } = base
  const { local, ...reached } = reachedBy(options)
  if (!local) return backendOnServer(base, reached, options)
  return local.backend(name, names, timings, adjusted(names, options.report))
}

async function backendOnServer(
  base: Base,
  reached: Reached,
  options: WorkerOptions,
): Promise<Backend> {
  const { name, names } = base
  const { connection: given, connect } = reached
  const { report } = options
  const asked = { names, timings: base.timings, report }
  if (given) setDomain(given, connect.jsDomain)
  const opening = given
    ? poolOver(given, asked)
    : openPool({
        connect: { ...connect, onWait: connect.onWait ?? report },
        name: `pool ${names.pool} worker ${name}`,
        ...asked,
      })
  const [pool] = await Promise.all([opening, warmedUpOnce()]).catch((error) => {
    throw refusalIn(error)
  })
  const { connection, bucket, timings } = pool
  if (report) tellIfFar(pool, report)
  const history = new HistoryWriter(connection, names, timings.replicas)
  let unfollow = () => {}
  let move: ServerMove | undefined
  const close = async () => {
    unfollow()
    move?.close()
    await Promise.all([history.settled(), watchesOpened(connection)])
    try {
      await (given ? connection.flush() : connection.drain())
    } catch {
      // Without a server there is nobody left to hear the rest.
      if (!given) await connection.close()
    }
  }
  // One for the jobs of a worker and for its cron.
  let jobs: Promise<JobStore> | undefined
  const openJobs = async (): Promise<JobStore> => {
    const { JetStreamJobs } = await import("../jobs/store/jetstream-jobs.js")
    const { replicas } = timings
    return JetStreamJobs.open({ connection, pool: names.pool, replicas, report })
  }
  return {
    ...{ ...base, timings },
    clock: systemClock,
    random: Math.random,
    bus: connection,
    bucket,
    serverName: () => serverNameIn(connection.info),
    maxPayload: connection.info?.max_payload,
    fence: new Fence(connection, names, timings.replicas),
    writeHistory: (record) => history.write(record),
    find: (pool) => findKvBucket(connection, namesOf(pool).bucket),
    follow: (troubles, told) => {
      unfollow()
      unfollow = tellOfConnection(connection, troubles, told)
    },
    ...(!given && {
      onServerGoing: (told) => {
        const own = new ServerMove(connection, () => told(own))
        move = own
      },
    }),
    openJobs: () => {
      jobs ??= openJobs().catch((error) => {
        jobs = undefined
        throw error
      })
      return jobs
    },
    close,
  }
}

/** Host and pid. */
export function defaultName(): string {
  const host = hostname().replace(/[^A-Za-z0-9_-]/g, "-")
  return `${host}-${process.pid}`.slice(-64)
}
