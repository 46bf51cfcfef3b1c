"""What can go wrong, by name.

Every error that a user can cause is a :class:`MtdetectError` with one line that names the input and the way out;
the command line prints that line and nothing else. Each also is the builtin it refines.
"""

from __future__ import annotations


class MtdetectError(Exception):
    """Base of all errors raised on purpose."""


class UsageError(MtdetectError, ValueError):
    """An option or argument that makes no sense."""


class InputError(MtdetectError, ValueError):
    """An input that cannot be read."""


class ModelError(MtdetectError, ValueError):
    """A model or table that is missing, foreign or damaged."""


class MissingExtraError(MtdetectError, ImportError):
    """A feature whose optional packages are not installed."""


class EngineError(MtdetectError, RuntimeError):
    """An engine of ``degrade`` that is missing or failed."""
