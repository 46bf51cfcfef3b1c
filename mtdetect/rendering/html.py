"""HTML pages made from the templates in ``templates/``.

A page is one file that needs nothing else: no script, no font, no address. Three layers protect its reader from a
hostile text: every value that a template prints is made printable, it is escaped, and the page's
Content-Security-Policy forbids the browser to load or run anything.

Jinja2 is imported when the first page is made, because most calls make none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mtdetect.rendering.printable import printable

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, **view: Any) -> str:
    """Make a page.

    Parameters
    ----------
    template : str
        Name of the template's file.
    **view
        What the template shows: plain values, neither made printable nor escaped.

    Returns
    -------
    str
        A whole HTML document.
    """
    return _environment().get_template(template).render(view)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    import mtdetect

    def finalize(value: object) -> str:
        """Make a value printable; what macros and blocks return is a page's own HTML and stays as it is."""
        text = value if isinstance(value, str) else str(value)
        return text if text.isprintable() or isinstance(text, Markup) else printable(text)

    environment = Environment(
        loader=PackageLoader("mtdetect.rendering"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.globals["version"] = mtdetect.__version__
    return environment
