"""JSON as every command, log and answer writes it."""

from __future__ import annotations

import json
from typing import Any

import orjson


def to_json(value: Any) -> bytes:
    """JSON in one line, without its end.

    Parameters
    ----------
    value : any JSON value
        May hold lone surrogates and large integers, which orjson refuses.

    Returns
    -------
    bytes
        UTF-8.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")
