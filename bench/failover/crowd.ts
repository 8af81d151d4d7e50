/** A pool of very many members, in a few processes: what a hand-over takes must not depend on how many there are. */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { MAX_HEIRS } from "../../dist/protocol/crowd.js"
import type { Contender } from "./contenders.js"

const FILE = fileURLToPath(new URL("../scale/pool-members.js", import.meta.url))
const PROCESSES = 5
/** So many join before the others, as where a pool grows: one leads, and the rest are its heirs. */
const FIRST = 10

/** `members` of them, of whom the one that leads hands over, and stays. */
export async function crowdContender(url: string, members: number): Promise<Contender> {
  const pool = "bench-crowd"
  const size = Math.ceil((members - FIRST) / PROCESSES)
  const start = (first: number, count: number) =>
    fork(FILE, [pool, String(first), String(count), url])
  const processes = [start(0, FIRST)]
  await Promise.all(processes.map(joined))
  for (let n = 0; n < PROCESSES; n += 1) processes.push(start(FIRST + n * size, size))
  await Promise.all(processes.slice(1).map(joined))
  return {
    pool,
    heirs: MAX_HEIRS,
    async change(name) {
      processes[Math.floor((Number(name.slice(1)) - FIRST) / size) + 1]?.send(name)
    },
    async close() {
      for (const process of processes) process.disconnect()
      await Promise.all(processes.map((each) => each.exitCode ?? once(each, "exit")))
    },
  }
}

async function joined(process: ChildProcess): Promise<void> {
  const ended = once(process, "exit").then(([code]) => {
    throw new Error(`a process of the crowd ended with exit code ${code}`)
  })
  await Promise.race([once(process, "message"), ended])
}
