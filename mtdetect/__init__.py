"""mtdetect: tell human English from machine-translated and synonym-spun copies.

>>> import mtdetect
>>> detector = mtdetect.load()
>>> detector.score("").label
'unsupported'

Names are imported on first use, so that ``mtdetect --help`` loads neither numpy nor a model.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    try:
        return getattr(importlib.import_module(home), name)
    except ModuleNotFoundError as error:
        if error.name not in ("mtdetect.features", "mtdetect.trained"):
            raise
        # Python looks in its own folder first, and in the source tree these two stand beside the package, not in it.
        raise ModuleNotFoundError(
            f"{__path__[0]} is the source tree, not what was installed: start Python in another folder, "
            "or install with pip install -e",
            name=error.name,
        ) from None


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
