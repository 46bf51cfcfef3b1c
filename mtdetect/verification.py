"""Self-check: are the installed files intact, and does the model give the verdicts that it gave after training?

Three checks: the package's files against the checksums of the installer's record, tables and weights against those of their manifests, and
the verdicts on a few test texts against the recorded ones. The last finds what checksums cannot: another numpy, processor or
mathematical library.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtdetect import artifacts
from mtdetect.errors import ModelError, MtdetectError

if TYPE_CHECKING:
    from mtdetect.detector import Detector
    from mtdetect.verdict import Mode

GOLDEN = "golden.json"
"""File in a model's folder with its verdicts on the test texts after training."""

TEXTS = "texts.json"
"""File beside the models with the test texts, by name."""

TOLERANCE = 1e-9
"""Largest allowed difference of a score from the recorded one. Only the order of summation may differ."""

QUALITY_TOLERANCE = 1e-4
"""The same for a quality, from 0 to 100. It is linear in single-precision features, and is shown with one decimal. Between processors with
and without wide vectors the difference was 6e-7, while scores were equal."""

RETRANSLATED = ("fluent-translation", "news-by-a-person", "spun-news")
"""The test texts that are also scored with the translation engine, where it is installed."""

COMPARED = ("spun-news", "news-by-a-person")
"""The test texts that are compared with each other: suspect and original."""


@dataclass(frozen=True)
class SelfCheck:
    """Result of a self-check.

    Attributes
    ----------
    version : str
        Of the package.
    model : dict
        Name, version and SHA-256 of the model, as in a verdict; empty if it cannot be read.
    files : int
        Number of files whose checksum was compared.
    bytes : int
        Their size.
    texts : int
        Number of test texts that were scored.
    retranslated : int
        Number of those that were also scored with the translation engine; 0 if it is not installed.
    difference : float
        Largest difference of a score, p-value or share from the recorded one.
    problems : tuple of str
        One line for each problem, with the file or text and the way out; empty if there is none.
    """

    version: str
    model: dict[str, Any]
    files: int
    bytes: int
    texts: int
    retranslated: int
    difference: float
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no problem."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Give a JSON object."""
        return {
            "ok": self.ok,
            "version": self.version,
            "model": self.model,
            "files": self.files,
            "bytes": self.bytes,
            "texts": self.texts,
            "retranslated": self.retranslated,
            "difference": self.difference,
            "problems": list(self.problems),
        }


def selfcheck(model: str | Path | None = None) -> SelfCheck:
    """Check the installation.

    Parameters
    ----------
    model : str or Path, optional
        Folder of a model to check instead of the English one of the package.

    Returns
    -------
    SelfCheck
        Test texts are scored only if every file is intact.

    Examples
    --------
    >>> import mtdetect
    >>> mtdetect.selfcheck().ok
    True
    """
    import mtdetect
    from mtdetect.comparison.direction_model import DIRECTIONS, load_directions
    from mtdetect.comparison.model import load_pairs
    from mtdetect.detector import load
    from mtdetect.model.loading import FIRST_LOOK, JOINT

    checked: dict[Path, int] = {}
    problems = [*_package(checked)]
    folders = _folders(Path(model).absolute() if model is not None else None)
    for folder in folders:
        problems += _artifact(folder, checked)
    info: dict[str, Any] = {}
    texts, retranslated, difference = 0, 0, 0.0
    if not problems:
        try:
            detector = load(model)
            info = detector.model.to_dict()
            recorded = _recorded(folders[0])
            found = observed(detector)
            texts, retranslated = len(found["verdicts"]), len(found["retranslated"])
            problems, difference = _differences(folders[0], recorded, found)
            for name, loaded in ((JOINT, detector.retranslation), (FIRST_LOOK, detector.first_look)):
                beside = folders[0].parent / name
                if beside in folders and loaded is None:
                    problems.append(f"{beside}: belongs to another model; reinstall or train it again")
            directions = folders[1].with_name(DIRECTIONS)
            if directions in folders and load_directions(directions, load_pairs().digest) is None:
                problems.append(f"{directions}: belongs to another pair model; reinstall or train it again")
        except MtdetectError as error:
            problems = [str(error)]
    return SelfCheck(
        mtdetect.__version__,
        info,
        len(checked),
        sum(checked.values()),
        texts,
        retranslated,
        difference,
        tuple(problems),
    )


def observed(detector: Detector) -> dict[str, Any]:
    """Score the test texts.

    Parameters
    ----------
    detector : Detector
        The detector to check.

    Returns
    -------
    dict
        ``manifests`` (SHA-256 of the manifests that it depends on), ``verdicts`` by text, ``looked_first`` (verdicts on the same texts, which
        may end with the first look; none if the model has none), ``retranslated`` (verdicts on :data:`RETRANSLATED` with the translation engine;
        none where it is not installed), and ``comparison`` of two texts, and the same with the engine (``comparison_retranslated``).
    """
    texts = _texts()
    again = {name: texts[name] for name in RETRANSLATED} if detector.consults("auto") else {}
    return {
        "manifests": {
            "model": detector.model.sha256,
            **{folder.name: artifacts.sha256(folder / artifacts.MANIFEST) for folder in _folders(None)[1:]},
        },
        "verdicts": _verdicts(detector, texts, "never"),
        "looked_first": {}
        if detector.first_look is None
        else _verdicts(detector, texts, "never", full=False),
        "retranslated": _verdicts(detector, again, "always") if again else {},
        "comparison": _comparison(detector, texts, "never"),
        "comparison_retranslated": _comparison(detector, texts, "always")
        if detector.consults_in_comparisons("auto")
        else {},
    }


def _comparison(detector: Detector, texts: dict[str, str], mode: Mode) -> dict[str, Any]:
    """The comparison of two of the texts, as it is recorded."""
    compared = detector.compare(*(texts[name] for name in COMPARED), retranslate=mode)
    return {
        "relation": compared.relation,
        "direction": compared.direction,
        "confidence": compared.confidence,
        "copied": compared.copied,
    }


def _verdicts(
    detector: Detector, texts: dict[str, str], mode: Mode, *, full: bool = True
) -> dict[str, dict[str, Any]]:
    """The verdict on each text, as it is recorded."""
    verdicts = detector.score_many(texts.values(), retranslate=mode, full=full)
    return {
        name: {
            "label": verdict.label,
            "score": verdict.score,
            "p_value": verdict.p_value,
            "quality": verdict.quality,
        }
        for name, verdict in zip(texts, verdicts, strict=True)
    }


def record(folder: str | Path) -> None:
    """Record a model's verdicts on the test texts, for :func:`selfcheck`; the last step of training.

    The translation engine has to be installed, if there is a joint model.

    Parameters
    ----------
    folder : str or Path
        Folder of the model.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    MissingExtraError
        If the translation engine is missing.
    """
    from mtdetect import detector
    from mtdetect.comparison.direction_model import load_directions
    from mtdetect.comparison.model import load_pairs
    from mtdetect.inputs import atomic
    from mtdetect.model import loading

    # Training may have replaced files that this process has loaded.
    for cached in (
        detector._load, loading.joint, loading.first_look, load_pairs, load_directions
    ):  # fmt: skip
        cached.cache_clear()
    loaded = detector.load(folder)
    if loaded.retranslation is not None:
        loaded.prepare("always")
    found = observed(loaded)
    with atomic.replacing(str(Path(folder, GOLDEN))) as file:
        file.write(json.dumps(found, indent=1, sort_keys=True).encode() + b"\n")


def record_dependents(changed: Path, model: Path | None = None) -> None:
    """Record again the verdicts of models that depend on an artifact that was trained again.

    Parameters
    ----------
    changed : Path
        Folder of the artifact.
    model : Path, optional
        Folder of the model that it was trained for, if that is not the shipped one.
    """
    shipped, *_ = _folders(None)
    for own in sorted({shipped.resolve(), (model or shipped).resolve()}):
        _, *others = _folders(own)
        if (own / GOLDEN).is_file() and changed.resolve() in [other.resolve() for other in others]:
            record(own)


def _folders(model: Path | None) -> list[Path]:
    """Folders of the artifacts: that of the model first, then those that every model uses, then those that there may be."""
    from mtdetect.comparison.direction_model import DIRECTIONS
    from mtdetect.comparison.model import shipped_pairs_folder
    from mtdetect.features.lexicon import FOLDER
    from mtdetect.model.loading import FIRST_LOOK, JOINT, shipped_folder

    own = model or shipped_folder()
    pairs = shipped_pairs_folder()
    others = (*(own.parent / name for name in (JOINT, FIRST_LOOK)), pairs.with_name(DIRECTIONS))
    return [own, pairs, FOLDER, *(one for one in others if (one / artifacts.MANIFEST).is_file())]


@lru_cache(maxsize=1)
def _texts() -> dict[str, str]:
    from mtdetect import trained

    path = Path(str(trained.__file__)).with_name(TEXTS)
    try:
        texts: dict[str, str] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read ({type(error).__name__}); reinstall") from error
    return texts


def _package(checked: dict[Path, int]) -> Iterator[str]:
    """Problems of the package's files; an editable install has no record of them."""
    try:
        installed = metadata.distribution("mtdetect")
    except metadata.PackageNotFoundError:
        return  # imported from a folder on the path, not installed
    # The record is read here, because from Python 3.12 on ``Distribution.files`` omits missing files.
    for row in csv.reader((installed.read_text("RECORD") or "").splitlines()):
        name, recorded = (*row, "", "")[:2]
        if not recorded.startswith("sha256=") or ".dist-info" in name:
            continue
        path = Path(str(installed.locate_file(name)))
        try:
            content = path.read_bytes()
        except OSError as error:
            yield f"{path}: cannot be read ({error.strerror or error}); reinstall"
            continue
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        if digest != recorded.removeprefix("sha256="):
            yield f"{path}: is not the file that was installed; reinstall"
        checked[path.resolve()] = len(content)


def _artifact(folder: Path, checked: dict[Path, int]) -> Iterator[str]:
    """Problems of an artifact's files."""
    try:
        _, manifest = artifacts.read(folder, verify=True)
    except ModelError as error:
        yield str(error)
        return
    for name, entry in manifest["files"].items():
        checked[(folder / name).resolve()] = entry["bytes"]


def _recorded(folder: Path) -> dict[str, Any]:
    path = folder / GOLDEN
    try:
        recorded: dict[str, Any] = json.loads(path.read_bytes())
        if not all(
            isinstance(recorded[part], dict)
            for part in ("manifests", "verdicts", "looked_first", "comparison")
        ):
            raise TypeError("not a record")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(
            f"{path}: cannot be read ({type(error).__name__}); reinstall or train again"
        ) from error
    return recorded


def _lacks(recorded: Any, found: dict[str, Any]) -> bool:
    """Whether a record lacks what the translation engine contributes here."""
    return bool(found) and (not isinstance(recorded, dict) or recorded.keys() != found.keys())


def _differences(folder: Path, recorded: dict[str, Any], found: dict[str, Any]) -> tuple[list[str], float]:
    """Differences from the record, one line each, and the largest numeric one."""
    path = folder / GOLDEN
    if recorded["manifests"] != found["manifests"]:
        return [f"{path}: was recorded with another model or other tables; reinstall or train again"], 0.0
    looked = recorded.get("looked_first")
    if recorded["verdicts"].keys() != found["verdicts"].keys() or (
        found["looked_first"]
        and (not isinstance(looked, dict) or looked.keys() != found["looked_first"].keys())
    ):
        return [f"{path}: was recorded with other texts; reinstall or train again"], 0.0
    if any(_lacks(recorded.get(part), found[part]) for part in ("retranslated", "comparison_retranslated")):
        return [
            f"{path}: was recorded without the translation engine; reinstall, or record it where the engine is installed"
        ], 0.0
    problems = []
    largest = 0.0
    pairs = [
        *((f"text {name!r}", recorded["verdicts"][name], now) for name, now in found["verdicts"].items()),
        *(
            (f"text {name!r} with a first look", recorded["looked_first"][name], now)
            for name, now in found["looked_first"].items()
        ),
        *(
            (f"text {name!r} with the translation engine", recorded["retranslated"][name], now)
            for name, now in found["retranslated"].items()
        ),
        ("the comparison", recorded["comparison"], found["comparison"]),
    ]
    if found["comparison_retranslated"]:
        asked = recorded["comparison_retranslated"], found["comparison_retranslated"]
        pairs.append(("the comparison with the translation engine", *asked))
    for what, then, now in pairs:
        for field, value in now.items():
            before = then.get(field) if isinstance(then, dict) else None
            if isinstance(value, float) and isinstance(before, (int, float)):
                distance = abs(value - before)
                if field == "quality":
                    if distance <= QUALITY_TOLERANCE:
                        continue
                else:
                    largest = max(largest, distance)
                    if distance <= TOLERANCE:
                        continue
            elif value == before:
                continue
            problems.append(
                f"{what}: {field} is {value!r}, recorded was {before!r}; the files are intact but give another result here: report this "
                "with the versions of Python and numpy"
            )
    return problems, largest
