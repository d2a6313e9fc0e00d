"""`python -m bnn_designer.kernels.build` builds the kernels now, not at their first use, and says what it does."""

from __future__ import annotations

import sys

from bnn_designer.errors import BnnDesignerError
from bnn_designer.folders import cache_dir
from bnn_designer.kernels.attempts import forget_failures
from bnn_designer.kernels.built import build


def main() -> int:
    """Builds, also where that failed before, and says what happens; 2 if it cannot be done."""
    forget_failures(cache_dir())
    try:
        build(say=print)
    except BnnDesignerError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
