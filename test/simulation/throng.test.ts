import t from "tap"
import { holdUp } from "./hold-up.js"

t.test("many that hear little, on a bad network: one leader at most, and one in the end", (t) =>
  holdUp(t, "throng"),
)
