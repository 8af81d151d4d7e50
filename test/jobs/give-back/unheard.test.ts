import t from "tap"
import { unheard } from "../../../src/jobs/give-back/unheard.js"
import { ManualClock } from "../../fixtures/manual-clock.js"

const named = (name: string) => Object.assign(new Error(name), { name })

/** Asks a server whose answers are these, one after another; none: it is silent from then on. */
function stage(...answers: Error[]) {
  const clock = new ManualClock()
  const asked: string[] = []
  const request = (subject: string, _: unknown, { timeout = 0 } = {}) => {
    asked.push(subject)
    const error = answers[asked.length - 1]
    return new Promise<never>((_resolve, reject) => {
      if (error) reject(error)
      else clock.after(timeout, () => reject(named("TimeoutError")))
    })
  }
  let isOver = false
  const over = unheard({ request } as never, "work.heir.a", clock).then(() => {
    isOver = true
  })
  return { clock, asked, over, isOver: () => isOver }
}

t.test("the dead are given back for once the server says that nobody hears them", async (t) => {
  const { asked, over } = stage(named("TimeoutError"), named("NoRespondersError"))
  await over
  t.strictSame(asked, ["work.heir.a", "work.heir.a"])
})

t.test("somebody who listens to everything holds that up for 50 ms", async (t) => {
  const { clock, asked, isOver } = stage()
  await clock.pass(49)
  t.notOk(isOver())
  await clock.pass(1)
  t.ok(isOver())
  t.equal(asked.length, 5)
})

t.test("where nothing can be asked nobody waits", async (t) => {
  const { asked, over } = stage(named("ClosedConnectionError"))
  await over
  t.equal(asked.length, 1)
})
