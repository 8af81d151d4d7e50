/**
 * Key presses by name, out of what Ink makes of the terminal's bytes. A chunk arrives whole ("jjk" is one
 * call), and what the Backspace key sends comes as `delete`, or as bare 0x7f when it is held.
 */
import type { Key } from "ink"

const NAMED: readonly [keyof Key, string][] = [
  ["escape", "escape"],
  ["upArrow", "up"],
  ["downArrow", "down"],
  ["leftArrow", "left"],
  ["rightArrow", "right"],
  ["pageUp", "page-up"],
  ["pageDown", "page-down"],
  ["home", "home"],
  ["end", "end"],
  ["return", "enter"],
  ["tab", "tab"],
  ["backspace", "backspace"],
  ["delete", "backspace"],
]

const CONTROL: Readonly<Record<string, string>> = {
  "\x03": "ctrl-c",
  "\b": "backspace",
  "\t": "tab",
  "\n": "enter",
  "\f": "ctrl-l",
  "\r": "enter",
  "\x0e": "ctrl-n",
  "\x10": "ctrl-p",
  "\x1a": "ctrl-z",
  "\x1b": "escape",
  "\x7f": "backspace",
}

/** The keys in one call of Ink's `useInput`, in the order in which they were pressed. */
export function keysOf(input: string, key: Partial<Key>): string[] {
  const named = NAMED.find(([flag]) => key[flag] === true)
  if (named) return [named[1]]
  if (key.ctrl) return [`ctrl-${input}`]
  if (key.meta) return []
  return [...input].flatMap((character) => {
    if (character >= " " && character !== "\x7f") return [character]
    return CONTROL[character] ?? []
  })
}
