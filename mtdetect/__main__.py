"""``python -m mtdetect`` is the command ``mtdetect``."""

from mtdetect.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
