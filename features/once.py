"""Results that are computed once for one owner: a batch of texts, or the language tables.

Features and evidence ask for the same intermediate results. Each is kept under the function that computes it, so two
modules cannot use one key for different things.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Owner = TypeVar("Owner")
Result = TypeVar("Result")


class Once:
    """What functions returned for one owner.

    Two threads that ask at the same moment may both compute a result; it is the same result.
    """

    def __init__(self) -> None:
        self._results: dict[Callable[..., Any], Any] = {}

    def __call__(self, compute: Callable[[Owner], Result], owner: Owner) -> Result:
        """What ``compute(owner)`` returns, computed at the first call.

        Parameters
        ----------
        compute : callable
            A function or a bound method. Bound methods of one object are one key, and the key keeps the object alive.
        owner : object
            What the results belong to.
        """
        if compute not in self._results:
            self._results[compute] = compute(owner)
        result: Result = self._results[compute]
        return result
