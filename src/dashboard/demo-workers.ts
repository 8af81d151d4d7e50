/** The workers of the demo: real ones, on pools inside this process, each as if it had a process of its own. */
import type { Backend } from "../backend/backend.js"
import { LocalPools } from "../backend/local-pools.js"
import { unawaited } from "../contracts/unawaited.js"
import { evict } from "../coordinator/eviction.js"
import { timingsOf } from "../lease/timings.js"
import type { Member } from "../protocol/member.js"
import { DEFAULT_POOL, namesOf } from "../protocol/names.js"
import { pause } from "../time/within.js"
import { joinPool, type PoolWorker } from "../worker/worker.js"
import { DemoProcess } from "./demo-process.js"
import type { Processes } from "./live-pool.js"

/** How long a process takes to start, and what is asked to be done, in ms. */
const START_MS = 110
const WORK_MS = 1.7

export class DemoWorkers extends LocalPools implements Processes {
  readonly #supervisor = super.backend("supervisor", namesOf(DEFAULT_POOL), timingsOf())
  /** By name, also of those that are about to join. */
  readonly #processes = new Map<string, DemoProcess>()
  readonly #workers = new Map<string, PoolWorker>()

  override backend(...of: Parameters<LocalPools["backend"]>): Backend {
    const process = new DemoProcess(super.backend(...of))
    this.#processes.set(of[0], process)
    return process.backend
  }

  /** Of all whose processes are there, also of those that are frozen and no members any more. */
  get names(): string[] {
    return [...this.#processes.keys()]
  }

  async start(name: string): Promise<void> {
    await pause(this.clock, START_MS)
    const worker: PoolWorker = await joinPool({
      ...{ local: this, name, allowControl: true },
      work: () => this.#work(name),
      leaderWork: () => this.#work(name),
    })
    this.#workers.set(name, worker)
    unawaited(worker.closed.then(() => this.#forget(name)))
  }

  frozen(id: string): Member | undefined {
    const worker = [...this.#workers.values()].find((one) => one.id === id)
    return worker && this.#processes.get(worker.name)?.isFrozen ? worker.member : undefined
  }

  freeze({ name }: Member): void {
    this.#processes.get(name)?.freeze()
  }

  thaw({ name }: Member): void {
    this.#processes.get(name)?.thaw()
  }

  async kill({ id, key, name }: Member): Promise<undefined> {
    await this.#processes.get(name)?.kill()
    this.#forget(name)
    const { bus, bucket, names, clock, timings } = this.#supervisor
    const witness = { bus, bucket, names, clock, stepMs: timings.stepMs, by: "supervisor" }
    unawaited(evict(witness, { key, id }, "killed"))
  }

  async close(): Promise<void> {
    for (const process of this.#processes.values()) await process.kill()
    await this.#supervisor.close()
  }

  #work(name: string): Promise<void> {
    const { clock } = this.#processes.get(name)?.backend ?? this
    return pause(clock, WORK_MS + Math.random())
  }

  #forget(name: string): void {
    this.#processes.delete(name)
    this.#workers.delete(name)
  }
}
