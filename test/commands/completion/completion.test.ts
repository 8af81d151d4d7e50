import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { built } from "../../fixtures/built.js"
import { runPool } from "../../fixtures/cli.js"
import { tempFolder } from "../../fixtures/folder.js"

function scriptFor(shell: string): string {
  const args = [built("cli.js"), "completion", shell]
  return spawnSync(process.execPath, args, { encoding: "utf8" }).stdout
}

const bash = scriptFor("bash")

/** What a real bash offers after these words; the last one is being typed. */
function offered(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(" ")
  const ask = `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _pool; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr, status } = spawnSync("bash", ["--norc", "-c", `${bash}\n${ask}`], {
    encoding: "utf8",
  })
  if (status !== 0 || stderr) throw new Error(`bash: ${stderr}`)
  return stdout.split("\n").filter(Boolean)
}

t.test("bash takes the script, and so does a strict one", async (t) => {
  for (const flags of [
    ["-n"],
    ["-eu", "-c", `${bash}\nCOMP_WORDS=(pool ''); COMP_CWORD=1; _pool`],
  ]) {
    const { status, stderr } = spawnSync("bash", ["--norc", ...flags], {
      input: bash,
      encoding: "utf8",
    })
    t.equal(stderr, "")
    t.equal(status, 0)
  }
})

t.test("bash completes every command that the help lists", async (t) => {
  const { out } = await runPool(t, ["--help"])
  const listed = [...out.matchAll(/^ {2}([a-z-]+) (?:\[|<)/gm)].map(([, name]) => name)
  t.ok(listed.length > 12, listed.join(" "))
  const known = offered("pool", "")
  t.strictSame(
    listed.filter((name) => name !== "help" && !known.includes(name ?? "")),
    [],
  )
  t.strictSame(offered("pool", "mem"), ["members"])
})

t.test("bash completes the flags of the command, and the values of a flag", async (t) => {
  t.strictSame(offered("pool", "worker", "--allow"), ["--allow-control"])
  t.ok(offered("pool", "work", "--").includes("--idempotent"))
  t.notOk(offered("pool", "work", "--").includes("--allow-control"))
  t.strictSame(offered("pool", "run", "--restart", ""), ["on-failure", "always", "never"])
  t.strictSame(offered("pool", "run", "--log-level", "w"), ["warn"])
  t.strictSame(offered("pool", "completion", "z"), ["zsh"])
  t.strictSame(offered("pool", "--verbose", "doctor", "--role", "ob"), ["observer"])
})

t.test(
  "where a file or a name is wanted, and behind --, the shell goes on by itself",
  async (t) => {
    t.strictSame(offered("pool", "worker", "--handler", ""), [])
    t.strictSame(offered("pool", "run", "--", "sh", "--"), [])
  },
)

for (const shell of ["zsh", "fish"]) {
  t.test(`${shell} gets the same commands, flags and values`, async (t) => {
    const script = scriptFor(shell)
    for (const word of ["members", "hand-over", "allow-control", "on-failure", "observer"]) {
      t.match(script, word)
    }
    const file = join(tempFolder(t), `pool.${shell}`)
    writeFileSync(file, script)
    const { status, stderr, error } = spawnSync(shell, ["-n", file], { encoding: "utf8" })
    if (error) return t.comment(`there is no ${shell} here: its syntax was not checked`)
    t.equal(stderr, "")
    t.equal(status, 0)
  })
}

t.test("a shell that is not known is refused", async (t) => {
  t.match(await runPool(t, ["completion", "csh"]), { code: 2, err: /csh/ })
})
