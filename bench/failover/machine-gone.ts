/**
 * A machine that is gone: worker and supervisor are stopped (SIGSTOP) at once, so that nobody gives a word and only the
 * lease tells. Measured from the last renewal that was heard to the first answer of the next leader.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { connect, type NatsConnection } from "nats"
import { findKvBucket } from "../../dist/jetstream/kv-bucket.js"
import { membersIn } from "../../dist/protocol/entries.js"
import type { Counts } from "./ongoing-requests.js"
import type { Requester } from "./requester.js"

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url))
const POOL = "bench-gone"
const NAMES = ["a", "b", "c"]
/** Short, for all of it is waited for in each round. */
export const GONE_LEASE_MS = 500

/** Measures `rounds` of them. */
export async function machinesGone(
  url: string,
  requester: Requester,
  rounds: number,
  onRound: () => void,
  leaseMs = GONE_LEASE_MS,
): Promise<{ gaps: number[]; requests: Counts }> {
  const supervisors = new Map(NAMES.map((name) => [name, supervised(url, name, leaseMs)]))
  const connection = await connect({ servers: url })
  const gaps: number[] = []
  try {
    await requester.startRequests(POOL)
    for (let round = 0; round < rounds; round += 1) {
      const { term, worker } = await requester.steady(POOL, NAMES.length - 1)
      const pids = [supervisors.get(worker)?.pid, await pidOf(connection, worker)]
      signal(pids, "SIGSTOP")
      const { sinceRenewalMs } = await requester.gapAfter(POOL, term)
      signal(pids, "SIGCONT")
      gaps.push(sinceRenewalMs)
      onRound()
    }
    return { gaps, requests: await requester.stopRequests() }
  } finally {
    await connection.close()
    for (const supervisor of supervisors.values()) supervisor.kill("SIGINT")
    await Promise.all([...supervisors.values()].map((each) => each.exitCode ?? once(each, "exit")))
  }
}

function supervised(url: string, name: string, leaseMs: number): ChildProcess {
  const timing = ["--lease", `${leaseMs}ms`, "--log-level", "silent"]
  const args = [CLI, "worker", "--pool", POOL, "--name", name, "--servers", url, ...timing]
  return spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] })
}

async function pidOf(connection: NatsConnection, worker: string): Promise<number | undefined> {
  const bucket = await findKvBucket(connection, `pool_${POOL}`)
  return membersIn((await bucket?.entries()) ?? []).find(({ name }) => name === worker)?.pid
}

function signal(pids: readonly (number | undefined)[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    if (!pid) throw new Error("nobody knows the processes of the leader")
    process.kill(pid, name)
  }
}
