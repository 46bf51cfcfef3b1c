"""A judge that fails on request; in a module of its own, because worker processes import it by name."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field

from mtdetect.inputs import RawRecord
from mtdetect.screening.judging import Judged
from mtdetect.screening.tally import Tally


@dataclass(frozen=True)
class BreakingJudge:
    """Writes what it reads; a record that starts with KILL, EXIT or HANG does that to its worker.

    With a folder ``once``, a record leaves a mark there, so that only the first worker fails.
    """

    once: str = ""
    lines: tuple[str, ...] = field(default=())

    def __call__(self, batch: list[RawRecord]) -> Judged:
        tally = Tally()
        lines = []
        for raw in batch:
            content = raw.content.decode()
            if raw.error is None and self._breaks(raw):
                if content.startswith("KILL"):
                    os.kill(os.getpid(), signal.SIGKILL)
                elif content.startswith("EXIT"):
                    os._exit(3)
                elif content.startswith("HANG"):
                    time.sleep(1000)
            label = "unsupported" if raw.error else "original"
            tally.count(label, 0.0, raw.error, raw.source, len(raw.content))
            lines.append(f"{raw.line} {raw.error or content}\n".encode())
        return Judged(b"".join(lines), tally)

    def failed(self, raw: RawRecord, reason: str) -> Judged:
        return self([RawRecord(raw.source, raw.line, b"", reason)])

    def _breaks(self, raw: RawRecord) -> bool:
        if not raw.content.startswith((b"KILL", b"EXIT", b"HANG")):
            return False
        if not self.once:
            return True
        mark = os.path.join(self.once, str(raw.line))
        try:
            os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True
