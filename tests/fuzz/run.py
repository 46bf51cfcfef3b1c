#!/usr/bin/env python3
"""Lets a coverage-guided fuzzer loose on the targets.

    pip install atheris
    python tests/fuzz/run.py [TARGET]... [--seconds 60] [--output FOLDER] [--forever]

Each target runs in a process of its own, one after another, for some seconds each. What makes one fail is written to FOLDER/found/TARGET, once
for each place in the code, with the traceback beside it; the corpus that reaches new code goes to FOLDER/corpus/TARGET and is where the
next run starts. Without atheris (which has wheels for Linux only) hypothesis draws the bytes instead. Exit status 1 if anything was
found.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
import time
import traceback
from importlib.util import find_spec
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def place(error: BaseException) -> str:
    """Where an error arose, as one name a place."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f"{Path(f.filename).name}:{f.lineno}" for f in frames]
    return f"{type(error).__name__} {' '.join(own[-4:])}"


def fuzz(name: str, seconds: float, output: Path) -> None:
    """Run one target in this process."""
    sys.path.insert(0, str(TESTS))
    guided = find_spec("atheris") is not None
    if guided:
        import atheris

        with atheris.instrument_imports(include=["mtdetect"]):
            from fuzz import targets
    else:
        from fuzz import targets

    target = targets.TARGETS[name]
    found = output / "found" / name
    corpus = output / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in targets.seeds(name):
        corpus.joinpath(f"seed-{hashlib.sha256(seed).hexdigest()[:16]}").write_bytes(seed)
    known: set[str] = set()

    def one(data: bytes) -> None:
        try:
            target.check(data, folder)
        except Exception as error:
            where = place(error)
            if where not in known:
                known.add(where)
                found.mkdir(parents=True, exist_ok=True)
                stem = hashlib.sha256(where.encode()).hexdigest()[:12]
                (found / stem).write_bytes(data)
                (found / f"{stem}.txt").write_text(where + "\n" + traceback.format_exc(), encoding="utf-8")
                print(f"{name}: {where}", flush=True)

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if guided:
            arguments = [
                sys.argv[0],
                str(corpus),
                f"-max_total_time={int(seconds)}",
                "-rss_limit_mb=4096",
                "-timeout=60",
            ]
            atheris.Setup(
                [*arguments, f"-artifact_prefix={output}/", "-print_final_stats=1", "-max_len=20000"], one
            )
            atheris.Fuzz()
        else:
            drawn(one, targets.seeds(name), seconds)


def drawn(one, seeds: list[bytes], seconds: float) -> None:
    """Bytes by chance, and seeds with some of their bytes changed."""
    import random

    chance = random.Random(0)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = bytearray(chance.choice(seeds or [b""]))
        for _ in range(chance.randint(0, 12)):
            at = chance.randrange(len(data) + 1)
            data[at : at + chance.randint(0, 4)] = chance.randbytes(chance.randint(0, 4))
        one(bytes(data))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=float, default=60, help="for each target (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=Path("fuzzing"))
    parser.add_argument("--forever", action="store_true", help="start again when all had their turn")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.here:
        fuzz(args.targets[0], args.seconds, args.output)
        return 0
    sys.path.insert(0, str(TESTS))
    from fuzz import targets

    while True:
        for name in args.targets or targets.TARGETS:
            start = time.monotonic()
            command = [sys.executable, __file__, name, "--here", "--seconds", str(args.seconds)]
            done = subprocess.run([*command, "--output", str(args.output)], capture_output=True, text=True)
            tries = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
            print(
                f"{name}: {int(tries[1]) if tries else 0:,} tries in {time.monotonic() - start:.0f} s",
                flush=True,
            )
            if done.returncode:  # the interpreter itself died, or took too long
                print(done.stderr[-2000:])
            print(done.stdout, end="", flush=True)
        if not args.forever:
            break
    return int(any((args.output / "found").rglob("*.txt")))


if __name__ == "__main__":
    sys.exit(main())
