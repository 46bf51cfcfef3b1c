"""Fixtures: a stand-in detector that needs no model, the shipped one, and services in processes of their own."""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

from mtdetect.features.retranslation import files
from mtdetect.style import Measurement, StyleProfile
from mtdetect.verdict import Evidence, ModelInfo, PivotGuess, Reason, SentenceScore, Verdict, judge
from offline import sitecustomize

# The same examples each time, however busy the machine is.
settings.register_profile("mtdetect", deadline=None, derandomize=True)
settings.load_profile("mtdetect")

# No way out of this machine, neither from here nor from any process that a test starts.
sitecustomize.forbid(pytest.fail)


def pytest_configure(config):
    """Hand the ban on to child processes, but not to the workers of pytest-xdist: those have read this file."""
    if hasattr(config, "workerinput") or config.getoption("dist", "no") == "no":
        own = str(Path(sitecustomize.__file__).parent)
        os.environ["PYTHONPATH"] = os.pathsep.join([own, *filter(None, [os.environ.get("PYTHONPATH")])])


REQUIRE = files.require
"""Checks that there is a translation engine."""

MODEL = ModelInfo("stub", "1", "ab" * 32)

CERTAINTY = {
    "SPUN": ("spun", 0.97, 0.0005),
    "MT": ("machine_translated", 0.9, 0.004),
    "MAYBE": ("spun", 0.8, 0.03),
}
"""What the stand-in says of a text that holds the word: class, score, p-value."""


def stub_verdict(text, *, fpr=0.01, id=None, evidence=True):
    """A verdict that the text itself orders."""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    words = len(text.split())
    if not words:
        return Verdict.unsupported("empty", model=MODEL, fpr=fpr, id=id)
    kind, score, p_value = next((v for word, v in CERTAINTY.items() if word in text), ("spun", 0.04, 0.6))
    probabilities = {"original": 1 - score, "machine_translated": 0.25 * score, "spun": 0.25 * score}
    probabilities[kind] = 0.75 * score
    label, reason = judge(score=score, p_value=p_value, probabilities=probabilities, fpr=fpr, words=words)
    return Verdict(
        id=id,
        label=label,
        score=score,
        quality=71.26,
        probabilities=probabilities,
        fpr=fpr,
        p_value=p_value,
        reason=reason,
        words=words,
        language="en",
        pivot=(PivotGuess("pt", 0.5),),
        sentences=(SentenceScore(0, len(text), score),) if evidence else (),
        evidence=(
            (
                Evidence(0, 5, "glitch", "glitch", 0.5),
                Evidence(6, 9, "blue\nwords", "collocation", 3.2, "better words"),
            )
            if evidence and score > 0.5
            else ()
        ),
        model=MODEL,
        reasons=(Reason("fluency.mean", "neighbouring words seldom meet", 1.5, 0.4, (0.9, 1.8)),),
        stage="full",
    )


class StubDetector:
    """Says what the text tells it to say, and has no translation engine."""

    model = MODEL
    profile_sha256 = None
    lacks_engine = False
    retranslation = None
    first_look = None

    def looks_first(self, fpr, mode):
        return False

    def with_options(self, **given):
        assert not any(given.values())
        return self

    def mode(self, asked=None, default="auto"):
        return asked or default

    def consults(self, mode):
        return False

    def prepare(self, mode, load=True):
        pass

    def worth_asking(self, verdicts):
        return 0

    def score(self, text, *, fpr=0.01, id=None, evidence=True, retranslate=None, full=True):
        return stub_verdict(text, fpr=fpr, id=id, evidence=evidence)

    def style(self, text):
        return StyleProfile(
            7,
            (
                Measurement("richness.commas", 0.5, 0.1, 0.2, 0.15),
                Measurement("fluency.surprisal", 6.0, 5.0, 7.0, 6.0),
                Measurement("own.new_thing", -2.0, 0.0, 0.0, 0.0),
                Measurement("fluency.fit_both", float("nan"), 1.0, 2.0, 1.5),
            ),
        )

    def score_many(self, texts, *, fpr=0.01, ids=None, evidence=True, jobs=1, retranslate=None, full=True):
        names = iter(ids) if ids is not None else None
        for text in texts:
            yield stub_verdict(text, fpr=fpr, id=None if names is None else next(names), evidence=evidence)


def missing(given=None):
    """Stands for ``files.require`` where there is no translation engine."""
    from mtdetect.errors import MissingExtraError

    raise MissingExtraError("tests have no translation engine")


@pytest.fixture(scope="session", autouse=True)
def without_engine():
    """Verdicts are those without the translation engine, whether it is installed or not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mtdetect.features.retranslation.files.require", missing)
        patch.setenv(sitecustomize.WITHOUT_ENGINE, "1")
        yield


@pytest.fixture(autouse=True)
def engine_where_marked(request, monkeypatch, without_engine):
    """Tests of the engine have it."""
    if request.node.get_closest_marker("engine") is not None:
        monkeypatch.setattr("mtdetect.features.retranslation.files.require", REQUIRE)
        monkeypatch.delenv(sitecustomize.WITHOUT_ENGINE)


@pytest.fixture(scope="session")
def verdict_of():
    """What the stand-in says of one text."""
    return stub_verdict


@pytest.fixture
def stub(monkeypatch):
    """Put the stand-in where the detector is loaded from."""
    detector = StubDetector()
    monkeypatch.setattr("mtdetect.detector.load", lambda path=None: detector)
    return detector


@pytest.fixture(scope="session")
def shipped():
    """The real detector; that there is one is for ``test_packaging`` to say."""
    import mtdetect.trained

    if not Path(mtdetect.trained.__file__).with_name("en").joinpath("manifest.json").exists():
        pytest.skip("no model in mtdetect.trained")
    return mtdetect.load()


@pytest.fixture
def stdin(monkeypatch):
    """Give bytes to standard input."""

    def give(content: bytes) -> None:
        monkeypatch.setattr(
            sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(content)), encoding="utf-8")
        )

    return give


class Service:
    """A service in a process of its own, as ``mtdetect serve`` starts it."""

    def __init__(self, process, log):
        self.process = process
        self.log = log
        self.port = int(self._listening().rpartition(":")[2])
        self.url = f"http://127.0.0.1:{self.port}"

    def _listening(self):
        for _ in range(1200):
            lines = self.log.read_text(encoding="utf-8").splitlines()
            if lines and "listening on" in lines[0]:
                return lines[0]
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        pytest.fail(f"the service did not start: {self.log.read_text(encoding='utf-8')}")

    def ask(self, method, path, body=None, headers=None, timeout=60):
        """Status, headers, and the answer: of JSON its value."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        raw = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        try:
            connection.request(method, path, raw, {"Content-Type": "application/json", **(headers or {})})
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.headers.get_content_type() == "application/json":
            return response.status, response.headers, json.loads(content)
        return response.status, response.headers, content

    def stop(self):
        """End it; the exit status, and all that it logged."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60), self.log.read_text(encoding="utf-8")


COMMAND = "import sys; from mtdetect.cli import main; sys.exit(main())"


@contextmanager
def serving(*args, environment=None):
    # Into a file: a pipe that nobody reads would fill, and the service wait.
    with tempfile.TemporaryDirectory() as folder, open(Path(folder, "log"), "w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "serve", "--port", "0", "--retranslate", "never", *args],
            stderr=log,
            env=os.environ | (environment or {}),
        )
        try:
            service = Service(process, Path(log.name))
            yield service
            service.stop()
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def start(shipped):
    """Start a service of one's own: ``with start("--workers", "1") as service``."""
    pytest.importorskip("uvicorn")
    pytest.importorskip("fastapi")
    return serving


@pytest.fixture(scope="session")
def service(shipped, tmp_path_factory):
    """A service with a collection, a policy and an audit log, for tests that leave it as it is."""
    pytest.importorskip("uvicorn")
    pytest.importorskip("fastapi")
    folder = tmp_path_factory.mktemp("service")
    with serving("--originals", str(folder / "originals.db")) as running:
        yield running


@pytest.fixture
def make_halves():
    """A function that makes, from the files of a model, the experts that are said not to have learnt a half, beside the folder of another."""

    def made(own: Path, model: Path) -> None:
        from mtdetect import artifacts
        from mtdetect.training import halves

        arrays, manifest = artifacts.read(own)
        facts = {key: value for key, value in manifest.items() if key not in ("format", "files")}
        for k in range(halves.HALVES):
            artifacts.write(halves.folder(model, k), arrays, facts | {"half_not_learnt": k})

    return made
