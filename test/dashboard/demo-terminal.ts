/** The demo in a real terminal, begun from a shell on which something stands. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Test } from "tap"
import { built } from "../fixtures/built.js"
import { shellIn, type Terminal, type TerminalOptions } from "../fixtures/tmux.js"

export interface Running {
  readonly terminal: Terminal
  readonly pid: number
  readonly folder: string
}

export interface DemoOptions extends Partial<TerminalOptions> {
  /** The command to begin it with. */
  readonly run?: string
  /** What shows that it runs. */
  readonly sign?: RegExp
}

export async function demo(t: Test, options: DemoOptions = {}): Promise<Running> {
  const folder = t.testdir({
    "demo.mjs": `
      import { writeFileSync } from "node:fs"
      import { outliveReaders, outliveTerminal } from ${JSON.stringify(built("commands/terminal/output.js"))}
      import { runDemo } from ${JSON.stringify(built("dashboard/start.js"))}
      outliveReaders()
      outliveTerminal()
      process.on("SIGUSR2", () => { throw new Error("thrown by the test") })
      writeFileSync("pid", String(process.pid))
      process.exitCode = await runDemo(JSON.parse(process.argv[2] ?? "{}"))
      console.log("ended by itself")
    `,
  })
  const terminal = await shellIn(t, folder, options)
  terminal.run(options.run ?? "node demo.mjs")
  await terminal.until(options.sign ?? /live {2}\d\d:\d\d:\d\d/)
  return { terminal, pid: Number(readFileSync(join(folder, "pid"), "utf8")), folder }
}

/** Whether every frame that begins on a line also ends there, at the right edge. */
export function isWhole(screen: string, columns: number): boolean {
  return screen.split("\n").every((line) => !/^[╭│╰]/.test(line) || [...line].length === columns)
}
