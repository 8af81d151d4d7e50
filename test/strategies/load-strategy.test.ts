import { writeFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { loadStrategy } from "../../src/strategies/load-strategy.js"
import { weightOf } from "../../src/strategies/machine-weight.js"
import { checkedStrategy } from "../../src/strategies/strategy-words.js"
import { tempFolder } from "../fixtures/folder.js"

t.test("a strategy is found by its name", async (t) => {
  const name = async (strategy?: string, prefer?: Record<string, string>) =>
    (await loadStrategy({ strategy, prefer })).name
  t.equal(await name(), "oldest")
  t.equal(await name("weight"), "weight")
  t.equal(await name("apart-from:mail"), "apart-from mail")
  t.equal(await name("weight", { zone: "a" }), "prefer zone=a, then weight")
})

t.test("what names no strategy is refused, with what would", async (t) => {
  for (const spec of ["", "youngest", "apart-from:", "apart-from:a.b"]) {
    t.throws(() => checkedStrategy(spec), { code: "bad-input" }, spec)
  }
  t.throws(() => checkedStrategy("youngest"), /expected oldest, weight, apart-from:<pool>/)
})

t.test("a strategy comes from a module's default export, function or object", async (t) => {
  const folder = tempFolder(t)
  const write = (file: string, text: string) => {
    writeFileSync(join(folder, file), text)
    return join(folder, file)
  }
  const fn = write("fn.mjs", "export default function youngest(all) { return all.reverse() }")
  t.equal((await loadStrategy({ strategy: fn })).name, "youngest")
  const object = 'export default { name: "mine", rank: (all) => all, why: () => "so" }'
  t.equal((await loadStrategy({ strategy: write("object.mjs", object) })).name, "mine")
  const useless = [
    "export const rank = 1",
    'export default { name: "mine", rank: (all) => all }',
    'export default { name: "mine", why: () => "so" }',
    'export default { rank: (all) => all, why: () => "so" }',
  ]
  for (const [n, text] of useless.entries()) {
    const strategy = write(`useless${n}.mjs`, text)
    await t.rejects(loadStrategy({ strategy }), /default export is a function that ranks/, text)
  }
  const broken = write("broken.mjs", "throw new Error('no idea')")
  await t.rejects(loadStrategy({ strategy: broken }), /a module, but no idea/)
  await t.rejects(loadStrategy({ strategy: join(folder, "gone.mjs") }), { code: "bad-input" })
})

t.test("a machine weighs its cores, and one more for every 4 GiB", async (t) => {
  const gib = 1024 ** 3
  t.equal(weightOf(2, 8 * gib), 4)
  t.equal(weightOf(16, 64 * gib), 32)
  t.equal(weightOf(0, 0), 1)
})

t.test("a module whose strategy can't be looked at is refused", async (t) => {
  const folder = tempFolder(t)
  const path = join(folder, "odd.mjs")
  writeFileSync(path, "export default { get rank() { throw { message: ['not', 'now'] } } }")
  const message = /--strategy: expected a module, but not; now, got /
  await t.rejects(loadStrategy({ strategy: path }), { code: "bad-input", message })
})
