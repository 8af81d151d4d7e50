/** Pressing keys in a real terminal, and the keys that only look: the same on the demo as on a real pool. */
import type { Test } from "tap"
import type { Terminal } from "../fixtures/tmux.js"

/** Presses a key, and passes once the screen is as wanted: a pattern of it, or what the message line says. */
export type Press = (key: string, wanted: RegExp | string) => Promise<string>

export function presser(t: Test, terminal: Terminal): Press {
  return async (key, wanted) => {
    terminal.keys(key)
    const sign = typeof wanted === "string" ? new RegExp(`^ ${wanted}$`, "m") : wanted
    const screen = await terminal.until(sign)
    t.match(screen, sign, `${key}: ${sign}`)
    return screen
  }
}

/** Has something else write on the screen, and Ctrl-L repair it. */
export async function repair(terminal: Terminal, press: Press): Promise<void> {
  // On a border, which is not painted again when time passes.
  terminal.scribble("\x1b[10;1Hsomething else wrote this")
  await terminal.until(/something else wrote this/)
  await press("C-l", /^(?![\s\S]*something else)/)
}

/** Every key that changes nothing but the screen, on a pool of a, b and c of which the first is selected. */
export async function look(press: Press): Promise<void> {
  await press("C-n", /^│▸2 {2}b/m)
  await press("Down", /^│▸3 {2}c/m)
  await press("C-p", /^│▸2 {2}b/m)
  await press("Up", /^│▸1 {2}a/m)
  await press("G", /^│▸3 {2}c/m)
  await press("g", /^│▸1 {2}a/m)
  await press("End", /^│▸3 {2}c/m)
  await press("Home", /^│▸1 {2}a/m)
  await press("C-d", /^│▸3 {2}c/m)
  await press("C-u", /^│▸1 {2}a/m)
  await press("NPage", /^│▸3 {2}c/m)
  await press("PPage", /^│▸1 {2}a/m)
  await press("?", / K {2}kill -9, asks first /)
  await press("x", /╭─ Members 3/)
  await press("/", /^ filter: _ +3 of 3 workers$/m)
  await press("c", /^ filter: c_ +1 of 3 workers$/m)
  await press("BSpace", /^ filter: _/m)
  await press("c", /^ filter: c_/m)
  await press("Enter", /╭─ Members 1 of 3 with "c"/)
  await press("Escape", /╭─ Members 3 (on \S+ )?─/)
  await press("p", /PAUSED \ds, \d+ missed ?$/m)
  await press("p", /live {2}\d/)
}
