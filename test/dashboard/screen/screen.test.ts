/** What the terminal itself can do to the screen; what a user can is in tmux-exits.test.ts. */
import { EventEmitter } from "node:events"
import { closeSync, openSync } from "node:fs"
import type { ReadStream, WriteStream } from "node:tty"
import t, { type Test } from "tap"
import { UNICODE } from "../../../src/dashboard/drawing/glyphs.js"
import { show } from "../../../src/dashboard/screen/screen.js"
import { FakeInput } from "../../fixtures/render.js"
import { stage } from "../stage.js"

/** Shown on a terminal whose input can fail. */
function shown(t: Test, stdin = new FakeInput(), output: object = { write: () => true }) {
  const fd = openSync("/dev/null", "w")
  t.teardown(() => closeSync(fd))
  const stdout = Object.assign(new EventEmitter(), { fd, columns: 80, rows: 24, ...output })
  const ended = show(stage().store, {
    stdin: stdin as unknown as ReadStream,
    stdout: stdout as unknown as WriteStream & { fd: number },
    glyphs: UNICODE,
  })
  const fail = (code: string) => stdin.emit("error", Object.assign(new Error(code), { code }))
  return { stdin, ended, fail }
}

t.test("input that fails as that of a terminal that closes is like its signal", async (t) => {
  const { ended, fail } = shown(t)
  fail("EIO")
  t.strictSame(await ended, { code: 129 })
  t.ok(fail("EIO"), "and it is heard afterwards as well")
})

t.test("keys are keys before anything is drawn, and until it is given back", async (t) => {
  const stdin = new FakeInput()
  const wasRaw: boolean[] = []
  const stdout = { write: () => wasRaw.push(stdin.isRaw) > 0 }
  const { ended } = shown(t, stdin, stdout)
  t.ok(wasRaw.length > 0, "it was drawn")
  process.emit("SIGTERM", "SIGTERM")
  await ended
  t.ok(wasRaw.every(Boolean))
  t.notOk(stdin.isRaw)
})

t.test("a terminal that can't be given back any more is no second failure", async (t) => {
  const { stdin, ended, fail } = shown(t)
  stdin.setRawMode = (isRaw) => {
    if (!isRaw) fail("EIO")
  }
  process.emit("SIGHUP", "SIGHUP")
  t.strictSame(await ended, { code: 129 })
})

t.test("input that fails in any other way is an error", async (t) => {
  const { ended, fail } = shown(t)
  fail("EBADF")
  t.match(await ended, { code: 1, error: { code: "EBADF" } })
})
