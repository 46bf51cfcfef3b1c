"""Errors that mtdetect raises on purpose.

Every error that a user can cause is a :class:`MtdetectError` with one line that names the input and the way out. The command line prints
only that line. Each is also a builtin error, so that ``except ValueError`` works.
"""

from __future__ import annotations


class MtdetectError(Exception):
    """Base of all errors raised on purpose."""


class UsageError(MtdetectError, ValueError):
    """An option or argument that makes no sense."""


class InputError(MtdetectError, ValueError):
    """An input that cannot be read."""


class ModelError(MtdetectError, ValueError):
    """A model or table that is missing, damaged or of another version."""


class MissingExtraError(MtdetectError, ImportError):
    """A feature whose optional packages are not installed."""


class EngineError(MtdetectError, RuntimeError):
    """A translation engine that is missing or failed."""
