"""The HTTP service (extra ``serve``): verdicts and comparisons for programs in any language, and a web page.

A request passes ``guard`` (identity, limits, logs), ``app`` (routes, described by ``schemas``), ``pool`` (worker processes),
``work`` (what a worker does) and ``shapes`` (the answer in the format that the caller's system parses).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtdetect.serve.app import create_app
    from mtdetect.serve.settings import Settings

__all__ = ["Settings", "create_app"]

_MODULES = {"Settings": "mtdetect.serve.settings", "create_app": "mtdetect.serve.app"}


def __getattr__(name: str) -> Any:
    # A worker process imports this package, too, but must not load the web framework.
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module 'mtdetect.serve' has no attribute {name!r}")
    return getattr(importlib.import_module(module), name)
