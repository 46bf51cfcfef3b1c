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
    if installed == source:
        pytest.skip("an editable installation holds no files; .ci/run tests the wheel")

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


def test_every_file_of_the_tree_goes_into_the_wheel(project):
    told = project["tool"]["setuptools"]
    packed, there = set(), set()
    for name in told["packages"]:
        above = next(one for one in (*MAPPED, "mtdetect") if name.startswith(one))
        folder = ROOT.joinpath(told["package-dir"][above], *name.removeprefix(above).split("."))
        for pattern in ("*.py", *told["package-data"].get(name, [])):
            packed |= set(folder.glob(pattern))
    for name in ("mtdetect", "features", "trained"):
        there |= {path for path in (ROOT / name).rglob("*") if path.is_file() and path.suffix != ".pyc"}
    # What training leaves for its later stages, and git ignores.
    there = {path for path in there if ROOT / "trained" / "halves" not in path.parents}
    assert len(there) > 100
    assert there == {path for path in packed if path.is_file()}


IN_THE_SOURCE_TREE = """
import importlib.util, sys
sys.meta_path[:] = [one for one in sys.meta_path if "editable" not in getattr(one, "__module__", "")]
import mtdetect, mtdetect.features, mtdetect.trained
print(mtdetect.load().score("Nice hat.").label)
print(*(module.__path__[0] for module in (mtdetect, mtdetect.features, mtdetect.trained)), sep="\\n")
print(*(importlib.util.find_spec(f"mtdetect.{name}") for name in ("tests", "benchmarks", "mtdetect", "examples")))
"""


def test_python_started_in_the_source_tree_finds_all_of_it():
    """Whatever is installed, and nothing that stands there and is no part of the package."""
    call = [sys.executable, "-c", IN_THE_SOURCE_TREE]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    folders = [str(ROOT / name) for name in ("mtdetect", "features", "trained")]
    assert done.stdout.splitlines() == ["uncertain", *folders, "None None None None"]


def test_model_and_tables_ship():
    assert Path(mtdetect.features.__file__).with_name("tables").joinpath("manifest.json").is_file()
    for name in ("en", "pairs"):
        assert Path(mtdetect.trained.__file__).with_name(name).joinpath("manifest.json").is_file()


def test_version(project):
    assert project["project"]["dynamic"] == ["version"]
    assert mtdetect.__version__ == importlib.metadata.version("mtdetect")
    assert f"## {mtdetect.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_public_names():
    assert set(mtdetect.__all__) <= set(dir(mtdetect))
    for name in mtdetect.__all__:
        assert getattr(mtdetect, name) is not None
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        mtdetect.nothing_of_the_kind  # noqa: B018


def test_few_modules_lie_at_the_top():
    assert len(list((ROOT / "mtdetect").glob("*.py"))) <= 12
