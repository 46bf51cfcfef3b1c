"""Artifacts: language tables and model weights on disk.

An artifact is a folder of ``.npy`` files and a ``manifest.json``, which says how it was made and has the size and SHA-256 of each file.
Arrays are memory-mapped and never unpickled, so loading an artifact runs no code, and worker processes share its memory pages.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.errors import ModelError, UsageError

FORMAT = 1
"""Version of the layout; other versions are refused."""

MANIFEST = "manifest.json"
"""Name of the file with the checksums of all others."""


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with open(path, "rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def check_constants(folder: Path, manifest: Mapping[str, Any], present: Mapping[str, Any]) -> None:
    """Compare the constants that an artifact was trained with with those of this version.

    Parameters
    ----------
    folder : Path
        Of the artifact, for the message.
    manifest : mapping
        Its manifest; ``constants`` holds what training recorded.
    present : mapping
        Constants of this version.

    Raises
    ------
    ModelError
        If one differs.
    """
    recorded = manifest.get("constants") or {}
    for name, value in present.items():
        if recorded.get(name) != value:
            raise ModelError(
                f"{folder}: was trained with {name} = {recorded.get(name)}, this version has {value}; train again"
            )


def prepare(folder: Path) -> None:
    """Make sure, before long work, that a folder can be written. It is not made yet.

    Parameters
    ----------
    folder : Path
        Where an artifact, or another result, will be written.

    Raises
    ------
    UsageError
        If it cannot.
    """
    whole = folder.absolute()
    there = [path for path in (whole, *whole.parents) if os.path.lexists(path)]
    # What is made is moved from beside the folder into it.
    for path in there[: 2 if there[0] == whole else 1]:
        try:
            with tempfile.TemporaryDirectory(dir=path):
                pass
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}; name a folder that can be written") from error


def write(folder: Path, arrays: dict[str, npt.NDArray[Any]], facts: dict[str, Any]) -> dict[str, Any]:
    """Write an artifact to a temporary folder, then rename its files into place.

    Parameters
    ----------
    folder : Path
        Where to write; an artifact that is there is replaced, other files stay.
    arrays : dict of ndarray
        No object arrays.
    facts : dict
        How it was made; becomes the manifest with ``format`` and ``files`` added.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    UsageError
        If it cannot be written, for example because the disk is full; what was there stays.
    ValueError
        If an array holds NaN. It would make every answer NaN, which passes for no answer.
    """
    for name, array in arrays.items():
        if array.dtype.kind == "f" and np.isnan(array).any():
            raise ValueError(f"{name} holds NaN; the fit has failed")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            files = {}
            for name, array in sorted(arrays.items()):
                path = Path(temporary, f"{name}.npy")
                np.save(path, array, allow_pickle=False)
                files[path.name] = {"bytes": path.stat().st_size, "sha256": sha256(path)}
            manifest = {"format": FORMAT, **facts, "files": files}
            text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
            Path(temporary, MANIFEST).write_text(text, encoding="utf-8")
            move(Path(temporary), folder)
    except OSError as error:  # numpy's has neither a number nor a file
        raise UsageError(
            f"{folder}: cannot be written ({error.strerror or error}); free space on its disk, or name another folder"
        ) from error
    return manifest


def move(source: Path, folder: Path) -> None:
    """Move the files of a folder to another one on the same disk. An artifact that is there is replaced, other files stay.

    Parameters
    ----------
    source, folder : Path
        From where, and to where.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # The manifest comes last: if the move breaks off, the old one does not match the new files, and reading says so.
    moved = sorted(source.iterdir(), key=lambda path: (path.name == MANIFEST, path.name))
    for path in moved:
        os.replace(path, folder / path.name)
    for old in folder.glob("*.npy"):
        if old.name not in {path.name for path in moved}:
            old.unlink()


def read(folder: Path, *, verify: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read an artifact.

    Parameters
    ----------
    folder : Path
        Where :func:`write` wrote it.
    verify : bool
        Whether to check every SHA-256, not only the sizes.

    Returns
    -------
    arrays : dict of ndarray
        Memory-mapped, read-only.
    manifest : dict
        Its manifest.

    Raises
    ------
    ModelError
        If the folder, its manifest or a file is missing, truncated, altered or of another format.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        files = {str(name): dict(entry) for name, entry in manifest["files"].items()}
        if manifest["format"] != FORMAT:
            raise ModelError(
                f"{folder}: format {manifest['format']}, but this version reads {FORMAT}; make it again"
            )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(
            f"{folder}: no readable manifest.json there ({type(error).__name__}); reinstall or train"
        ) from error
    arrays: dict[str, Any] = {}
    for name, entry in files.items():
        file = folder / name
        if Path(name).name != name or file.suffix != ".npy":
            raise ModelError(f"{folder}: the manifest names a foreign file {name!r}")
        try:
            intact = file.stat().st_size == entry["bytes"] and (not verify or sha256(file) == entry["sha256"])
            if not intact:
                raise ModelError(f"{file}: does not match its manifest; reinstall or train again")
            # Unlike ``numpy.load``, this reads neither archives nor pickles. The view is a plain array over the mapped pages,
            # because each slice of a memmap costs a microsecond more.
            with np.errstate(over="ignore"):  # a header may claim an impossible size
                arrays[file.stem] = np.lib.format.open_memmap(file, mode="r").view(np.ndarray)
        except Exception as error:  # numpy raises any error of Python's tokenizer for a broken header
            if isinstance(error, ModelError):
                raise
            raise ModelError(
                f"{file}: cannot be read ({type(error).__name__}); reinstall or train again"
            ) from error
    return arrays, manifest
