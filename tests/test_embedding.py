"""The examples of embedding run unchanged; threads and processes share a detector."""

from __future__ import annotations

import asyncio
import json
import queue
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mtdetect.policy.rules import load

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
POLICIES = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
SPUN = (ROOT / "examples" / "spun.txt").read_text(encoding="utf-8")
PERSON = (ROOT / "examples" / "person.txt").read_text(encoding="utf-8")


def example(mark):
    """Names that the page's example with a mark defines."""
    blocks = [block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if mark in block]
    assert len(blocks) == 1
    namespace = {"__name__": "example"}
    exec(compile(blocks[0], "python.md", "exec"), namespace)
    return namespace


def posted(app, path, value):
    """Response of an ASGI application to a POST of JSON."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": json.dumps(value).encode(), "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 200
    return json.loads(b"".join(message.get("body", b"") for message in sent[1:]))


def test_fastapi(shipped):
    pytest.importorskip("fastapi")
    app = example("FastAPI()")["app"]
    answers = [posted(app, "/submissions", {"text": text}) for text in (SPUN, PERSON)]
    assert answers[0]["verdict"] == shipped.score(SPUN, fpr=0.001).to_dict()
    assert answers[1]["accepted"] is True


def test_django(shipped, monkeypatch):
    pytest.importorskip("django")
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=False)
    form = example("forms.Form")["ArticleForm"]
    assert form({"body": PERSON}).is_valid()
    verdict = shipped.score(SPUN, fpr=0.01)
    monkeypatch.setattr(
        "mtdetect.load", lambda: type("Stub", (), {"score": lambda self, text, fpr: verdict})()
    )
    wrong = form({"body": SPUN})
    assert not wrong.is_valid()
    assert wrong.errors.as_data()["body"][0].code == "spun"


def test_queue_worker(shipped, monkeypatch):
    monkeypatch.chdir(ROOT)
    jobs, decided = queue.Queue(), queue.Queue()
    for text, name in ((SPUN, "a"), (PERSON, "b")):
        jobs.put({"text": text, "id": name, "source": "user-submission"})
    jobs.put(None)
    example("Queue")["work"](jobs, decided)
    assert [decided.get(), decided.get()] == [("a", "block"), ("b", "allow")]


def test_policy_on_the_page_equals_the_example():
    (shown,) = re.findall(r"```toml\n(.*?)```", POLICIES, re.DOTALL)
    from mtdetect.policy.rules import parse

    policy = load(ROOT / "examples" / "policy.toml")
    told = parse(shown, name="policy")
    assert told.rules == policy.rules


def test_threads_share_a_detector(shipped):
    texts = [SPUN, PERSON, "", "Short.", SPUN + PERSON] * 4
    alone = [shipped.score(text) for text in texts]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(shipped.score, texts)) == alone


FORK = """
import multiprocessing, pathlib, sys, mtdetect
texts = [pathlib.Path(name).read_text(encoding="utf-8") for name in sys.argv[1:]]
detector = mtdetect.load()
before = [detector.score(text).to_dict() for text in texts]
context = multiprocessing.get_context("fork")

def work(text):
    return detector.score(text).to_dict()

with context.Pool(2) as pool:
    after = pool.map(work, texts * 4)
assert after == before * 4
assert [detector.score(text).to_dict() for text in texts] == before
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_processes_share_a_detector_across_fork(shipped):
    files = [str(ROOT / "examples" / name) for name in ("spun.txt", "person.txt")]
    subprocess.run([sys.executable, "-c", FORK, *files], check=True, timeout=120)
