"""Cache of results that belong to one object: a batch of texts, or the language tables.

Features and evidence need the same intermediate results. The key of a result is the function that computes it, so two modules
cannot use one key for different results.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Owner = TypeVar("Owner")
Result = TypeVar("Result")


class Once:
    """Results of functions for one object.

    Two threads may both compute a missing result; both get the same value.
    """

    def __init__(self) -> None:
        self._results: dict[Callable[..., Any], Any] = {}

    def __call__(self, compute: Callable[[Owner], Result], owner: Owner) -> Result:
        """Result of ``compute(owner)``, computed at the first call.

        Parameters
        ----------
        compute : callable
            A function or a bound method. A bound method as a key keeps its object alive.
        owner : object
            The object that the results belong to.
        """
        if compute not in self._results:
            self._results[compute] = compute(owner)
        result: Result = self._results[compute]
        return result
