#!/usr/bin/env python3
"""The same verdicts everywhere? The wheel under each Python and numpy at hand, and with the processor's newer instructions switched off.

    python3 benchmarks/reproducible.py [--python EXECUTABLE]... [--numpy VERSION]... [--wheel FILE]

Builds the wheel (if none is given), installs it into an environment of its own for each Python found and for each numpy asked for, has ``mtdetect
selfcheck`` compare every verdict with those recorded by training, and once more with numpy's vector instructions disabled. Prints a Markdown
table with the largest difference of any score or p-value. Exit status 1 if one is not as recorded. Needs the package index for what the wheel depends on.
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

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = tuple(f"python3.{minor}" for minor in range(10, 14))
PLAIN = {
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR AVX2 FMA3"
}
"""What numpy may use beyond its baseline; those that a processor lacks are ignored with a warning."""


def build(folder: Path) -> Path:
    """A wheel of the working tree."""
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".git", "build", "*.egg-info", "shared"))
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, source], check=True
    )
    return next(folder.glob("mtdetect-*.whl"))


def installed(folder: Path, python: str, wheel: Path, numpy: str | None) -> Path | None:
    """The interpreter of an environment that has the wheel; None if there is no such numpy for it."""
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
    """What selfcheck says there."""
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
    told: dict[str, object] = json.loads(done.stdout)
    return told


def main() -> int:
    """Install, check and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--python", action="append", help="default: every python3.10 to python3.13 on the path, and this one"
    )
    parser.add_argument("--numpy", action="append", default=[], help="versions to try besides the newest")
    parser.add_argument("--wheel", type=Path)
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
                told = checked(own, folder, environment)
                sound &= bool(told["ok"])
                row = (
                    told["python"],
                    told["numpy"],
                    name,
                    told["files"],
                    told["texts"],
                    f"{told['difference']:.0e}",
                )
                print(
                    f"| {' | '.join(map(str, row))} | {'yes' if told['ok'] else '; '.join(told['problems'])} |",
                    flush=True,
                )
    return int(not sound)


if __name__ == "__main__":
    sys.exit(main())
