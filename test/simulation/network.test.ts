import t from "tap"
import { holdUp } from "./hold-up.js"

t.test("cuts, losses, stale reads and late answers: one leader at most, and one in the end", (t) =>
  holdUp(t, "network"),
)
