import { EventEmitter } from "node:events"
import t from "tap"
import { Painter } from "../../../src/dashboard/screen/painter.js"

class FakeTerminal extends EventEmitter {
  columns = 20
  rows = 4
  written = ""

  write(text: string): boolean {
    this.written += text
    return true
  }

  /** What was written since the last time, with the escapes readable. */
  taken(): string {
    const text = this.written
      .replaceAll("\x1b[", "<")
      .replace("<?2026h", "{")
      .replace("<?2026l", "}")
    this.written = ""
    return text
  }
}

function setUp() {
  const terminal = new FakeTerminal()
  return { terminal, painter: new Painter(terminal) }
}

t.test("a frame is written line by line, each at its place, shown all at once", async (t) => {
  const { terminal, painter } = setUp()
  painter.paint(["one", "two"])
  t.equal(terminal.taken(), "{<1;1H<Kone<2;1H<Ktwo}")
})

t.test("then only the lines that changed are written", async (t) => {
  const { terminal, painter } = setUp()
  painter.paint(["one", "two", "three"])
  terminal.taken()
  painter.paint(["one", "2", "three"])
  t.equal(terminal.taken(), "{<2;1H<K2}")
  painter.paint(["one", "2", "three"])
  t.equal(terminal.taken(), "")
})

t.test(
  "from time to time everything is, in case something else wrote to the terminal",
  async (t) => {
    const { terminal, painter } = setUp()
    const whole: number[] = []
    for (let frame = 0; frame < 65; frame++) {
      painter.paint(["one", "two"])
      if (terminal.taken() !== "") whole.push(frame)
    }
    t.strictSame(whole, [0, 30, 60])
  },
)

t.test("never more lines than the terminal has", async (t) => {
  const { terminal, painter } = setUp()
  painter.paint(["1", "2", "3", "4", "5", "6"])
  t.notMatch(terminal.taken(), /<5;/)
})

t.test("a resize clears the screen and tells the canvas, not Ink", async (t) => {
  const { terminal, painter } = setUp()
  const told: object[] = []
  painter.on("resize", () => t.fail("Ink would write the frame of the old size"))
  const stop = painter.onResize(() => told.push(painter.size()))
  painter.paint(["one"])
  terminal.taken()
  Object.assign(terminal, { columns: 30, rows: 3 })
  terminal.emit("resize")
  t.equal(terminal.taken(), "<2J")
  t.strictSame(told, [{ columns: 30, rows: 3 }])
  painter.paint(["one"])
  t.equal(terminal.taken(), "{<1;1H<Kone}")
  terminal.emit("resize")
  t.equal(told.length, 1, "not when the size is as it was")
  stop()
})

t.test("the size is the same object until it changes", async (t) => {
  const { terminal, painter } = setUp()
  const before = painter.size()
  terminal.emit("resize")
  t.equal(painter.size(), before)
})

t.test("paused it writes nothing; then all of the last frame, in the size of then", async (t) => {
  const { terminal, painter } = setUp()
  painter.paint(["one", "two"])
  terminal.taken()
  painter.pause()
  painter.paint(["three", "four"])
  t.equal(terminal.taken(), "")
  painter.resume()
  t.equal(terminal.taken(), "<2J{<1;1H<Kthree<2;1H<Kfour}")
})

t.test("what Ink writes is not shown", async (t) => {
  const { terminal, painter } = setUp()
  painter.paint(["one"])
  terminal.taken()
  await new Promise<void>((done) => painter.write("\n", done))
  t.equal(terminal.taken(), "")
})

t.test("once closed it writes nothing and listens to nothing", async (t) => {
  const { terminal, painter } = setUp()
  painter.close()
  painter.paint(["one"])
  t.equal(terminal.taken(), "")
  t.equal(terminal.listenerCount("resize"), 0)
})
