"""Deprecated import path of :mod:`mtdetect.rendering.html_score`."""

from __future__ import annotations

import warnings

from mtdetect.rendering.html_score import ReportItem, html_report

__all__ = ["ReportItem", "html_report"]

warnings.warn(
    "mtdetect.report is deprecated; import mtdetect.rendering.html_score", DeprecationWarning, stacklevel=2
)
