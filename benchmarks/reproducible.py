#!/usr/bin/env python3
"""Reproducibility: verdicts of the wheel under each available Python and numpy, with and without numpy's vector instructions.

    python3 benchmarks/reproducible.py [--python EXECUTABLE]... [--numpy VERSION]... [--wheel FILE]

Builds the wheel, unless ``--wheel`` gives one, and installs it into a new environment for each Python and each numpy. There
``mtdetect.selfcheck`` compares the verdicts with those recorded after training, and again with numpy's vector instructions disabled. Prints a
Markdown table with the largest difference of any score or p-value. Exit status 1 if a verdict differs. Needs the package index for the
dependencies of the wheel.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from running import run_main

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = tuple(f"python3.{minor}" for minor in range(10, 14))
PLAIN = {
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR AVX2 FMA3"
}
"""Disables all instruction sets beyond numpy's baseline; numpy ignores those that the processor lacks, with a warning."""


def build(folder: Path) -> Path:
    """Build a wheel of the working tree."""
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".git", "build", "*.egg-info", "shared"))
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, source], check=True
    )
    return next(folder.glob("mtdetect-*.whl"))


def installed(folder: Path, python: str, wheel: Path, numpy: str | None) -> Path | None:
    """Interpreter of a new environment with the wheel; None if this numpy does not exist for this Python."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    own = folder / "bin" / "python"
    wanted = [str(wheel), *([f"numpy=={numpy}"] if numpy else [])]
    command = [own, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--only-binary", "numpy"]
    done = subprocess.run([*command, *wanted], capture_output=True, text=True)
    if done.returncode and numpy and "No matching distribution found for numpy" in done.stderr:
        return None
    if done.returncode:
        sys.exit(done.stderr)
    return own


def checked(python: Path, folder: Path, environment: dict[str, str]) -> dict[str, object]:
    """Result of selfcheck in an environment."""
    code = (
        "import json, platform, numpy, mtdetect; found = mtdetect.selfcheck().to_dict();"
        "print(json.dumps({**found, 'python': platform.python_version(), 'numpy': numpy.__version__}))"
    )
    done = subprocess.run(
        [python, "-W", "ignore", "-c", code],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    result: dict[str, object] = json.loads(done.stdout)
    return result


def main() -> int:
    """Install, check and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--python",
        action="append",
        help="Python to test (default: python3.10 to python3.13, where installed, and this one)",
    )
    parser.add_argument(
        "--numpy", action="append", default=[], help="numpy version to test besides the newest"
    )
    parser.add_argument(
        "--wheel", type=Path, metavar="FILE", help="wheel to test (default: built from the working tree)"
    )
    args = parser.parse_args()
    pythons = args.python or list(dict.fromkeys([*filter(None, map(shutil.which, PYTHONS)), sys.executable]))
    sound = True
    print(
        "| Python | numpy | instructions | files | texts | largest difference | as recorded |\n|---|---|---|---:|---:|---:|---|"
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        wheel = args.wheel or build(folder)
        for number, (python, numpy) in enumerate((p, n) for p in pythons for n in (None, *args.numpy)):
            own = installed(folder / f"environment{number}", python, wheel, numpy)
            if own is None:
                continue
            for name, environment in (("all", {}), ("baseline", PLAIN)):
                found = checked(own, folder, environment)
                sound &= bool(found["ok"])
                row = (
                    found["python"],
                    found["numpy"],
                    name,
                    found["files"],
                    found["texts"],
                    f"{found['difference']:.0e}",
                )
                print(
                    f"| {' | '.join(map(str, row))} | {'yes' if found['ok'] else '; '.join(found['problems'])} |",
                    flush=True,
                )
    return int(not sound)


if __name__ == "__main__":
    run_main(main)
