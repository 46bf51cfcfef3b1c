"""The site of the documents: ``pip install -e ".[docs]" && sphinx-build -W -c docs . site``. Nothing is fetched while it is built.

The source folder is the root, so that links from a page to a model card or an example are the same here as on a code host.
"""

from __future__ import annotations

from typing import Any

import mtdetect

project = "mtdetect"
author = "The mtdetect contributors"
release = mtdetect.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
include_patterns = [
    "docs/*.md",
    "docs/*.rst",
    "*.md",
    "trained/*/CARD.md",
    "benchmarks/*.md",
    "tests/quality/*.md",
]
exclude_patterns = ["README.md"]  # docs/index.md is the first page here
root_doc = "docs/index"
html_theme = "furo"
html_title = f"mtdetect {release}"
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {f"{mode}_css_variables": {"code-font-size": "70%"} for mode in ("light", "dark")}
html_copy_source = False
templates_path: list[str] = []

myst_heading_anchors = 3
autodoc_typehints = "none"  # numpydoc names the types
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": False}
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
suppress_warnings = [
    "misc.highlighting_failure",  # shortened JSON is no JSON
    "myst.header",  # cards and changelog begin where they like
]

PAGES = {
    "Tasks": "scoring evidence comparing originals screening serving policies python calibration retranslation training",
    "To know": "limits how-it-works glossary",
    "Reference": "api stability",
}
OTHERS = "CHANGELOG CONTRIBUTING SECURITY trained/*/CARD benchmarks/* tests/quality/README"


def _with_contents(app: Any, docname: str, source: list[str]) -> None:
    """Add the order of the pages to the first one; a code host would show the directive as it stands."""
    if docname != root_doc:
        return
    parts = {name: [f"/docs/{page}" for page in pages.split()] for name, pages in PAGES.items()}
    parts["Project"] = [f"/{page}" for page in OTHERS.split()]
    for name, pages in parts.items():
        listed = "\n".join(pages)
        source[0] += f"\n\n```{{toctree}}\n:hidden:\n:glob:\n:caption: {name}\n\n{listed}\n```\n"


def setup(app: Any) -> None:
    """Register the hook."""
    app.connect("source-read", _with_contents)
