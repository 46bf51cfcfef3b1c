"""Which packages a command may import, and when."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROBE = """
import sys
from mtdetect.cli import main
status = main(sys.argv[1:])
print("status", status, file=sys.stderr)
print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""
HEAVY = {"nltk", "textstat", "sklearn", "scipy", "matplotlib", "pandas", "jinja2"}


def loaded_by(*args, folder):
    process = subprocess.run(
        [sys.executable, "-c", PROBE, *args],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        check=True,
    )
    return process.stderr.splitlines()[-2], set(process.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "args",
    [
        ["--version"],
        ["--nope"],
        ["score", "--fpr", "7", "x"],
        ["train"],
        ["evaluate"],
        ["originals", "add"],
        ["compare", "x"],
        ["screen", "x", "--output", "y", "--checkpoint", "soon"],
        ["serve", "--port", "x"],
        ["audit", "replay"],
    ],
)
def test_nothing_heavy_before_the_arguments_are_parsed(tmp_path, args):
    _, modules = loaded_by(*args, folder=tmp_path)
    assert not modules & (HEAVY | {"numpy", "joblib", "rich", "orjson"})


WEB = {"fastapi", "pydantic", "starlette", "uvicorn", "prometheus_client"}


@pytest.mark.parametrize(
    "args",
    [
        ["--help"],
        ["score", "--help"],
        ["evaluate", "--help"],
        ["screen", "--help"],
        ["serve", "--help"],
        ["audit", "--help"],
    ],
)
def test_help_loads_only_its_formatter(tmp_path, args):
    status, modules = loaded_by(*args, folder=tmp_path)
    assert status == "status 0"
    assert not modules & (HEAVY | WEB | {"numpy", "joblib", "orjson"})


@pytest.mark.parametrize(
    "command",
    [
        ["score"],
        ["originals", "add", "o.db"],
        ["originals", "search", "o.db"],
        ["screen", "--output", "o.jsonl"],
    ],
)
def test_wrong_name_is_reported_before_the_model_is_loaded(tmp_path, command):
    status, modules = loaded_by(*command, "nowhere.txt", folder=tmp_path)
    assert status == "status 2"
    assert not modules & (HEAVY | {"numpy", "joblib"})


def test_originals_need_no_model(tmp_path):
    (tmp_path / "a.txt").write_text("We walked home along the canal at Penrith.", encoding="utf-8")
    status, modules = loaded_by("originals", "add", "o.db", "a.txt", folder=tmp_path)
    assert status == "status 0"
    assert not modules & (HEAVY | {"joblib"})


def test_comparison_needs_no_training_packages(shipped, tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(
            "We walked home along the canal, and nobody said a word. " * 8, encoding="utf-8"
        )
    status, modules = loaded_by("compare", "a.txt", "b.txt", "--format", "json", folder=tmp_path)
    assert status == "status 1"
    assert not modules & (HEAVY | {"joblib"})


def test_importing_the_package_loads_nothing(tmp_path):
    code = "import sys, mtdetect; print(*sys.modules)"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert not set(process.stdout.split()) & (
        HEAVY | {"numpy", "argparse", "dataclasses", "mtdetect.verdict"}
    )


@pytest.mark.parametrize("form", ["table", "json"])
def test_verdict_needs_no_training_packages(shipped, tmp_path, form):
    (tmp_path / "a.txt").write_text(
        "We walked home along the canal, and nobody said a word. " * 8, encoding="utf-8"
    )
    status, modules = loaded_by("score", "a.txt", "--format", form, folder=tmp_path)
    assert status in ("status 0", "status 1")
    assert not modules & HEAVY
    assert "joblib" not in modules


def test_workers_of_the_service_load_nothing_of_the_web(tmp_path):
    code = "import sys, mtdetect.serve.pool, mtdetect.serve.work; print(*(name.partition('.')[0] for name in sys.modules))"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=tmp_path, check=True
    )
    assert not set(process.stdout.split()) & (HEAVY | WEB)


PINNED = """
import os, platform, sys
from mtdetect.cli import _parser, train
_parser().parse_args(["train", "data", "--output", "en"])
assert "numpy" not in sys.modules
train._pin_kernels()
import numpy
from threadpoolctl import threadpool_info
cores = {one["architecture"] for one in threadpool_info() if one.get("internal_api") == "openblas"}
assert cores <= {"Haswell"} or platform.machine().lower() not in ("x86_64", "amd64"), cores
"""


def test_training_chooses_the_kernels_before_numpy_is_loaded():
    """Kernels differ in the last digits, and the files that training makes with them."""
    subprocess.run([sys.executable, "-c", PINNED], check=True)
