"""How a benchmark ends if its input is bad: with one line, as the commands do."""

from __future__ import annotations

import sys
from collections.abc import Callable

from mtdetect.errors import MtdetectError


def run_main(main: Callable[[], int | None]) -> None:
    """Run the main function of a benchmark and exit with its status; with 2, after one line that names the input, if that is bad."""
    try:
        sys.exit(main())
    except (MtdetectError, OSError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
