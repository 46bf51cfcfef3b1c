"""What docstrings show is what happens."""

from __future__ import annotations

import ast
import doctest
import importlib
import pkgutil
import sys
from pathlib import Path

import pytest

import mtdetect
import mtdetect.features
from mtdetect.errors import MissingExtraError

MOVED = ("mtdetect.estimators", "mtdetect.phrases", "mtdetect.report")
MODULES = sorted(
    {"mtdetect", "mtdetect.features"}
    | {
        found.name
        for package in (
            mtdetect,
            mtdetect.features,
        )  # in an editable installation the one is not inside the other
        for found in pkgutil.walk_packages(
            package.__path__, f"{package.__name__}.", onerror=lambda name: None
        )
    }
    - set(MOVED)
)
EXTRAS = ("ray", "pyarrow", "fastapi", "pydantic", "starlette", "uvicorn", "prometheus_client")


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    if name == "mtdetect.integrations.arrow":  # its examples need what the module itself does not
        pytest.importorskip("pyarrow")
    try:
        module = importlib.import_module(name)
    except MissingExtraError as error:
        pytest.skip(str(error))
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in EXTRAS:
            raise
        pytest.skip(f"needs {error.name}")
    assert doctest.testmod(module).failed == 0


def undocumented(tree, within=""):
    """Public functions with parameters whose docstring neither lists them nor says where they are listed."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from undocumented(node, f"{node.name}.")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
            given = node.args
            names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
            told = ast.get_docstring(node) or ""
            listed = "Parameters\n----------\n" in told or "as for :" in told.lower()
            if {*names} - {"self", "cls"} and not listed:
                yield within + node.name


@pytest.mark.parametrize("package", [mtdetect, mtdetect.features])
def test_public_functions_say_what_they_are_given(package):
    folder = Path(package.__file__).parent
    wrong = {
        f"{path.relative_to(folder)}: {name}"
        for path in folder.rglob("*.py")
        for name in undocumented(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert wrong == set()


def test_there_are_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = sum(
        bool(test.examples)
        for name in ("mtdetect", "mtdetect.detector")
        for test in finder.find(importlib.import_module(name))
    )
    assert found >= 4


@pytest.mark.parametrize("name", MOVED)
def test_old_import_paths_work_and_warn(name):
    sys.modules.pop(name, None)
    with pytest.warns(DeprecationWarning, match=f"{name} is deprecated"):
        moved = importlib.import_module(name)
    for public in moved.__all__:
        assert getattr(moved, public).__module__ != name
