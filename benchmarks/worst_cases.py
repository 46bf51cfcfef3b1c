#!/usr/bin/env python3
"""Whether time grows faster than the text where a text is rich in one kind of item.

    python3 benchmarks/worst_cases.py [--size CHARACTERS] [--only NAME]... [--work score|compare|page]...

For each kind a synthetic text is made of items of that kind alone, and another of items between sentences (some items alone are no
English, and most of the work is left out). ``exponent`` is the slope of log processor time against log size between a text and one four
times as long: 1 is linear. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import itertools
import random
import time
from collections.abc import Callable, Iterator
from math import log

from running import run_main

GROWTH = 4

LEAST = 0.02
"""Seconds. Shorter times tell nothing about growth."""

STORY = (
    "The county council voted on Monday to keep the old swimming pool open for another two years, after hundreds "
    "of parents signed a petition against its closure."
).split()

PARTS = (
    ("The mayor", "A teacher", "The old bakery", "Her younger brother", "The committee", "Our neighbour"),
    ("opened", "described", "forgot about", "asked for", "sold", "paid for", "looked at"),
    ("the bridge", "a new roof", "two boats", "the report", "some bread", "the winter timetable", "a garden"),
)
DAYS = ("Monday", "Tuesday", "Friday", "Sunday")

SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bran dwell kest morv plin strak thorn".split()


def unknown_names(chance: random.Random, count: int) -> list[str]:
    """Names that no language table has; many differ in a letter or two."""
    return [
        "".join(chance.choice(SYLLABLES) for _ in range(chance.randint(2, 4))).capitalize() + "k"
        for _ in range(count)
    ]


def names(chance: random.Random) -> Iterator[str]:
    """A parish register: every line has two unknown names, most of them once or twice."""
    while True:
        known = unknown_names(chance, 500)
        for _ in range(500):
            first, second = chance.choice(known), chance.choice(known)
            yield f"On the {chance.randint(1, 28)}th {first} {second} was baptised here.\n"


def alike_names(chance: random.Random) -> Iterator[str]:
    """Names with one initial that differ in a few letters, each three times."""
    for number in itertools.count():
        letters = "".join("abcdefghij"[int(digit)] for digit in f"{number:06}")
        yield f"We saw Mar{letters} and Mar{letters} with Mar{letters}.\n"


def sentence(chance: random.Random, words: int = 14) -> str:
    """Words of a story in any order."""
    return " ".join(chance.choice(STORY) for _ in range(words)).capitalize()


def made(make: Callable[[random.Random], str]) -> Callable[[random.Random], Iterator[str]]:
    """Items that a function makes one by one."""

    def items(chance: random.Random) -> Iterator[str]:
        while True:
            yield make(chance)

    return items


def number(chance: random.Random) -> str:
    return f"{chance.randint(1, 10**9):,}"


KINDS: dict[str, Callable[[random.Random], Iterator[str]]] = {
    "prose": made(lambda chance: sentence(chance) + ". "),
    "no full stops": made(lambda chance: plain_sentence(chance).lower().replace(". ", " and ")),
    "names": names,
    "alike names": alike_names,
    "numbers": made(lambda chance: number(chance) + chance.choice((" ", ", ", ". The "))),
    "quotes": made(lambda chance: f"“{sentence(chance, 4)},” he said, '{sentence(chance, 3)}' and \"no\". "),
    "unclosed quotes": made(lambda chance: chance.choice("“\"‘'") + sentence(chance, 3) + " "),
    "addresses": made(
        lambda chance: f"https://www.example.org/{number(chance)}?q={number(chance)}#a mail@a.example "
    ),
    "repeated lines": made(lambda chance: "The pool is open on Monday for parents and children.\n"),
    "nearly repeated lines": made(
        lambda chance: (
            f"The pool of the county is open to hundreds of parents who signed a petition on {sentence(chance, 2)}.\n"
        )
    ),
    "one-word sentences": made(lambda chance: chance.choice(STORY).capitalize() + ". "),
    "one-letter lines": made(lambda chance: chance.choice("abcdefg") + "\n"),
    "blank lines": made(lambda chance: "\n \t\n"),
    "braces": made(lambda chance: chance.choice("{}[]()<>") * chance.randint(1, 3) + "word"),
    "open braces": made(lambda chance: chance.choice("{[(<")),
    "apostrophes": made(lambda chance: f"{chance.choice(STORY)}'{chance.choice(STORY)}' "),
    "only apostrophes": made(lambda chance: chance.choice("'’`")),
    "hyphens": made(lambda chance: chance.choice(STORY) + "-"),
    "dots": made(lambda chance: chance.choice((".", "..", "…", "U.S.", "e.g. "))),
    "entities": made(lambda chance: chance.choice(("&amp;", "&", "&quot;a ", "&#8217;s ", "&ampamp;"))),
    "combining marks": made(lambda chance: "e\u0301\u0300\u0323"),
    "hidden marks": made(lambda chance: "wo\u200brd\u00ad "),
    "other scripts": made(lambda chance: "cоuncil pаrents "),  # Cyrillic letters
    "emoji": made(lambda chance: "👩\u200d👩\u200d👧🐎 "),
    "capitals": made(lambda chance: sentence(chance, 6).upper() + "! "),
    "one long word": made(lambda chance: chance.choice("abcdefghijklmnopqrstuvwxyz")),
    "unknown words": made(lambda chance: unknown_names(chance, 1)[0].lower() + " "),
    "wrong articles": made(lambda chance: "an house and a old petition were in a hour. "),
    "doubled words": made(lambda chance: chance.choice(STORY) + " the the old old council council. "),
    "spun words": made(
        lambda chance: (
            "The shire council balloted to hold the aged swimming pond unfastened for some other two years. "
        )
    ),
    "tortured phrases": made(
        lambda chance: (
            "Man-made consciousness and profound learning from huge information beat irregular timberland. "
        )
    ),
    "tables": made(lambda chance: f"| {number(chance)} | {chance.choice(STORY)} | {number(chance)} |\n"),
    "code": made(lambda chance: f"for (int i = 0; i < {number(chance)}; i++) {{ a[i] = 'x'; }}\n"),
}
"""Items of each kind, without end."""


def plain_sentence(chance: random.Random) -> str:
    """An ordinary sentence."""
    who, did, what = (chance.choice(part) for part in PARTS)
    return f"{who} {did} {what} on {chance.choice(DAYS)} the {chance.randint(1, 28)}th. "


def text_of(kind: str, characters: int, *, between_sentences: bool = False) -> str:
    """A text of at least so many characters.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.
    characters : int
        Its least length.
    between_sentences : bool
        Whether half of the text are sentences.
    """
    chance = random.Random(kind)
    parts, length, sentences = [], 0, 0
    for item in KINDS[kind](chance):
        if length >= characters:
            break
        parts.append(item)
        length += len(item)
        if between_sentences and 2 * sentences < length:
            parts.append(" " + plain_sentence(chance))
            length += len(parts[-1])
            sentences += len(parts[-1])
    return "".join(parts)


def page_of(text: str) -> bytes:
    """A page with the lines of a text in nested elements that nobody closes."""
    lines = text.split("\n") if text.count("\n") > 10 else text.split(" ")
    return ("<html><body>" + "".join(f"<div><p>{line}" for line in lines)).encode()


def work_of(name: str) -> Callable[[str], object]:
    """The call that is measured."""
    if name == "page":
        from mtdetect.inputs.html import main_text

        return lambda text: main_text(page_of(text))
    import mtdetect
    from mtdetect.errors import InputError

    detector = mtdetect.load()

    def compare(text: str) -> object:
        try:
            return detector.compare(text, text[len(text) // 3 :] + text[: len(text) // 3])
        except InputError:  # no English prose
            return None

    def score(text: str) -> object:
        return detector.score(text, retranslate="never")

    return compare if name == "compare" else score


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--size", type=int, default=200_000, help="characters of the shorter text (default: %(default)s)"
    )
    parser.add_argument("--only", action="append", choices=KINDS, help="kinds (default: all)")
    parser.add_argument("--work", action="append", choices=("score", "compare", "page"))
    args = parser.parse_args()
    print("| work | text | between sentences | MB | s | exponent |\n|---|---|---|---:|---:|---:|")
    for name in args.work or ("score", "compare", "page"):
        work = work_of(name)
        work(text_of("prose", 100_000))  # some tables are made at the first large text
        for kind, between in itertools.product(args.only or KINDS, (False, True)):
            size, took = [], []
            for characters in (args.size, GROWTH * args.size):
                text = text_of(kind, characters, between_sentences=between)
                start = time.process_time()
                work(text)
                took.append(time.process_time() - start)
                size.append(len(text))
            slope = (
                f"{log(took[1] / took[0]) / log(size[1] / size[0]):.2f}" if took[1] >= GROWTH * LEAST else ""
            )
            print(
                f"| {name} | {kind} | {'yes' if between else 'no'} | {size[1] / 1e6:.2f} | {took[1]:.2f} | {slope} |",
                flush=True,
            )


if __name__ == "__main__":
    run_main(main)
