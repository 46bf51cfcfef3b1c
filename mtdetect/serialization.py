"""JSON serialisation for every command, log and HTTP response."""

from __future__ import annotations

import json
from typing import Any

import orjson


def to_json(value: Any) -> bytes:
    """JSON on one line, without a line break.

    Parameters
    ----------
    value : any JSON value
        May contain lone surrogates and large integers, which orjson rejects.

    Returns
    -------
    bytes
        UTF-8.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")
