import t from "tap"
import { keysOf } from "../../../src/dashboard/keys/key-names.js"
import { commandOf, KEYMAP } from "../../../src/dashboard/keys/keymap.js"

t.test("no key does two things", async (t) => {
  const keys = KEYMAP.flatMap(({ keys }) => keys)
  t.strictSame(keys, [...new Set(keys)])
})

t.test("the keys are those of the design", async (t) => {
  const all = Object.fromEntries(KEYMAP.map(({ command, keys }) => [command, keys.join(" ")]))
  t.strictSame(all, {
    simple: "w",
    tracked: "t",
    burst: "B",
    jobs: "j",
    stop: "s",
    kill: "K",
    restart: "r",
    "hand-over": "h",
    freeze: "z",
    rest: "P",
    start: "n",
    "lame-duck": "l",
    "bring-back": "b",
    "bring-back-empty": "E",
    switch: "tab",
    cancel: "c",
    discard: "d",
    up: "up ctrl-p",
    down: "down ctrl-n",
    "page-up": "page-up ctrl-u ctrl-b",
    "page-down": "page-down ctrl-d ctrl-f",
    first: "g home",
    last: "G end",
    filter: "/",
    pause: "p",
    redraw: "ctrl-l",
    help: "?",
    clear: "escape",
    suspend: "ctrl-z",
    quit: "q ctrl-c",
  })
})

t.test("what kills is upper case", async (t) => {
  t.equal(commandOf("K"), "kill")
  t.equal(commandOf("k"), undefined)
  t.equal(commandOf("x"), undefined)
})

t.test("every command has its line in the help, or shares one", async (t) => {
  const unshown = KEYMAP.filter(({ shown }) => !shown).map(({ command }) => command)
  t.strictSame(unshown, ["bring-back-empty", "down", "page-up", "page-down", "last", "clear"])
  for (const { shown, help } of KEYMAP) t.equal(Boolean(shown), help !== "")
})

t.test("a chunk becomes its keys, in order", async (t) => {
  t.strictSame(keysOf("jjK", {}), ["j", "j", "K"])
  t.strictSame(keysOf("a\rb\x7f\x7f", {}), ["a", "enter", "b", "backspace", "backspace"])
  t.strictSame(keysOf("j\x03\x1a\f", {}), ["j", "ctrl-c", "ctrl-z", "ctrl-l"])
  t.strictSame(keysOf("\x00j", {}), ["j"])
})

t.test("keys with names come by name", async (t) => {
  t.strictSame(keysOf("", { upArrow: true }), ["up"])
  t.strictSame(keysOf("", { pageDown: true }), ["page-down"])
  t.strictSame(keysOf("\r", { return: true }), ["enter"])
  t.strictSame(keysOf("", { delete: true }), ["backspace"], "what Backspace sends comes as delete")
  t.strictSame(keysOf("", { backspace: true }), ["backspace"])
})

t.test("escape sets meta as well, and is escape", async (t) => {
  t.strictSame(keysOf("", { escape: true, meta: true }), ["escape"])
  t.strictSame(keysOf("s", { meta: true }), [], "Alt and a key is not that key")
})

t.test("control and a letter", async (t) => {
  t.strictSame(keysOf("c", { ctrl: true }), ["ctrl-c"])
  t.strictSame(keysOf("z", { ctrl: true }), ["ctrl-z"])
})
