import t from "tap"
import { holdUp } from "./hold-up.js"

t.test(
  "a claim deleted or spoiled by hand, a bucket purged or created anew: one leader at most, and one in the end",
  (t) => holdUp(t, "bucket"),
)
