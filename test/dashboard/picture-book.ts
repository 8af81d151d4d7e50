/**
 * Compares a screen with its picture in `pictures/`, a text file that looks just like it. TAP_SNAPSHOT=1 draws
 * the pictures anew: then look at each of them.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Test } from "tap"

const BOOK = join(import.meta.dirname, "pictures")

export function matchesPicture(t: Test, name: string, screen: string): void {
  const file = join(BOOK, `${name}.txt`)
  // A picture shows no blanks at the ends of its lines; the widths have a test of their own.
  const text = screen.replace(/ +$/gm, "")
  if (process.env.TAP_SNAPSHOT === "1") {
    mkdirSync(BOOK, { recursive: true })
    writeFileSync(file, text)
  }
  t.equal(text, readFileSync(file, "utf8"), name)
}
