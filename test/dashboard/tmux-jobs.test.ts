/** The page of jobs in a real terminal, on a real pool with several queues. */
import t from "tap"
import { PoolClient } from "../../src/client/client.js"
import type { QueueJob } from "../../src/jobs/contract/queue-job.js"
import { built } from "../fixtures/built.js"
import { tempFolder } from "../fixtures/folder.js"
import { testPool } from "../fixtures/pool.js"
import { shellIn, withoutTmux } from "../fixtures/tmux.js"
import { isWhole } from "./demo-terminal.js"
import { presser } from "./keys.js"

t.test(
  "what runs and what is dead is seen, and ended by a key",
  {
    skip: withoutTmux(),
  },
  async (t) => {
    const pool = await testPool(t)
    const terminal = await shellIn(t, tempFolder(t))
    terminal.run(`node ${built("cli.js")} dashboard --servers ${pool.server.url}`)
    await terminal.until(/╭─ Members 0/)
    const press = presser(t, terminal)
    await press("j", /This pool has no jobs[\s\S]*pool worker --handler mail\.js/)
    const slow = async (job: QueueJob) => {
      job.progress("half")
      await new Promise((_, reject) => {
        job.signal.addEventListener("abort", () => reject(job.signal.reason))
      })
    }
    const bad = () => {
      throw new Error("no way")
    }
    await pool.join("a", { jobs: { slow: { handler: slow, concurrency: 1 }, bad } })
    const client = await PoolClient.connect({ servers: pool.server.url })
    t.teardown(() => client.close())
    await client.enqueue("slow", "", { id: "first" })
    await client.enqueue("slow", "", { id: "second" })
    await client.enqueue("bad", "", { id: "third", attempts: 1 })
    await client.enqueue("slow", "", { id: "fourth", delayMs: 3_600_000 })
    // Servers without schedules have what is delayed among what waits.
    const slowRow = /^│.slow +(1 +1 +1|2 +1 +0) +0 /m
    const all = [/^│.bad +0 +0 +0 +1 /m, slowRow, /^│.third +bad +a .* no way/m]
    await terminal.until(
      (text) => all.every((sign) => sign.test(text)) && /first .* half/.test(text),
    )

    await press("G", /^│▸third/m)
    await press("d", /^ Forget third\? It is gone then, with its payload\.\n y forget it/m)
    await press("y", "forgot third")
    // The nearest row is selected then.
    await terminal.until(/^│▸first[\s\S]*╭─ Dead 0[\s\S]*Nothing is dead/m)
    await press("c", /^ Cancel first\?/m)
    await press("y", "cancelled first")
    await terminal.until(/^│.second +slow +a /m)
    for (const [columns, rows, sign] of [
      [
        60,
        16,
        /^ work +● .*\n QUEUE +WAIT +RUN LATER[\s\S]*\n RUNNING [\s\S]*second[\s\S]*\n DEAD/,
      ],
      [
        38,
        8,
        /^ ● leader a, .*\n( bad idle\n)?[ ▸]slow (1 wait )?1 run( 1 later)?\n[ ▸]+slow at a \d+[sm]\S* half\n/,
      ],
      [100, 30, /╭─ Queues 2 ─/],
    ] as const) {
      terminal.resize(columns, rows)
      await terminal.until((text) => sign.test(text) && isWhole(text, columns))
    }
    await press("j", /╭─ Members 1/)
    terminal.keys("q")
    await terminal.shell()
  },
)
