"""Any program as an engine: one text on its standard input, one on its standard output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from mtdetect.degrade.process import pipe
from mtdetect.errors import EngineError, UsageError


class Command:
    """An external program that reads one text and writes one.

    It is started once for each text, without a shell. Whether it keeps the newlines, and whether it does the
    same thing twice, is its own affair; a newline that it adds at the very end is taken off again if the text
    had none.

    Parameters
    ----------
    argv : sequence of str
        The program and its arguments.
    timeout : float
        Seconds that it may take for one text.
    """

    def __init__(self, argv: Sequence[str], *, timeout: float = 60.0) -> None:
        if isinstance(argv, str) or not argv:
            raise UsageError("a command is a list: the program, then its arguments")
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
            Accepted, because every engine takes one.

        Returns
        -------
        list of str
            What the program wrote for each.

        Raises
        ------
        EngineError
            If the program is missing, fails, is too slow or writes something that is not UTF-8.
        """
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> str:
        output = pipe([self.argv], text.encode("utf-8", "replace"), timeout=self.timeout)
        try:
            written = output.decode("utf-8")
        except UnicodeDecodeError as error:
            raise EngineError(f"{self.argv[0]}: wrote something that is not UTF-8") from error
        return written if text.endswith("\n") else written.removesuffix("\n")
