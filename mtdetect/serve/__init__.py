"""The HTTP service (extra ``serve``): the same answers for programs in any language, and a page for people.

A request goes ``guard`` (identity, limits, logs) → ``app`` (routes, described by ``schemas``) → ``pool`` (worker processes) →
``work`` (what a worker does) → ``shapes`` (the answer as the caller's system parses it).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtdetect.serve.app import create_app
    from mtdetect.serve.settings import Settings

__all__ = ["Settings", "create_app"]

_HOMES = {"Settings": "mtdetect.serve.settings", "create_app": "mtdetect.serve.app"}


def __getattr__(name: str) -> Any:
    # A worker process imports this package, too, and needs none of the web.
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'mtdetect.serve' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)
