"""Settings of the service. They are fixed at start; no request can change them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from mtdetect.policy.audit import LARGEST
from mtdetect.policy.rules import Policy
from mtdetect.serve.tokens import Token
from mtdetect.verdict import DEFAULT_FPR, Mode

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Host names of the loopback address."""


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on requests.

    Attributes
    ----------
    body : int
        Most bytes of a request's body.
    text : int
        Most characters of one text.
    batch : int
        Most texts or originals in one request.
    seconds : float
        Longest time that a request waits for a worker, and again that it is worked on; then it is refused, or the work is stopped.
    upload : float
        Longest time in seconds for the head of a request to arrive, and again for its body.
    waiting : int
        Most requests that wait for a worker; further ones are refused.
    per_client : int or None
        Most requests of one client (by token, else by address) that are worked on or wait; None for no limit.
    held : int
        Most bytes of request bodies in memory at a time.
    """

    body: int = 8 << 20
    text: int = 1 << 20
    batch: int = 256
    seconds: float = 30.0
    upload: float = 20.0
    waiting: int = 256
    per_client: int | None = None
    held: int = 256 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a service.

    Attributes
    ----------
    model : Path or None
        Folder of the model; the English model of the package if None.
    phrases : Path or None
        Phrases to report as evidence.
    profile : Path or None
        Calibration profile, as ``mtdetect calibrate`` writes it.
    originals : str or None
        Collection of originals.
    store_text : bool
        Whether the texts of added originals are stored, too.
    fpr : float
        Default error budget.
    policies : tuple of Policy
        The first is the default.
    tokens : tuple of Token
        Accepted bearer tokens; none is required if empty.
    hosts : tuple of str
        Accepted host names, without port; any if empty.
    audit : str or None
        File of the audit log.
    audit_bytes : int
        Size at which the audit log is rotated.
    audit_text : bool
        Whether the audit log holds the texts.
    retranslate : str or None
        When the translation engine is consulted; as the profile says if None, and ``auto`` without a profile.
    engine_folder : Path or None
        Files of the translation engine, if not those of the extra ``retranslate``.
    workers : int
        Number of processes. At most all but one of them work on large texts.
    limits : Limits
        Limits on requests.
    """

    model: Path | None = None
    phrases: Path | None = None
    profile: Path | None = None
    originals: str | None = None
    store_text: bool = False
    fpr: float = DEFAULT_FPR
    policies: tuple[Policy, ...] = ()
    tokens: tuple[Token, ...] = ()
    hosts: tuple[str, ...] = ()
    audit: str | None = None
    audit_bytes: int = LARGEST
    audit_text: bool = False
    retranslate: Mode | None = None
    engine_folder: Path | None = None
    workers: int = max(2, _cores())
    limits: Limits = Limits()
