"""Round-trip translation with Apertium, a rule-based translation engine.

Apertium is a pipeline of small programs: morphological analysis, tagging, lexical transfer, reordering and generation.
Three of its properties decide how it is used here.

*Starting the programs is slow, running them is fast*, so a whole batch of texts goes through one pipeline. Each line of
a text is a message that ends in a NUL byte, which every program passes on. So the lines come back in order and can be
counted, and a translation cannot lose a line break.

*The statistical tagger keeps state.* When it meets an ambiguity class without training data, it remembers its guess
and treats later texts differently: of 804 lines of news, 225 changed after a shuffle. The other programs reset at each
NUL. So only this tagger is restarted for each text, which takes 7 ms.

*Some characters are syntax.* They are escaped in the input; marks of unknown words are switched off.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePath
from typing import TypeVar

from mtdetect.degrade.process import StageError, pipe
from mtdetect.errors import EngineError, UsageError

PACKAGES = {
    frozenset({"en", "es"}): "apertium-eng-spa",
    frozenset({"en", "ca"}): "apertium-eng-cat",
    frozenset({"en", "gl"}): "apertium-en-gl",
    frozenset({"en", "eo"}): "apertium-eo-en",
    frozenset({"es", "eo"}): "apertium-eo-es",
    frozenset({"ca", "eo"}): "apertium-eo-ca",
}
"""Debian package of each language pair."""

_SHORT = {
    "eng": "en",
    "spa": "es",
    "cat": "ca",
    "glg": "gl",
    "epo": "eo",
    "por": "pt",
    "fra": "fr",
    "ita": "it",
}
_SYNTAX = re.compile(r"[\\\[\]{}^$/<>@~]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BATCH_WORDS = 20_000
_T = TypeVar("_T")


class Apertium:
    """An engine that translates through one or more languages and back with Apertium.

    Parameters
    ----------
    chain : sequence of str
        Modes as listed by ``apertium -l``; the first from English, the last into English.
    jobs : int
        Number of batches translated in parallel.
    timeout : float
        Time limit in seconds for a batch of about 20,000 words in one direction.

    Raises
    ------
    UsageError
        If the chain does not lead from English to English.
    EngineError
        If Apertium or a mode is not installed; the message names the Debian package.
    """

    def __init__(
        self, chain: Sequence[str] = ("eng-spa", "spa-eng"), *, jobs: int = 1, timeout: float = 300.0
    ) -> None:
        if isinstance(chain, str):
            raise UsageError("a chain is a list of modes, such as eng-spa and spa-eng")
        if jobs < 1:
            raise UsageError(f"jobs must be at least 1, not {jobs}")
        self.chain = tuple(chain)
        self.jobs = jobs
        self.timeout = timeout
        _check(self.chain)
        self._modes = [_Mode(mode) for mode in self.chain]

    @property
    def name(self) -> str:
        """``apertium:`` and the languages, such as ``apertium:eng-spa-eng``."""
        return "apertium:" + "-".join([_ends(self.chain[0])[0], *(_ends(mode)[1] for mode in self.chain)])

    @property
    def pivot(self) -> str:
        """Source language of the last translation, as a two-letter code if there is one."""
        return _language(_ends(self.chain[-1])[0])

    def version(self) -> str:
        """Versions of Apertium and its language data, for manifests.

        Returns
        -------
        str
            Such as ``apertium 3.8.3-1, apertium-eng-spa 0.8.1-2``; only the version of Apertium on systems without
            Debian's package database.
        """
        packages = ["apertium", *dict.fromkeys(_package(mode) for mode in self.chain)]
        query = shutil.which("dpkg-query")
        if query:
            asked = [query, "--show", "--showformat", "${Package} ${Version}\n", *packages]
            listed = subprocess.run(
                asked, capture_output=True, text=True, timeout=30, check=False
            ).stdout.split("\n")
            if found := [line for line in listed if line]:
                return ", ".join(found)
        printed = subprocess.run(["apertium", "-V"], capture_output=True, text=True, timeout=30, check=False)
        return printed.stdout.strip()

    def degrade(self, texts: Sequence[str], seed: int = 0) -> list[str]:
        """Translate each text through the chain; the seed is not used.

        Each line is translated separately, so a text with line breaks inside its sentences is degraded more than usual.
        Repeated spaces in a line become one.

        Parameters
        ----------
        texts : sequence of str
            English.
        seed : int
            Ignored; it is part of the interface of engines.

        Returns
        -------
        list of str
            One for each text, in order.

        Raises
        ------
        EngineError
            If a program of Apertium fails or exceeds the time limit.
        """
        batches = list(_batches(texts))
        if self.jobs == 1 or len(batches) < 2:
            done = [self._batch(batch) for batch in batches]
        else:
            with ThreadPoolExecutor(self.jobs) as pool:
                done = list(pool.map(self._batch, batches))
        return [text for batch in done for text in batch]

    def _batch(self, texts: Sequence[str]) -> list[str]:
        split = [[_parts(line) for line in text.split("\n")] for text in texts]
        words = [[middle for _, middle, _ in lines if middle] for lines in split]
        for mode in self._modes:
            words = self._translate(mode, words)
        return [_join(lines, iter(translated)) for lines, translated in zip(split, words, strict=True)]

    def _translate(self, mode: _Mode, texts: list[list[str]]) -> list[list[str]]:
        """Translate the lines of each text; if the batch fails, halve it.

        A single line on which Apertium crashes stays unchanged, so that the other lines are still translated. About one
        line in ten thousand does.
        """
        try:
            return mode.translate(texts, self.timeout)
        except (_CountError, StageError):
            if len(texts) > 1:
                half = len(texts) // 2
                return self._translate(mode, texts[:half]) + self._translate(mode, texts[half:])
            if len(texts[0]) > 1:
                return [[self._translate(mode, [[line]])[0][0] for line in texts[0]]]
            return texts


class _CountError(EngineError):
    """More or fewer lines came back than went in."""


class _Mode:
    """One direction of translation: the pipeline of programs in its mode file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._before: list[list[str]] = []
        self._tagger: list[str] | None = None
        self._after: list[list[str]] = []
        for stage in _stages(name):
            if self._tagger is None and stage[0] == "apertium-tagger" and not {"-x", "-gx"} & set(stage):
                self._tagger = stage
            elif self._tagger is None:
                self._before.append(stage)
            else:
                self._after.append(stage)

    def translate(self, texts: list[list[str]], timeout: float) -> list[list[str]]:
        """Translate the lines of each text."""
        counts = [len(lines) for lines in texts]
        messages = self._run(self._before, [_escape(line) for lines in texts for line in lines], timeout)
        if self._tagger is not None:
            tagged = (self._run([self._tagger], lines, timeout) for lines in _regroup(messages, counts))
            flat = [message for lines in tagged for message in lines]
            messages = self._run(self._after, flat, timeout)
        return _regroup([_unescape(message) for message in messages], counts)

    def _run(self, stages: list[list[str]], messages: list[bytes], timeout: float) -> list[bytes]:
        """Send messages through programs that pass on the NUL after each."""
        if not messages:
            return []
        data = b"".join(message + b"\0" for message in messages)
        output = pipe(stages, data, timeout=timeout, environment={"LC_ALL": "C.UTF-8"})
        # Each program adds an empty message at the end of the stream, so only empty messages may remain.
        *found, _ = output.split(b"\0")
        if len(found) < len(messages) or any(found[len(messages) :]):
            raise _CountError(f"apertium {self.name}: {len(messages)} lines in, {len(found)} out")
        return found[: len(messages)]


def _regroup(flat: list[_T], counts: list[int]) -> list[list[_T]]:
    """Split a flat list into lists of the given lengths."""
    items = iter(flat)
    return [[next(items) for _ in range(count)] for count in counts]


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Batches of about :data:`_BATCH_WORDS` words."""
    batch: list[str] = []
    words = 0
    for text in texts:
        batch.append(text)
        words += len(text) // 6
        if words >= _BATCH_WORDS:
            yield batch
            batch, words = [], 0
    if batch:
        yield batch


def _parts(line: str) -> tuple[str, str, str]:
    """Leading white space, words and trailing white space of a line."""
    line = line.replace("\0", " ")
    rest = line.lstrip()
    words = rest.rstrip()
    return line[: len(line) - len(rest)], " ".join(words.split()), rest[len(words) :]


def _join(lines: list[tuple[str, str, str]], translated: Iterator[str]) -> str:
    """The text made of the white space and the translated words of its lines."""
    return "\n".join(
        f"{before}{next(translated) if middle else ''}{after}" for before, middle, after in lines
    )


def _escape(line: str) -> bytes:
    """A line as a message in Apertium's stream format; the empty blank marks its end."""
    return (_SYNTAX.sub(r"\\\g<0>", line) + "[]").encode("utf-8", "replace")


def _unescape(message: bytes) -> str:
    """The words of a message; repeated spaces, as around a dropped pronoun, become one."""
    plain = _ESCAPED.sub(r"\1", message.decode("utf-8", "replace").replace("[]", ""))
    return " ".join(plain.split())


def _ends(mode: str) -> tuple[str, str]:
    """The two language codes of a mode, unchanged."""
    source, dash, target = mode.partition("-")
    if not (source and dash and target) or PurePath(mode).name != mode:
        raise UsageError(f"{mode!r} is not a mode of Apertium such as eng-spa")
    return source, target


def _language(code: str) -> str:
    """The two-letter code of a language, without the variant after ``_`` or a second dash."""
    plain = re.split("[-_]", code)[0]
    return _SHORT.get(plain, plain)


def _check(chain: Sequence[str]) -> None:
    """Check that a chain leads from English to English."""
    here = "en"
    for mode in chain:
        source, target = (_language(code) for code in _ends(mode))
        if source != here:
            raise UsageError(
                f"the chain breaks at {mode}: it translates from {source!r}, but the text is in {here!r} at that point"
            )
        here = target
    if here != "en" or not chain:
        raise UsageError(f"the chain {','.join(chain)!r} does not lead back to English")


def _package(mode: str) -> str:
    """The Debian package of a mode."""
    return PACKAGES.get(frozenset(_language(code) for code in _ends(mode)), f"apertium-{mode}")


def _stages(mode: str) -> list[list[str]]:
    """The programs of a mode, with options to pass on NUL bytes and not to mark unknown words."""
    apertium = shutil.which("apertium")
    if apertium is None:
        raise EngineError("Apertium is not installed; on Debian: apt install apertium " + _package(mode))
    folder = Path(
        os.environ.get("APERTIUM_DATADIR", Path(apertium).resolve().parent.parent / "share" / "apertium")
    )
    path = folder / "modes" / f"{mode}.mode"
    try:
        pipeline = path.read_text(encoding="utf-8")
    except OSError as error:
        raise EngineError(f"Apertium has no mode {mode}; on Debian: apt install {_package(mode)}") from error
    # In a mode file, $1 is the option of the generator ("-n": no marks) and $2 that of the tagger (none).
    pipeline = re.sub(r"\$2(?!\d)", "", re.sub(r"\$1(?!\d)", "-n", pipeline))
    words = shlex.shlex(pipeline, posix=True, punctuation_chars="|")
    words.whitespace_split = True
    words.commenters = ""
    stages: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            stages.append([])
        else:
            stages[-1].append(word)
    for file in (Path(word) for stage in stages for word in stage if word.startswith("/")):
        if not file.exists():  # some packages list a mode without its data
            raise EngineError(
                f"Apertium's mode {mode} lacks {file.name}; on Debian: apt install {_package(mode)}"
            )
    return [[program, "-z", *options] for program, *options in filter(None, stages)]
