"""Structured logs: a JSON object a line on stderr, with facts about requests and never a text, an id or a name of one."""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import datetime, timezone
from typing import Any

from mtdetect.serialization import to_json


class JsonFormatter(logging.Formatter):
    """Turns a record into a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line.

        Parameters
        ----------
        record : LogRecord
            Its ``facts``, if it has any, become fields.
        """
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            # The message of an error may quote a text, so only its kind and place are told.
            line["error"] = record.exc_info[0].__name__
            line["trace"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return to_json(line).decode()


def to_stderr(level: int = logging.INFO) -> None:
    """Send the service's log to stderr, and what the server says from warnings on.

    Parameters
    ----------
    level : int
        From which the service's own lines are written.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    for name, threshold in (("mtdetect.serve", level), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(threshold)
        logger.propagate = False
