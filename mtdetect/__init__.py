"""mtdetect: tell human English from machine-translated and synonym-spun copies.

>>> import mtdetect
>>> detector = mtdetect.load()
>>> detector.score("").label
'unsupported'

Names are imported on first use, so that ``mtdetect --help`` loads neither numpy nor a model.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec

    from mtdetect.comparison import Comparison, Substitution
    from mtdetect.detector import Detector, compare, load
    from mtdetect.errors import MtdetectError
    from mtdetect.originals import Originals
    from mtdetect.verdict import Evidence, Match, Reason, SentenceScore, Verdict
    from mtdetect.verification import SelfCheck, selfcheck

__version__ = "2026.12.0"

__all__ = [
    "Comparison",
    "Detector",
    "Evidence",
    "Match",
    "MtdetectError",
    "Originals",
    "Reason",
    "SelfCheck",
    "SentenceScore",
    "Substitution",
    "Verdict",
    "__version__",
    "compare",
    "load",
    "selfcheck",
]

_HOMES = {
    "Comparison": "mtdetect.comparison",
    "Detector": "mtdetect.detector",
    "Evidence": "mtdetect.verdict",
    "Match": "mtdetect.verdict",
    "MtdetectError": "mtdetect.errors",
    "Originals": "mtdetect.originals",
    "Reason": "mtdetect.verdict",
    "SelfCheck": "mtdetect.verification",
    "SentenceScore": "mtdetect.verdict",
    "Substitution": "mtdetect.comparison",
    "Verdict": "mtdetect.verdict",
    "compare": "mtdetect.detector",
    "load": "mtdetect.detector",
    "selfcheck": "mtdetect.verification",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'mtdetect' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _SourceTree:
    """Finds ``mtdetect.features`` and ``mtdetect.trained`` beside the package.

    The source tree holds both folders there; an installed package holds them inside. Python started in the source tree (``python -m
    pytest``) imports the package from there, whatever is installed. Only these two names are looked for:
    with the folder in ``__path__``, ``mtdetect.tests`` could be imported, too.
    """

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """Specification of one of the two packages; None for any other name."""
        if name not in ("mtdetect.features", "mtdetect.trained"):
            return None
        from importlib.machinery import PathFinder

        return PathFinder.find_spec(name, [os.path.dirname(__path__[0])])


if not os.path.exists(os.path.join(__path__[0], "features")) and os.path.exists(
    os.path.join(os.path.dirname(__path__[0]), "pyproject.toml")
):
    sys.meta_path.append(_SourceTree)
