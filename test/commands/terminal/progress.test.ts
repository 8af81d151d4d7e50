import t from "tap"
import { progressLine } from "../../../src/commands/terminal/progress.js"

t.test(
  "progress is what is done of all, how fast, what failed, and what is left at that pace",
  async (t) => {
    t.equal(
      progressLine({ done: 25_000, count: 100_000, errors: 0 }, 1000),
      "25,000 of 100,000 (25%), 25,000/s, 0 errors, 3s left",
    )
    t.equal(
      progressLine({ done: 99_999, count: 100_000, errors: 1 }, 600_000),
      "99,999 of 100,000 (99%), 167/s, 1 error, 0s left",
    )
    t.equal(progressLine({ done: 0, count: 7, errors: 0 }, 0), "0 of 7 (0%), 0/s, 0 errors")
  },
)
