import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import t from "tap"
import { render } from "../fixtures/render.js"
import { stage } from "./stage.js"

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

function heapMb(): number {
  collect()
  return process.memoryUsage().heapUsed / 1e6
}

t.test("a screen that changes for long keeps nothing of what it showed", async (t) => {
  const members = Array.from({ length: 12 }, (_, n) => ({ name: `worker-${n}`, agoMs: 1e6 - n }))
  const on = stage({ members, load: 20 })
  const screen = render(on.store, { columns: 100, rows: 30 })
  t.teardown(screen.unmount)
  const minutes = async (count: number) => {
    for (let second = 0; second < count * 60; second++) {
      on.source.fake.change(`worker-${second % 12}-${(second % 12) + 1}`, {
        state: second % 24 < 12 ? "paused" : "ready",
      })
      on.press("w", "down")
      const before = screen.frames()
      await on.pass(1000)
      await screen.until(() => screen.frames() > before)
    }
  }
  await minutes(1)
  const before = heapMb()
  const frames = screen.frames()
  await minutes(2)
  const grown = heapMb() - before
  const count = screen.frames() - frames
  t.comment(`${count} frames, ${grown.toFixed(2)} MB more`)
  t.ok(count >= 240)
  t.ok(grown < 0.5, `${grown.toFixed(2)} MB more after ${count} frames`)
})
