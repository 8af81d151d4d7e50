/**
 * How long nobody answers tracked work when the leader changes: from the last answer of the old leader to the first
 * of its successor, as a requester sees it that asks again after each answer, and every millisecond without one.
 */
import { connect } from "nats"
import { Crew } from "../dist/crew.js"
import { freeName } from "../dist/free-name.js"
import { Asker, Signal } from "./asker.js"
import { type Figures, figuresOf } from "./figures.js"
import { type Counts, Requests } from "./requests.js"

const WORKERS = 3

/** Measures `rounds` changes of leader, each brought about by `change`. */
export async function changesOfLeader(
  url: string,
  rounds: number,
  change: (crew: Crew, leader: { name: string; pid: number }) => Promise<unknown>,
  onRound: (round: number) => void,
): Promise<{ gap: Figures; lost: number; requests: Counts }> {
  const joined = new Signal()
  const crew = await Crew.gather({
    settings: { pool: "bench", name: "a", connect: { servers: url }, logLevel: "silent" },
    onEvent: (event) => {
      if (event.type === "joined") joined.fire()
    },
    report: (problem, error) => console.error(problem, error),
  })
  const connection = await connect({ servers: url, noAsyncTraces: true })
  const asker = new Asker(connection, "bench")
  const requests = new Requests(connection, "bench")
  const gaps: number[] = []
  try {
    for (let n = 0; n < WORKERS; n += 1) await startOne(crew)
    asker.start()
    requests.start()
    for (let round = 0; round < rounds; round += 1) {
      await asker.steady(WORKERS)
      const before = asker.last
      const leader = crew.supervisor.workers.find(({ name }) => name === before?.worker)
      if (!before || !leader) throw new Error(`nobody knows the leader ${before?.worker}`)
      const gone = change(crew, leader)
      gaps.push((await asker.gapAfter(before.term)).ms)
      await gone
      while (crew.supervisor.workers.length < WORKERS) await startOne(crew)
      onRound(round + 1)
    }
    return { gap: figuresOf(gaps), lost: asker.lost, requests: await requests.stop() }
  } finally {
    asker.stop()
    await connection.close()
    await crew.disband()
  }
}

async function startOne(crew: Crew): Promise<void> {
  await crew.start(freeName(crew.supervisor.workers.map(({ name }) => name)))
}
