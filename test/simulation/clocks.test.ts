import t from "tap"
import { holdUp } from "./hold-up.js"

t.test(
  "frozen and suspended members, clocks that run fast or jump: one leader at most, and one in the end",
  (t) => holdUp(t, "clocks"),
)
