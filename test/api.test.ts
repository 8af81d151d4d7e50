import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import t from "tap"

const ROOT = join(import.meta.dirname, "..")

// typedoc.json makes an error of whatever has no words, and of types that are used and not exported.
t.test("everything that a program can import is documented", async (t) => {
  const typedoc = join(ROOT, "node_modules/typedoc/bin/typedoc")
  const args = [typedoc, "--emit", "none", "--logLevel", "Warn"]
  const said = await promisify(execFile)(process.execPath, args, { cwd: ROOT }).then(
    ({ stdout, stderr }) => stdout + stderr,
    ({ stdout, stderr }) => `${stdout}${stderr}and failed`,
  )
  t.equal(said, "")
})
