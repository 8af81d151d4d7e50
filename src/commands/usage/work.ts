/** `pool work`: asks the pool, and says who answered and how fast. */
import { Command, Option } from "commander"
import { durationIn, wholeIn, withPoolFlags } from "../flags/flags.js"
import type { WorkFlags } from "../work.js"

const DEFAULT_TIMEOUT_MS = 2_000

/** The command, to be added to a program. */
export function workCommand(): Command {
  const concurrency = new Option(
    "--concurrency <n>",
    "with so many requests under way at once: shows how far it is, and in the end the rate and who did how much",
  )
  const timeout = new Option("-t, --timeout <time>", "for each answer")
  return withPoolFlags(new Command("work"))
    .description("ask any worker, or with --leader the leader")
    .argument("[payload]", "what to send (default: nothing); - reads it from standard input")
    .option("-l, --leader", "ask the leader; waits out a change of leader")
    .option("-c, --count <n>", "ask this often, one after another", wholeIn("--count", 1), 1)
    .addOption(concurrency.argParser(wholeIn("--concurrency", 1)).conflicts("raw"))
    .addOption(timeout.default(DEFAULT_TIMEOUT_MS, "2s").argParser(durationIn("--timeout")))
    .option(
      "--idempotent",
      "it may be done twice: repeat it where nobody knows whether it was done",
    )
    .option("--raw", "print the answer and nothing else")
    .option("--json", "print a JSON object for each answer; with --concurrency one for all")
    .addHelpText(
      "after",
      `
Exit codes: 0 answered, 1 a worker answered with an error, 2 bad usage, 3 nobody is there, 130 Ctrl-C.

Examples:
  pool work hello
  pool work --leader --count 100 hello
  pool work --count 100000 --concurrency 256 hello
  echo '{"to":"a"}' | pool work --pool mail -`,
    )
    .action(async (payload: string | undefined, flags: WorkFlags) => {
      const { ask } = await import("../work.js")
      await ask(payload, flags)
    })
}
