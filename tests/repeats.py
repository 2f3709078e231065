"""How often tests repeat one kind of thing; SEEGRAD_THOROUGH=1 asks for ten times as much."""

import os
import sys


def repeats(usual):
    """`usual` in every run; a fifth of it where a measurement of coverage looks at each line."""
    if os.environ.get("SEEGRAD_THOROUGH") == "1":
        return 10 * usual
    return usual if sys.gettrace() is None else max(1, usual // 5)
