/** `pool server`: a nats-server on this machine, found or fetched, run until Ctrl-C. */
import { Command } from "commander"
import { BadInput } from "../../errors/errors.js"
import { DEFAULT_PORT } from "../../nats-server/default-port.js"
import { DEFAULT_STEPS, type FetchStep, isFetchStep } from "../../nats-server/fetch-step.js"
import { portIn } from "../flags/flags.js"
import type { ServerFlags } from "../server.js"

const WAYS = [...DEFAULT_STEPS, "debian:<suite>"].join(", ")

/** The command, to be added to a program. */
export function serverCommand(): Command {
  return new Command("server")
    .description("run a nats-server on this machine until Ctrl-C; find or fetch one first")
    .option("--port <port>", "port for clients", portIn, DEFAULT_PORT)
    .option("--config <file>", "configuration (default: the one that comes with this package)")
    .option("--fetch-only", "print the path of the program, and do not run it")
    .option("--by <ways>", `fetch one, in these ways only: ${WAYS}`, stepsIn)
    .option("--into <folder>", "fetch one into this folder, unless it is there already")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  pool server
  pool server --port 4333 --config ./nats-server.conf
  pool server --fetch-only --by release --into ./bin`,
    )
    .action(async (flags: ServerFlags) => {
      const { serve } = await import("../server.js")
      await serve(flags)
    })
}

function stepsIn(text: string): FetchStep[] {
  const steps = text.split(",").map((step) => step.trim())
  if (!steps.every(isFetchStep)) throw new BadInput("--by", `some of ${WAYS}`, text)
  return steps
}
