"""The training set: texts by people, and what machines made of texts like them.

Texts come from the labelled corpora and from people's English degraded by our own engines, cut to lengths from a
snippet to a long article, because a detector that has only seen articles is wrong about snippets.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from mtdetect.degrade import FAMILIES, Apertium, Spinner, Thesaurus
from mtdetect.features.lexicon import Lexicon
from mtdetect.text.vocabulary import FIRST_WORD
from mtdetect.training import corpus
from mtdetect.training.corpus import Record, chance

LENGTHS = (40, 1500)
"""Words: shortest and longest cut; lengths between are drawn log-uniformly."""

RATES = (0.05, 0.70)
"""Shares of words replaced by spinners, drawn log-uniformly."""

PER_SOURCE = 2400
LARGE = {
    "allsides_news": 6000,
    "blog_authorship_2004": 4500,
    "ted_talks": 3000,
    "imdb_reviews": 3000,
    "reuters21578": 3500,
}
"""People's texts taken from each source for each role, at most."""

ROUND_TRIPS = (("eng-spa", "spa-eng"), ("eng-cat", "cat-eng"), ("en-gl", "gl-en"), ("en-eo", "eo-en"))

JOINED_SHARE = 0.7
"""Of the runs of short translated texts, the share that is joined to long ones."""

PSEUDO_LINES = 12
"""Post-edited sentences make one text, as many as the translation texts have lines."""

LABELLED_CALIBRATION = 0.15
"""Share of the labelled groups that calibrates; translators are too few to spare more."""

_POPULATION = {
    "mt_train": "translators",
    "essays_round_trip_train": "students",
    "science_spun_round_trip_train": "scientists",
    # Cable style: articles left out, figures in every line. Nearly five times as many were flagged as of other people.
    "reuters21578": "agencies",
    "nltk_ieer_newswire": "agencies",
}

LABELLED = ("mt_train", "essays_round_trip_train", "science_spun_round_trip_train")


@dataclass(frozen=True)
class Example:
    """A text with what is known of it.

    Attributes
    ----------
    text : str
    label : str
        ``original``, ``machine_translated`` or ``spun``.
    group : str
        A text and its versions share it; folds and roles go by it.
    source : str
        Corpus file.
    domain : str
    tool : str
        What degraded it; empty for people.
    role : str
        ``train`` or ``calibrate``.
    environment : str
        What is left out together when the n-gram expert judges texts it has not learnt: a test set, a family, a chain.
    stratum : str
        Language of the source or origin of the text: what runs of texts have in common.
    population : str
        Kind of writer, for people: one of ``POPULATIONS``.
    """

    text: str
    label: str
    group: str
    source: str
    domain: str
    tool: str
    role: str
    environment: str
    stratum: str = ""
    population: str = "people"


POPULATIONS = ("people", "translators", "post_editors", "students", "scientists", "agencies")


def cut(text: str, words: int) -> str:
    """The first words of a text, ended at a sentence where one ends in the last third."""
    parts = text.split(" ")
    if len(parts) <= words:
        return text
    head = " ".join(parts[:words])
    stop = max(head.rfind(". "), head.rfind(".\n"))
    return head[: stop + 1] if stop > len(head) * 0.67 else head


def log_uniform(low: float, high: float, draw: float) -> float:
    """A number between ``low`` and ``high``, uniform in its logarithm, from a draw in [0, 1)."""
    return math.exp(math.log(low) + draw * (math.log(high) - math.log(low)))


def labelled(data: Path) -> list[Example]:
    """Examples of the labelled training sets, whole; a part of the groups goes to calibration."""
    examples = []
    for name in LABELLED:
        for record in corpus.records(data / "labelled" / f"{name}.jsonl.gz"):
            if len(record["text"].split()) < LENGTHS[0]:
                continue
            node = record.get("node") or record["group"]
            environment = f"{name}/{record['source']}" if name == "mt_train" else name
            examples.append(
                Example(
                    record["text"],
                    record["label"],
                    f"{name}/{node}",
                    name,
                    record.get("domain") or "",
                    record.get("tool") or "" if record["label"] != "original" else "",
                    "calibrate" if chance("labelled", node) < LABELLED_CALIBRATION else "train",
                    environment,
                    str(record.get("pivot") or record.get("origin")),
                    _POPULATION[name],
                )
            )
    return examples + _post_edited(data)


def _post_edited(data: Path) -> list[Example]:
    name = "sentences_mt_post_edit_train"
    pairs: dict[str, dict[str, Record]] = defaultdict(dict)
    for record in corpus.records(data / "labelled" / f"{name}.jsonl.gz"):
        pairs[record["group"]][record["label"]] = record
    by_pivot: dict[str, list[dict[str, Record]]] = defaultdict(list)
    for pair in pairs.values():
        if len(pair) == 2:
            by_pivot[str(pair["machine_translated"].get("pivot"))].append(pair)
    examples = []
    for pivot, entries in sorted(by_pivot.items()):
        for start in range(0, len(entries) - PSEUDO_LINES + 1, PSEUDO_LINES):
            block = entries[start : start + PSEUDO_LINES]
            for label in ("machine_translated", "original"):
                text = "\n".join(pair[label]["text"] for pair in block)
                tool = "fairseq" if label != "original" else ""
                group = f"{name}/{pivot}/{start}"
                role = "calibrate" if chance("labelled", group) < LABELLED_CALIBRATION else "train"
                examples.append(
                    Example(text, label, group, name, "wiki", tool, role, name, pivot, "post_editors")
                )
    return examples


def people(data: Path) -> list[Example]:
    """People's texts for training and calibration, cut to all lengths."""
    examples = []
    for path in corpus.human_files(data):
        name = corpus.source(path)
        if name in corpus.JOINED:
            continue
        found: dict[str, list[tuple[float, Record]]] = {"train": [], "calibrate": []}
        for record in corpus.records(path):
            role = corpus.role(name, record["group"])
            if role != "tables":
                found[role].append((chance("pick", record["id"]), record))
        limit = LARGE.get(name, PER_SOURCE)
        for role, drawn in found.items():
            for _, record in sorted(drawn, key=lambda pair: pair[0])[:limit]:
                length = int(log_uniform(*LENGTHS, chance("length", record["id"])))
                text = _window(record["text"], length, chance("window", record["id"]))
                if len(text.split()) < LENGTHS[0] * 0.7:
                    continue
                if chance("lower", record["id"]) < (0.3 if record.get("domain") == "academic" else 0.04):
                    text = text.lower()  # the scientific sets are lower-cased: case must not tell
                domain = record.get("domain") or ""
                group = f"{name}/{record['group']}"
                kind = _POPULATION.get(name, "people")
                examples.append(
                    Example(text, "original", group, name, domain, "", role, f"people/{name}", "", kind)
                )
    return examples


def _window(text: str, words: int, draw: float) -> str:
    """A stretch of a text that begins at a line or sentence, not always the first."""
    starts = [0] + [k + 1 for k, character in enumerate(text) if character == "\n"]
    total = len(text)
    room = [s for s in starts if total - s > words * 6]
    return cut(text[room[int(draw * len(room))] :] if room else text, words)


def spinners(data: Path, lexicon: Lexicon, *, at_large: bool = True) -> list[Callable[[float], Spinner]]:
    """One maker of spinners a family, from a replacement rate: by thesaurus, by words of the same company, ``at_large`` by a list of everything.

    Pairs are fitted without the last: with it the direction is given for 49 instead of 58 % of translations, 83 instead of 88 % of round trips.
    """
    vocabulary = lexicon.vocabulary
    frequency = {vocabulary.word(k): int(lexicon.counts[k]) for k in range(FIRST_WORD, len(vocabulary))}
    strict = Thesaurus.load(corpus.thesaurus(data))
    by_company = Thesaurus.of_neighbours(
        {
            vocabulary.word(k): [vocabulary.word(int(b)) for b in lexicon.alternatives[k] if b]
            for k in range(FIRST_WORD, min(30_000, len(lexicon.alternatives)))
        }
    )

    def maker(thesaurus: Thesaurus, family: str, label: str = "") -> Callable[[float], Spinner]:
        return lambda rate: Spinner(thesaurus, family, rate, frequency=frequency, label=label)

    others = [(by_company, "neighbours")]
    if at_large:
        others.append((Thesaurus.load(corpus.large_thesaurus(data)), "at-large"))
    return [maker(strict, name) for name in FAMILIES] + [
        maker(thesaurus, name, label)
        for thesaurus, label in others
        for name in ("table", "sparing", "thesaurus")
    ]


def degraded(
    originals: Iterable[Example], data: Path, lexicon: Lexicon, *, jobs: int, progress: Callable[[str], None]
) -> list[Example]:
    """People's texts, spun or sent through Apertium: each text once, a part left as it was."""
    makers = spinners(data, lexicon)
    spun: dict[tuple[int, float], list[Example]] = defaultdict(list)
    translated: dict[int, list[Example]] = defaultdict(list)
    for example in originals:
        draw = chance("engine", example.group, example.text[:50])
        if draw < 0.55:
            family = int(draw / 0.55 * len(makers))
            rate = round(log_uniform(*RATES, chance("rate", example.group, example.text[:50])), 2)
            spun[family, rate].append(example)
        elif draw < 0.80 and len(example.text.split()) <= 600:
            translated[int((draw - 0.55) / 0.25 * len(ROUND_TRIPS))].append(example)
    result: list[Example] = []
    progress(f"spinning {sum(map(len, spun.values())):,} texts")
    for (family, rate), examples in sorted(spun.items()):
        engine = makers[family](rate)
        kind = engine.name.rsplit(":", 1)[0]
        result += _replaced(examples, engine.degrade([e.text for e in examples]), "spun", engine.name, kind)
    for index, examples in sorted(translated.items()):
        trip = Apertium(ROUND_TRIPS[index], jobs=jobs)
        progress(f"{trip.name}: {len(examples):,} texts")
        texts = trip.degrade([e.text for e in examples])
        result += _replaced(examples, texts, "machine_translated", trip.name, trip.name)
    return result


def _replaced(
    examples: list[Example], texts: list[str], label: str, tool: str, environment: str
) -> list[Example]:
    return [
        replace(example, text=text, label=label, tool=tool, environment=environment)
        for example, text in zip(examples, texts, strict=True)
        if text != example.text
    ]


def joined(examples: Iterable[Example]) -> list[Example]:
    """Long texts out of consecutive short ones of one test set, language and maker.

    The texts of the translation sets end at about 330 words; articles do not, and evidence adds up with length.
    """
    runs: dict[tuple[str, ...], list[Example]] = defaultdict(list)
    for example in examples:
        if example.source == "mt_train":
            runs[example.environment, example.tool, example.stratum, example.label, example.role].append(
                example
            )
    result = []
    for key, run in sorted(runs.items()):
        run.sort(key=lambda e: e.group)
        at = 0
        while at < len(run) - 1:
            draw = chance("join", *key, at)
            size = 2 + int(draw * 4)
            part = run[at : at + size]
            at += size
            if chance("joined", *key, at) < JOINED_SHARE and len(part) > 1:
                result.append(replace(part[0], text="\n".join(e.text for e in part)))
    return result


def lengths_varied(examples: Iterable[Example]) -> list[Example]:
    """Each labelled text once whole and, half of them, once more cut short."""
    result = []
    for example in examples:
        result.append(example)
        words = len(example.text.split())
        if words > 2 * LENGTHS[0] and chance("cut", example.text[:80], example.tool) < 0.5:
            length = int(log_uniform(LENGTHS[0], words, chance("cut length", example.text[:80])))
            result.append(replace(example, text=cut(example.text, length)))
    return result


def collect(
    data: Path, lexicon: Lexicon, *, jobs: int, progress: Callable[[str], None]
) -> tuple[list[Example], list[Example]]:
    """Everything to learn from, and everything to calibrate on.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    lexicon : Lexicon
        Language tables: whose alternatives one kind of spinner uses.
    jobs : int
        Round trips at a time.
    progress : callable
        Told what is going on.

    Returns
    -------
    train, calibrate : list of Example
        No group stands in both.
    """
    known, written = labelled(data), people(data)
    sets: dict[str, list[Example]] = {"train": [], "calibrate": []}
    for role, target in sets.items():
        own = [e for e in known if e.role == role]
        by_people = [e for e in written if e.role == role]
        target += lengths_varied(own) + joined(own) + by_people
        target += degraded(by_people, data, lexicon, jobs=jobs, progress=progress)
    return sets["train"], sets["calibrate"]
