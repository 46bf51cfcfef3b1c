"""Bearer tokens (RFC 6750), which identify clients and tenants."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mtdetect.errors import InputError, UsageError

VARIABLE = "MTDETECT_TOKENS"
"""Environment variable with tokens, separated by white space."""

SHORTEST = 16
"""Fewest characters of a token; shorter ones can be guessed."""

LARGEST = 1 << 20
"""Most characters that are read of a file of tokens."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token. Only its digest is kept.

    Attributes
    ----------
    tenant : str
        Owner of the token. A policy of that name decides for all its requests.
    digest : bytes
        SHA-256 of the token.
    """

    tenant: str
    digest: bytes = field(repr=False)


def load(path: str | Path) -> tuple[Token, ...]:
    """Read tokens from a file.

    Parameters
    ----------
    path : str or Path
        One token per line, ``TOKEN`` or ``TENANT:TOKEN``; lines that begin with ``#`` are comments.

    Returns
    -------
    tuple of Token

    Raises
    ------
    InputError
        If the file cannot be read or holds no token.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read(LARGEST).splitlines()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8") from error
    try:
        found = parse(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#"))
    except UsageError as error:
        raise InputError(f"{path}: {error}") from error
    if not found:
        raise InputError(f"{path}: holds no token; write one per line")
    return found


def parse(given: Iterable[str]) -> tuple[Token, ...]:
    """Parse tokens.

    Parameters
    ----------
    given : iterable of str
        ``TOKEN`` or ``TENANT:TOKEN``.

    Returns
    -------
    tuple of Token

    Raises
    ------
    UsageError
        If one is too short or holds characters that a header cannot carry. The message does not quote it.
    """
    tokens = []
    for number, one in enumerate(given, start=1):
        tenant, _, token = one.rpartition(":")
        if len(token) < SHORTEST:
            raise UsageError(f"token {number} is shorter than {SHORTEST} characters")
        if not token.isascii() or not token.isprintable() or " " in token:
            raise UsageError(f"token {number} holds a space or a character that is not ASCII")
        if not (tenant or "default").isprintable():
            raise UsageError(f"token {number} has a tenant that cannot be printed")
        tokens.append(Token(tenant or "default", _digest(token)))
    return tuple(tokens)


def tenant_of(authorization: str | None, tokens: Iterable[Token]) -> str | None:
    """Find the tenant of a request.

    Parameters
    ----------
    authorization : str or None
        The ``Authorization`` header.
    tokens : iterable of Token
        Accepted tokens. All are compared in constant time.

    Returns
    -------
    str or None
        None if the header holds none of the tokens.
    """
    scheme, _, token_given = (authorization or "").partition(" ")
    digest = _digest(token_given.strip())
    found = None
    for token in tokens:
        if hmac.compare_digest(digest, token.digest):
            found = token.tenant
    return found if scheme.lower() == "bearer" else None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
