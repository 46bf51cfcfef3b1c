"""Bearer tokens (RFC 6750): who may ask, and as whom."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mtdetect.errors import InputError, UsageError

VARIABLE = "MTDETECT_TOKENS"
"""Environment variable with tokens, parted by white space."""

SHORTEST = 16
"""Characters of a token: less can be guessed."""

LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Token:
    """A token, of which only the digest is kept.

    Attributes
    ----------
    tenant : str
        Whose it is; a policy of that name decides for whoever shows it.
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
        A token a line, ``TOKEN`` or ``TENANT:TOKEN``; lines that begin with ``#`` are comments.

    Returns
    -------
    tuple of Token

    Raises
    ------
    InputError
        If it cannot be read or holds none.
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
        raise InputError(f"{path}: holds no token; write one a line")
    return found


def parse(given: Iterable[str]) -> tuple[Token, ...]:
    """Read tokens.

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
        If one is too short or holds what a header cannot carry. The message does not show it.
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
    """Find whose token was shown.

    Parameters
    ----------
    authorization : str or None
        The header.
    tokens : iterable of Token
        Those that are good; each is compared, in a time that does not tell how alike they are.

    Returns
    -------
    str or None
        None if it is none of them.
    """
    scheme, _, shown = (authorization or "").partition(" ")
    digest = _digest(shown.strip())
    found = None
    for token in tokens:
        if hmac.compare_digest(digest, token.digest):
            found = token.tenant
    return found if scheme.lower() == "bearer" else None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
