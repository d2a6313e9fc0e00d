"""`python -m bnn_designer.kernels.build` builds the kernels now, not at their first use, and says what it does."""

from __future__ import annotations

import sys

from bnn_designer.errors import BnnDesignerError
from bnn_designer.kernels.built import build


def main() -> int:
    """Builds and says what happens; 2 if it cannot be done."""
    try:
        build(say=print)
    except BnnDesignerError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
