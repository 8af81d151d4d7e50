/** What the terminal itself can do to the screen; what a user can is in tmux-exits.test.ts. */
import { EventEmitter } from "node:events"
import { closeSync, openSync } from "node:fs"
import type { ReadStream, WriteStream } from "node:tty"
import t, { type Test } from "tap"
import { UNICODE } from "../../src/dashboard/glyphs.js"
import { show } from "../../src/dashboard/screen.js"
import { FakeInput } from "../fixtures/render.js"
import { stage } from "./stage.js"

/** Shown on a terminal whose input can fail. */
function shown(t: Test) {
  const stdin = new FakeInput()
  const fd = openSync("/dev/null", "w")
  t.teardown(() => closeSync(fd))
  const stdout = Object.assign(new EventEmitter(), { fd, columns: 80, rows: 24, write: () => true })
  const ended = show(stage().store, {
    stdin: stdin as unknown as ReadStream,
    stdout: stdout as unknown as WriteStream & { fd: number },
    look: { glyphs: UNICODE },
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
