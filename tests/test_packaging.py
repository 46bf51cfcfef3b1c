"""What is in the tree is in the package, and the other way round."""

from __future__ import annotations

import importlib
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import mtdetect
import mtdetect.features
import mtdetect.trained

ROOT = Path(__file__).resolve().parents[1]
MAPPED = {"mtdetect.features": ROOT / "features", "mtdetect.trained": ROOT / "trained"}


@pytest.fixture(scope="module")
def project():
    tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_packages_are_those_of_the_tree(project):
    tree = {
        ".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "mtdetect").rglob("__init__.py")
    } | {
        ".".join((name, *path.parent.relative_to(folder).parts))
        for name, folder in MAPPED.items()
        for path in folder.rglob("__init__.py")
    }
    assert project["tool"]["setuptools"]["packages"] == sorted(tree)


def test_modules_stand_in_packages():
    loose = {
        path.relative_to(ROOT)
        for folder in (ROOT / "mtdetect", *MAPPED.values())
        for path in folder.rglob("*.py")
        if not path.with_name("__init__.py").exists()
    }
    assert loose == set()


@pytest.mark.parametrize("name", [*MAPPED, "mtdetect"])
def test_installed_files_are_those_of_the_tree(name):
    source = MAPPED.get(name, ROOT / "mtdetect")
    installed = Path(str(importlib.import_module(name).__file__)).parent

    def files(folder):
        found = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
        return {path for path in found if "__pycache__" not in path.parts}

    # In a wheel the two mapped packages lie inside mtdetect/.
    inside = {
        path
        for path in files(installed)
        if name != "mtdetect" or path.parts[0] not in ("features", "trained")
    }
    assert inside == files(source)


def test_python_started_in_the_source_tree_says_why_it_fails():
    call = [sys.executable, "-c", "import mtdetect; mtdetect.load()"]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=60)
    # An editable installation works there, another cannot: the tree's package is found, without features and trained.
    assert done.returncode == 0 or "start Python in another folder" in done.stderr.splitlines()[-1]


def test_model_and_tables_ship():
    assert Path(mtdetect.features.__file__).with_name("tables").joinpath("manifest.json").is_file()
    for name in ("en", "pairs"):
        assert Path(mtdetect.trained.__file__).with_name(name).joinpath("manifest.json").is_file()


def test_version(project):
    assert mtdetect.__version__ == project["project"]["version"] == importlib.metadata.version("mtdetect")
    assert f"## {mtdetect.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_public_names():
    assert set(mtdetect.__all__) <= set(dir(mtdetect))
    for name in mtdetect.__all__:
        assert getattr(mtdetect, name) is not None
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        mtdetect.nothing_of_the_kind  # noqa: B018
