/**
 * The terminal, borrowed: switches to the alternate screen, shows the dashboard there, and gives the
 * terminal back as it was, whichever way this ends: a key, a signal, an uncaught error, Ctrl-Z.
 *
 * Restoring is synchronous, because after a signal there is no later.
 */
import { writeSync } from "node:fs"
import type { ReadStream, WriteStream } from "node:tty"
import { render } from "ink"
import type { Glyphs } from "../drawing/glyphs.js"
import type { DashboardStore } from "../state/store.js"
import { App } from "./app.js"
import { Painter } from "./painter.js"

/** Alternate screen, no cursor, and no wrapping where a terminal finds a character wider than we do. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
const LEAVE = "\x1b[?2026l\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const
type Signal = keyof typeof SIGNALS

export interface Screen {
  readonly stdin: ReadStream
  readonly stdout: WriteStream & { readonly fd: number }
  readonly glyphs: Glyphs
}

/** How the dashboard ended: with a code for the shell, and an error if it was one. */
export interface End {
  readonly code: number
  readonly error?: unknown
}

/** Shows `store` on the terminal until the user or the system ends it. */
export function show(store: DashboardStore, screen: Screen): Promise<End> {
  return new Promise((resolve) => {
    const shown = new Shown(store, screen, resolve)
    shown.begin()
  })
}

class Shown {
  readonly #store: DashboardStore
  readonly #screen: Screen
  readonly #resolve: (end: End) => void
  readonly #painter: Painter
  #ink: ReturnType<typeof render> | undefined
  #isOn = false
  #isOver = false

  constructor(store: DashboardStore, screen: Screen, resolve: (end: End) => void) {
    this.#store = store
    this.#screen = screen
    this.#resolve = resolve
    this.#painter = new Painter(screen.stdout)
  }

  begin(): void {
    const { stdin, glyphs } = this.#screen
    // For good: it may fail in being given back, and after that.
    stdin.on("error", this.#inputFailed)
    this.#enter()
    this.#listen("on")
    this.#store.exits = {
      quit: () => this.#end({ code: 0 }),
      suspend: () => this.#suspend(0),
      redraw: () => this.#painter.redraw(),
    }
    const app = <App store={this.#store} canvas={this.#painter} glyphs={glyphs} />
    // `debug`: each frame is handed over whole and at once, whatever it was before.
    const stdout = this.#painter as unknown as NodeJS.WriteStream
    const options = { stdin, stdout, debug: true, patchConsole: false, exitOnCtrlC: false }
    this.#ink = render(app, options)
    this.#ink.waitUntilExit().catch((error: unknown) => this.#end({ code: 1, error }))
  }

  #end(end: End): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#listen("off")
    this.#painter.close()
    try {
      this.#ink?.unmount()
    } finally {
      this.#leave()
      this.#resolve(end)
    }
  }

  /** Before anything is drawn, or a first Ctrl-C would be a signal, and other keys be seen on the screen. */
  #enter(): void {
    this.#isOn = true
    this.#screen.stdin.setRawMode(true)
    this.#write(ENTER)
  }

  readonly #leave = (): void => {
    if (!this.#isOn) return
    this.#isOn = false
    this.#screen.stdin.setRawMode(false)
    this.#write(LEAVE)
  }

  /** Stops like any program on Ctrl-Z: all of the job (`pid` 0), or this process, and goes on after `fg`. */
  #suspend(pid: number): void {
    this.#painter.pause()
    this.#leave()
    process.off("SIGTSTP", this.#stopped)
    process.kill(pid, "SIGTSTP")
    process.on("SIGTSTP", this.#stopped)
    this.#return()
  }

  readonly #stopped = () => this.#suspend(process.pid)

  /** Whoever stopped and continued us may have changed the terminal meanwhile. */
  readonly #continued = () => {
    // Node does nothing that it believes done.
    this.#screen.stdin.setRawMode(false)
    this.#return()
  }

  #return(): void {
    this.#enter()
    this.#painter.resume()
    // Who is stopped is not told of a new size: have Node look for one.
    process.kill(process.pid, "SIGWINCH")
  }

  /** Ends at the next turn: whoever else listens must see that this signal is heard, or they kill the process. */
  readonly #signalled = (signal: NodeJS.Signals) => {
    this.#painter.close()
    this.#leave()
    setImmediate(() => this.#end({ code: SIGNALS[signal as Signal] }))
  }

  /** A terminal that closes fails to be read in the instants before the signal that tells of it. */
  readonly #inputFailed = (error: NodeJS.ErrnoException) => {
    if (error.code === "EIO") this.#signalled("SIGHUP")
    else this.#failed(error)
  }

  readonly #failed = (error: unknown) => this.#end({ code: 1, error })

  #listen(how: "on" | "off"): void {
    for (const signal of Object.keys(SIGNALS)) process[how](signal, this.#signalled)
    process[how]("SIGTSTP", this.#stopped)
    process[how]("SIGCONT", this.#continued)
    process[how]("uncaughtException", this.#failed)
    process[how]("unhandledRejection", this.#failed)
    process[how]("exit", this.#leave)
  }

  #write(codes: string): void {
    try {
      writeSync(this.#screen.stdout.fd, codes)
    } catch {
      // The terminal is gone, or not ready for more: then this is the last that can be tried.
      this.#screen.stdout.write(codes)
    }
  }
}
