"""What must hold whatever bytes come in: one function for each way into the project.

A target takes bytes and a folder to write in. It fails by an exception that nobody planned: errors that a user can cause are
:class:`MtdetectError`, everything else that leaves a target is a defect. ``run.py`` beside this file lets a fuzzer loose on them;
``test_hostile.py`` gives them what it has found, and some chance.
"""

from __future__ import annotations

import json
import lzma
import os
import shutil
import sqlite3
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson

import archives
import mtdetect
from mtdetect import artifacts, inputs, policy
from mtdetect.errors import MtdetectError
from mtdetect.evaluation import baseline
from mtdetect.model import calibration_profile
from mtdetect.policy import audit
from mtdetect.serialization import to_json
from mtdetect.text import confusables, folding, read

STORY = (
    "The county council voted on Monday to keep the old swimming pool open for another two years, after hundreds of parents "
    "signed a petition against its closure. “We listened,” said the leader of the council; she added that it isn't cheap.\n\n"
    "The pool, built in 1961, needs a new roof &amp; costs about 400,000 pounds a year to run."
)
SPUN = (
    "The shire council balloted on Monday to hold the aged swimming pond unfastened for some other two years, after hundreds "
    "of parents autographed a supplication against its closing. The pond, constructed in 1961, necessitates a fresh ceiling."
)
BARE = ".NET, they said, was what the council’s own programmers in Leeds had used. . Then nothing more came from Mary Ellen"
DOTTED = ". of. ... Ellen Mary of Leeds heard it, too, and wrote to the leader of the council about the pool in Leeds. ."
"""Neighbours that begin and end as only texts do that were cut out of others."""
LETTER = "We walked home along the canal, and nobody said a word until the lock keeper greeted us. " * 3


class Target(NamedTuple):
    """A way in.

    Attributes
    ----------
    check : callable
        Takes bytes and a folder; raises if something does not hold.
    seeds : tuple of bytes
        What a fuzzer starts from.
    """

    check: Callable[[bytes, Path], None]
    seeds: tuple[bytes, ...]


@cache
def detector():
    return mtdetect.load()


def text_of(data: bytes) -> str:
    """Any string, lone surrogates included."""
    return data.decode("utf-8", "surrogateescape")


def planned(work: Callable[[], object]) -> None:
    """Errors that a user can cause are no defects."""
    with suppress(MtdetectError):
        work()


# -- texts


LETTERS = str.maketrans({**confusables.CONFUSABLES, **confusables.STYLED})


def folded(text: str) -> str:
    """A stretch of text as tokens hold it, and every letter that looks Latin as if it were."""
    plain = folding.unfold(text)[0] if folding.shrinks(text) else text
    codes = np.frombuffer(plain.translate(LETTERS).encode("utf-32-le", "surrogatepass"), np.uint32)
    return spelt(folding.fold(codes)[0])


def spelt(codes: np.ndarray) -> str:
    return codes.astype("<u2").tobytes().decode("utf-16-le", "surrogatepass").translate(LETTERS)


def reading(data: bytes, folder: Path) -> None:
    """Offsets lead back to the text as given, alone and in company."""
    text = text_of(data)
    words = detector().lexicon.vocabulary
    alone = read([text], words)
    spans, sentences = alone[0].spans, alone[0].sentences
    for before, after in ((LETTER, STORY), (BARE, DOTTED), (text, text)):
        together = read([before, text, after], words)
        assert spans.tolist() == together[1].spans.tolist()
        assert sentences.tolist() == together[1].sentences.tolist()
        assert alone[0].ids.tolist() == together[1].ids.tolist()
        assert alone.reason == together.reason[1:2]
    for found in (spans, sentences):
        assert (found[:, 0] < found[:, 1]).all()
        assert (np.diff(found[:, 0]) >= 0).all()
        assert (np.diff(found[:, 1]) >= 0).all()
        assert not len(found) or (found[0, 0] >= 0 and found[-1, 1] <= len(text))
    tokens = alone.tokens
    for k in range(min(len(tokens), 300)):
        start, end = spans[k]
        token = spelt(alone.codes[tokens.start[k] : tokens.end[k]])
        assert token in folded(text[start:end]), (text[start:end], token)


def scoring(data: bytes, folder: Path) -> None:
    """One text, one verdict, whatever stands beside it."""
    text = text_of(data)
    judge = detector()
    alone = judge.score(text)
    for before, after in ((SPUN, STORY), (BARE, DOTTED)):
        _, again, _ = judge.score_many([before, text, after])
        assert alone == again
    for one in alone.evidence:
        assert text[one.start : one.end] == one.text
    assert abs(sum(alone.probabilities.values()) - 1) < 1e-9
    assert all(0 <= value <= 1 for value in (alone.score, alone.p_value, *alone.probabilities.values()))
    assert 0 <= alone.quality <= 100
    json.loads(to_json(alone.to_dict()))


def comparing(data: bytes, folder: Path) -> None:
    """Two texts, parted by a zero byte."""
    suspect, _, original = text_of(data).partition("\0")

    def compare() -> None:
        from mtdetect.rendering.html_comparison import html_page

        one = detector().compare(suspect, original)
        assert 0 <= one.confidence <= 1
        assert 0 <= one.copied <= 1
        assert 0 <= one.covered <= 1
        json.loads(to_json(one.to_dict()))
        html_page(one, suspect, original)

    planned(compare)


def against(data: bytes, folder: Path) -> None:
    """A long text beside what was made of it by the bytes: each edits a word."""
    words = (STORY + " " + SPUN).split(" ")
    for k, byte in enumerate(data[: len(words)]):
        if byte % 4 == 1:
            words[k] = words[byte % len(words)]
        elif byte % 4 == 2:
            words[k] = ""
        elif byte % 4 == 3:
            words[k] += "\u200b.\n"[byte % 3]
    comparing((" ".join(words) + "\0" + STORY + " " + SPUN).encode(), folder)


# -- files of records


def records_of(path: Path, format: str | None = None) -> None:
    def reads() -> None:
        for raw in inputs.records(str(path), format=format):
            record = inputs.parse(raw)
            assert (record.text is None) == (record.error is not None)
            to_json(record.id)

    planned(reads)


def file_of(ending: str) -> Callable[[bytes, Path], None]:
    def check(data: bytes, folder: Path) -> None:
        path = folder / f"input.{ending}"
        path.write_bytes(data)
        records_of(path)

    return check


def parquet_seed() -> bytes:
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(pa.table({"id": [1, 2], "text": [STORY, None], "at": [{"text": "x"}, None]}), file)
    return file.getvalue()


LINES = (
    json.dumps({"id": 7, "text": SPUN, "url": "https://a.example/"}) + '\n{"id": {"a": [1]}, "text": null}\n'
).encode()
PAGE = (
    "<!doctype html><html><head><title>Pool</title><meta charset=utf-8></head><body><nav class='menu'>Home</nav><main><article>"
    f"<h1>Pool</h1><p class=lead>{STORY}</p><div class='share'>Share</div></article></main></body></html>"
).encode()
WARC = archives.response("https://a.example/", PAGE) + archives.record(
    "conversion", "https://a.example/", SPUN.encode(), "text/plain"
)


def message(data: bytes, folder: Path) -> None:
    """An HTTP response out of a WARC file."""
    record = inputs.parse(inputs.RawRecord("a.warc", 1, data, kind="http"))
    assert (record.text is None) == (record.error is not None)


def zstandard_of(data: bytes) -> bytes:
    import zstandard

    return zstandard.compress(data)


# -- collections


@cache
def collection() -> bytes:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "originals.db")
        with mtdetect.Originals(path, store_text=True) as originals:
            originals.add([{"id": 1, "text": STORY}, {"id": "b", "text": LETTER}])
            originals.add([("c", SPUN * 4)])
            originals.remove(["b"])
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return path.read_bytes()


def used(path: Path) -> None:
    """All that a collection can be asked."""

    def ask() -> None:
        with mtdetect.Originals(path, create=False) as originals:
            for match in originals.search(SPUN + STORY, top=3):
                json.loads(to_json(match.to_dict()))
            originals.info()
            originals.text("c")
            len(originals)

    def change() -> None:
        with mtdetect.Originals(path, create=False) as originals:
            originals.add([{"id": "new", "text": LETTER}])
            originals.compact()

    planned(ask)
    planned(change)


def patched(data: bytes, original: bytes) -> bytes:
    """Bytes changed in place: each three bytes say where and to what."""
    changed = bytearray(original)
    for at in range(0, len(data) - 2, 3):
        where = (data[at] << 8 | data[at + 1]) * len(changed) >> 16
        changed[where] = data[at + 2]
    return bytes(changed)


def database(data: bytes, folder: Path) -> None:
    """A collection with some bytes changed; an odd first byte cuts it off instead."""
    path = folder / "originals.db"
    for remains in folder.glob("originals.db*"):
        remains.unlink()
    whole = collection()
    path.write_bytes(
        whole[: int.from_bytes(data[1:3], "big") * len(whole) >> 16]
        if data[:1] and data[0] & 1
        else patched(data[1:], whole)
    )
    used(path)


CELLS = (
    ("segments", "weights"), ("segments", "keys"), ("segments", "ends"), ("segments", "data"), ("segments", "postings"),
    ("segments", "first"), ("originals", "sketch"), ("originals", "digest"), ("originals", "text"), ("originals", "id"),
    ("originals", "words"), ("originals", "number"), ("removed", "number"), ("facts", "value"),
)  # fmt: skip


def doctored(data: bytes, folder: Path) -> None:
    """A whole SQLite file in which somebody has written other values."""
    if len(data) < 2:
        return
    path = folder / "originals.db"
    for remains in folder.glob("originals.db*"):
        remains.unlink()
    path.write_bytes(collection())
    table, column = CELLS[data[0] % len(CELLS)]
    rest = data[2:]
    value: object = rest
    if data[1] % 4 == 1:
        value = int.from_bytes(rest[:8], "big", signed=True)
    elif data[1] % 4 == 2:
        value = rest.decode("utf-8", "replace")
    elif data[1] % 4 == 3:
        value = struct.unpack("<d", rest[:8].ljust(8, b"\0"))[0]
    connection = sqlite3.connect(path)
    try:
        if data[1] & 64:
            # Only some bytes of what stands there.
            (old,) = connection.execute(f"SELECT {column} FROM {table}").fetchone()
            if isinstance(old, bytes) and old:
                value = patched(rest, old)
        connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
        connection.commit()
    except sqlite3.Error:
        return
    finally:
        connection.close()
    used(path)


# -- models and small files


def model(data: bytes, folder: Path) -> None:
    """A model of which one file is changed, with a manifest that vouches for it or not."""
    import mtdetect.trained

    source = Path(mtdetect.trained.__file__).parent / ("pairs" if data[:1] and data[0] & 1 else "en")
    files = sorted(source.iterdir())
    if len(data) < 2:
        return
    victim = files[data[1] % len(files)].name
    # Each has a name of its own, because a loaded model is remembered by its folder.
    copy = folder / f"model-{os.urandom(6).hex()}"
    copy.mkdir()
    try:
        for file in files:
            (copy / file.name).symlink_to(file)
        content = (source / victim).read_bytes()
        head = 4096 if victim == "manifest.json" else 200
        changed = patched(data[2:], content[:head]) + content[head:]
        (copy / victim).unlink()
        (copy / victim).write_bytes(changed)
        if data[0] & 2 and victim.endswith(".npy"):
            manifest = json.loads((source / "manifest.json").read_bytes())
            manifest["files"][victim] = {"bytes": len(changed), "sha256": artifacts.sha256(copy / victim)}
            (copy / "manifest.json").unlink()
            (copy / "manifest.json").write_text(json.dumps(manifest))
        planned(lambda: _loaded(copy, pairs=source.name == "pairs"))
    finally:
        shutil.rmtree(copy)


def _loaded(folder: Path, *, pairs: bool) -> None:
    from mtdetect.comparison.model import PairModel

    if pairs:
        PairModel.load(folder)
    else:
        mtdetect.load(folder).score(SPUN + STORY)


def array(data: bytes, folder: Path) -> None:
    """An array of an artefact that is anything at all."""
    (folder / "a.npy").write_bytes(data)
    entry = {"bytes": len(data), "sha256": artifacts.sha256(folder / "a.npy")}
    (folder / "manifest.json").write_text(json.dumps({"format": artifacts.FORMAT, "files": {"a.npy": entry}}))
    planned(lambda: artifacts.read(folder, verify=True))


def manifest(data: bytes, folder: Path) -> None:
    (folder / "manifest.json").write_bytes(data)
    planned(lambda: artifacts.read(folder))


def phrase_list(data: bytes, folder: Path) -> None:
    for name in ("list.tsv", "list.json"):
        (folder / name).write_bytes(data)
        planned(lambda name=name: detector().with_phrases(folder / name).score(SPUN))


def a_policy(data: bytes, folder: Path) -> None:
    (folder / "policy.toml").write_bytes(data)
    planned(lambda: policy.load(folder / "policy.toml").decide(_verdict(), source="feed:a"))


@cache
def _verdict() -> mtdetect.Verdict:
    return detector().score(SPUN)


def profile(data: bytes, folder: Path) -> None:
    (folder / "profile.json").write_bytes(data)

    def load() -> None:
        from dataclasses import replace

        own = replace(calibration_profile.load(folder / "profile.json"), model=detector().model.sha256)
        detector().with_calibration(own).score(SPUN)

    planned(load)


def a_baseline(data: bytes, folder: Path) -> None:
    (folder / "baseline.json").write_bytes(data)
    planned(lambda: baseline.load(folder / "baseline.json"))


def audit_log(data: bytes, folder: Path) -> None:
    (folder / "audit.jsonl").write_bytes(data)
    tally = audit.Tally()
    planned(lambda: list(audit.replay([str(folder / "audit.jsonl")], detector(), tally)))


@cache
def audit_seed() -> bytes:
    rules = policy.parse(
        'default = "allow"\n[[rules]]\naction = "block"\nlabel = ["spun"]\nfpr = 0.1\n', name="a"
    )
    entry = audit.record(SPUN, _verdict(), rules.decide(_verdict()), source="feed:a", keep_text=True)
    head = {"kind": "policy", "policy": rules.to_dict()}
    return to_json(head) + b"\n" + to_json(entry) + b"\n"


# -- over HTTP


def body(data: bytes, folder: Path) -> None:
    """What a request for verdicts goes through, without the sockets."""
    from pydantic import ValidationError

    from mtdetect.serve import schemas, work

    try:
        given = json.loads(data)
        request = schemas.ScoreRequest.model_validate(given)
        items = [
            schemas.ScoreItem.model_validate({"text": one} if isinstance(one, str) else one)
            for one in (request.texts or [request.text])
        ]
    except (ValidationError, ValueError, RecursionError):
        return
    job = work.Score(
        items=tuple(work.Item(one.text, one.id, one.source) for one in items[:3]),
        fpr=request.fpr or 0.01,
        evidence=request.evidence,
        shape="perspective" if request.match else "mtdetect",
        policy=None,
        match=False,
        against=request.against,
        audit=False,
        audit_text=False,
    )

    def answer() -> None:
        for item, scored in zip(items, worker().do(job), strict=False):
            told = orjson.loads(scored.answer)
            if job.shape == "mtdetect":
                assert told["label"] == detector().score(item.text, fpr=job.fpr).label or job.against

    planned(answer)


@cache
def worker():
    from mtdetect.serve.work import Worker

    return Worker(None, None, None, None)


PROFILE = json.dumps({"format": 1, "model": "x", "scores": [0.1] * 250, "words": [100] * 250}).encode()
BASELINE = json.dumps({
    "format": baseline.FORMAT, "signature": {"model": {"name": "en", "version": "1", "sha256": "x"}}, "texts": [["d", 0.1, 0]],
}).encode()  # fmt: skip
POLICY = Path(__file__).resolve().parents[2].joinpath("examples", "policy.toml")
MIXED = "Th\u0435 c\u043euncil v\u00adoted \u2014 \ufb01nally\u200b! caf\u0065\u0301 &eacute;&#8212; U.S. p.m. 1,500.5 don\u2019t\r\n\r\nA. B.\U0001f600 x"

TARGETS = {
    "reading": Target(reading, (STORY.encode(), MIXED.encode(), SPUN.encode("utf-16"))),
    "scoring": Target(scoring, (STORY.encode(), SPUN.encode(), MIXED.encode())),
    "comparing": Target(comparing, (f"{SPUN}\0{STORY}".encode(), f"{MIXED}\0{MIXED}".encode())),
    "against": Target(against, (bytes(80), bytes(range(80)))),
    "jsonl": Target(file_of("jsonl"), (LINES, b"[1]\nnull\n")),
    "csv": Target(file_of("csv"), (b'id,text\n1,"a, ""b""\nc"\n2,d\n', b"id;text\n1;x\n")),
    "html": Target(file_of("html"), (PAGE,)),
    "warc": Target(file_of("warc"), (WARC,)),
    "warc.gz": Target(file_of("warc.gz"), (archives.packed([WARC]),)),
    "message": Target(message, (b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=latin-1\r\n\r\n" + PAGE,)),
    "parquet": Target(file_of("parquet"), ()),
    "jsonl.gz": Target(file_of("jsonl.gz"), (archives.packed([LINES]),)),
    "jsonl.xz": Target(file_of("jsonl.xz"), (lzma.compress(LINES),)),
    "jsonl.zst": Target(file_of("jsonl.zst"), ()),
    "database": Target(database, (b"\0\x10\x10\x10", b"\x01\x80\x80")),
    "doctored": Target(doctored, tuple(bytes([k, k % 4]) + zlib.compress(b"ab") for k in range(len(CELLS)))),
    "model": Target(model, (b"\0\0\x10\x10\x10", b"\x03\x05\x10\x10\x10", b"\x02\x0a\x80\x80\x80")),
    "array": Target(array, ()),
    "manifest": Target(manifest, (b'{"format": 1, "files": {"a.npy": {"bytes": 1, "sha256": ""}}}',)),
    "phrases": Target(phrase_list, (b"# x\nphrase\twording\nshire council\tcounty council|x\n", b'{"shire": "county"}')),
    "policy": Target(a_policy, (POLICY.read_bytes(),)),
    "profile": Target(profile, (PROFILE,)),
    "baseline": Target(a_baseline, (BASELINE,)),
    "audit": Target(audit_log, ()),
    "body": Target(body, (json.dumps({"texts": [SPUN, {"text": STORY, "id": "a"}], "fpr": 0.1}).encode(),)),
}  # fmt: skip
"""By name."""


def seeds(name: str) -> list[bytes]:
    """What a fuzzer starts from; some need packages or a model to be made."""
    import io

    made: list[bytes] = []
    if name == "parquet":
        made.append(parquet_seed())
    elif name == "jsonl.zst":
        made.append(zstandard_of(LINES))
    elif name == "audit":
        made.append(audit_seed())
    elif name == "array":
        for one in (
            np.arange(9),
            np.zeros((2, 3), np.float32),
            np.array(["a"]),
            np.array([(1, 2.0)], "i4,f8"),
        ):
            file = io.BytesIO()
            np.save(file, one)
            made.append(file.getvalue())
    return [*TARGETS[name].seeds, *made]
