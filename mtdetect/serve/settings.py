"""What a service is told when it starts; a request can change none of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from mtdetect.policy.audit import LARGEST
from mtdetect.policy.rules import Policy
from mtdetect.serve.tokens import Token
from mtdetect.verdict import DEFAULT_FPR

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Names by which the machine itself is called."""


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may cost.

    Attributes
    ----------
    body : int
        Bytes of a request's body.
    text : int
        Characters of one text.
    batch : int
        Texts or originals of one request.
    seconds : float
        From the last byte of a request to its answer; then the work is stopped.
    upload : float
        Seconds for a request's head to arrive, and again for its body.
    waiting : int
        Requests that wait for a worker; more are turned away.
    per_client : int or None
        Requests of one client, by token or else by address, that are worked on or wait.
    held : int
        Bytes of bodies held at once.
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
    """How a service works.

    Attributes
    ----------
    model : Path or None
        Folder of the model; the English one that comes with the package if None.
    phrases : Path or None
        Phrases to tell as evidence.
    profile : Path or None
        Clean texts of one's own to judge by, as ``mtdetect calibrate`` measured them.
    originals : str or None
        Collection of originals.
    fpr : float
        Error budget of requests that name none.
    policies : tuple of Policy
        The first decides for whoever names none.
    tokens : tuple of Token
        Who may ask; everybody if empty.
    hosts : tuple of str
        Names by which the service may be called, without port; any if empty.
    audit : str or None
        File of the audit log.
    audit_bytes : int
        At which the log is rotated.
    audit_text : bool
        Whether the log holds the texts.
    workers : int
        Processes that score. All but one of them, at most, work on large texts.
    limits : Limits
        What a request may cost.
    """

    model: Path | None = None
    phrases: Path | None = None
    profile: Path | None = None
    originals: str | None = None
    fpr: float = DEFAULT_FPR
    policies: tuple[Policy, ...] = ()
    tokens: tuple[Token, ...] = ()
    hosts: tuple[str, ...] = ()
    audit: str | None = None
    audit_bytes: int = LARGEST
    audit_text: bool = False
    workers: int = max(2, _cores())
    limits: Limits = Limits()
