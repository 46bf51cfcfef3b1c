#!/usr/bin/env python3
"""Draw the picture in the README.

``python3 examples/picture.py`` runs ``COMMAND`` on a pseudo-terminal and writes its output to examples/explain.svg.
"""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
COMMAND = ("mtdetect", "score", "examples/spun.txt", "--explain")
WIDTH, LINES = 104, 26
"""Columns of the terminal, and number of lines that the picture shows."""

FRAME = """<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img"
 aria-label="Output of mtdetect score examples/spun.txt --explain">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
 font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""
"""Rich's SVG template without the fonts that it loads over the network."""


def output() -> str:
    """Run the command on a pseudo-terminal and return its output, with colours."""
    here, there = pty.openpty()
    # The mtdetect of this Python, whether its environment is active or not.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = os.environ | {
        "TERM": "xterm-256color", "COLUMNS": str(WIDTH), "LINES": "200", "PATH": path
    }  # fmt: skip
    with subprocess.Popen(COMMAND, stdout=there, cwd=HERE.parent, env=environment):
        os.close(there)
        parts = []
        try:
            while part := os.read(here, 65536):
                parts.append(part)
        except OSError:  # Linux reports the end of a pseudo-terminal as an error
            pass
    os.close(here)
    return b"".join(parts).decode().replace("\r\n", "\n")


def main() -> None:
    """Run the command and draw its output."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(f"[bold]$ {' '.join(COMMAND)}")
    shown = "\n".join(output().split("\n")[:LINES])
    console.print(Text.from_ansi(shown), soft_wrap=False)
    (HERE / "explain.svg").write_text(
        console.export_svg(title="mtdetect", code_format=FRAME, unique_id="mtdetect"), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
