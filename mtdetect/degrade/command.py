"""Any external program as an engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from mtdetect.degrade.process import pipe
from mtdetect.errors import EngineError, UsageError


class Command:
    """An engine that runs an external program, which reads one text from standard input and writes one to standard output.

    The program is started once for each text, without a shell. A line break that it adds at the end is removed if the
    text had none. Whether it keeps the other line breaks and is deterministic depends on the program.

    Parameters
    ----------
    argv : sequence of str
        The program and its arguments.
    timeout : float
        Time limit in seconds for one text.
    """

    def __init__(self, argv: Sequence[str], *, timeout: float = 60.0) -> None:
        if isinstance(argv, str) or not argv:
            raise UsageError("a command must be a list: the program, then its arguments")
        self.argv = tuple(argv)
        self.timeout = timeout

    @property
    def name(self) -> str:
        """``command:`` and the program's file name."""
        return f"command:{PurePath(self.argv[0]).name}"

    def degrade(self, texts: Sequence[str], seed: int = 0) -> list[str]:
        """Run the program on each text; the seed is not used.

        Parameters
        ----------
        texts : sequence of str
            English.
        seed : int
            Ignored; it is part of the interface of engines.

        Returns
        -------
        list of str
            Output of the program for each text.

        Raises
        ------
        EngineError
            If the program is missing, fails, exceeds the time limit or writes anything but UTF-8.
        """
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> str:
        output = pipe([self.argv], text.encode("utf-8", "replace"), timeout=self.timeout)
        try:
            written = output.decode("utf-8")
        except UnicodeDecodeError as error:
            raise EngineError(f"{self.argv[0]}: its output is not UTF-8") from error
        return written if text.endswith("\n") else written.removesuffix("\n")
