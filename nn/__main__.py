"""python -m nn: train networks of scalar Values on real data, and use them."""

import os
import sys

from nn.commands import main

if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # the reader of our output has gone, as in `| head`
        sys.stdout = open(os.devnull, "w")
