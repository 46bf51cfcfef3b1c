"""Collect and measure training pairs, and fit the pair model: copies made by machines and editors, and texts that only share a subject.

Independent reports of one event share names, numbers and quotations; essays on one prompt share the prompt; chapters of one
novel share its characters. A comparison must not call these copies, so they are half of the training pairs.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.feature_extraction.text import TfidfVectorizer

import mtdetect
from mtdetect import artifacts
from mtdetect.comparison import measures
from mtdetect.comparison.alignment import align
from mtdetect.comparison.measures import Measures
from mtdetect.comparison.model import arrays_of
from mtdetect.comparison.sides import Side
from mtdetect.comparison.style_counts import COUNTS
from mtdetect.degrade import Apertium
from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.originals import scoring
from mtdetect.originals.scoring import SearchModel
from mtdetect.text import read
from mtdetect.text.arrays import F64
from mtdetect.training import corpus
from mtdetect.training.corpus import Record, chance
from mtdetect.training.examples import (
    LENGTHS,
    PSEUDO_LINES,
    RATES,
    ROUND_TRIPS,
    Example,
    cut,
    log_uniform,
    people,
    spinners,
)
from mtdetect.training.pair_fit import fit
from mtdetect.training.retrieval import fit_search
from mtdetect.training.text_pairs import SENTENCE, Kind, TextPair

Measured = tuple[Measures, F64]
"""Features of a pair, and the difference of the style features of its texts."""

EXCERPT_SHARE = 0.35
"""Share of the copies that are cut, so that only a part of one text is in the other."""

MACHINES = 6
"""Most machine translations of one text that become pairs."""

ADDED_SENTENCES = 0.3
"""Share of the edited texts that get new sentences."""

PASSAGE = (35, 120)
"""Fewest and most words of short spun passages, and of short texts of one source that are no copies."""

NEAREST = 0.5
"""Share of the short texts whose partner is the most similar one of its source, not any one."""

LONGEST_ARTICLE = 1500
"""Words to which articles on the same event are cut."""

EVENT_HEAD = 1500
"""Characters at the beginning of an article by which others on the same event are found."""

LEAST_ALIKE = 0.15
"""Cosine similarity from which two articles of a year may report the same event."""

INDEPENDENT, COPIED = 0.12, 0.35
"""Shares of common word 5-grams: below the first, two articles were written independently; from the second on, one was copied from the other
or both from an agency. Pairs in between are not used."""


def collect(
    data: Path,
    lexicon: Lexicon,
    *,
    jobs: int = 1,
    progress: Callable[[str], None] = print,
    share: float = 1.0,
) -> list[TextPair]:
    """Collect training pairs of all kinds.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    lexicon : Lexicon
        Language tables; one kind of spinner uses their alternatives.
    jobs : int
        Parallel round trips.
    progress : callable
        Receives progress messages.
    share : float
        Share of the possible pairs to collect; less than 1 for a trial.

    Returns
    -------
    list of TextPair
    """

    def some(pairs: Sequence[TextPair], count: int) -> list[TextPair]:
        drawn = sorted(pairs, key=lambda p: chance("pair", p.corpus, p.suspect[:99], p.original[:99]))
        return drawn[: int(count * share)]

    progress("pairing the labelled texts")
    copies, others = _labelled(data)
    result: list[TextPair] = []
    for name, count in (
        ("mt_train", 7000),
        ("essays_round_trip_train", 2500),
        ("people_round_trip_pt", 2500),
        ("round_trips_gathered_train", 1500),
        (REWRITES, 2000),
        ("wiki_round_trip_train", 700),
        ("claims_round_trip_train", 700),
        ("science_spun_round_trip_train", 800),
        ("sentences_mt_post_edit_train", 500),
    ):
        result += some([p for p in copies if p.corpus == name], count)
        result += some([p for p in others if p.corpus == name], min(count // 3, 1500))
    written = [e for e in people(data) if e.role == "train"]
    result += _made(written, data, lexicon, jobs, share, progress)
    result += _edited(written, int(900 * share))
    progress("pairing articles about the same events")
    events = same_event(data, share)
    related = some([p for p in events if not p.is_copy], 3000)
    result += [p for p in events if p.is_copy] + related
    result += _spun_negatives(related[: len(related) // 5], data, lexicon)
    result += some(list(_chapters(data)), 400)
    result += some(_unrelated(written), 1000)
    result += some(_short(written), 2000)
    return [_perhaps_excerpt(p, written) if p.corpus in _EXCERPTED else p for p in result]


_EXCERPTED = ("mt_train", "essays_round_trip_train", "spinner", "apertium", "people_round_trip_pt")
"""Corpora in which ``EXCERPT_SHARE`` of the copies are cut."""


REWRITES = "language_model_rewrites_train"
"""Texts by people, and what a language model made of each when asked to polish, revise, shorten or expand it."""

_LABELLED = (
    "mt_train.jsonl.gz",
    "essays_round_trip_train.jsonl.gz",
    "people_round_trip_pt.jsonl.xz",
    "round_trips_gathered_train.jsonl.xz",
    f"{REWRITES}.jsonl.gz",
    "wiki_round_trip_train.jsonl.gz",
    "claims_round_trip_train.jsonl.gz",
    "science_spun_round_trip_train.jsonl.gz",
)
"""Files of texts by people, each in one group with what machines made of it."""

_OF_SEVERAL = ("mt_train", "round_trips_gathered_train", REWRITES)
"""Of these, the files of several test sets, sets or domains."""


_APART = ("mt_train", "essays_round_trip_train", "claims_round_trip_train", "science_spun_round_trip_train")
"""Of these, the files whose neighbouring texts are never passages of one work."""


def _by_person(record: Record) -> bool:
    """Whether a person wrote a text."""
    return bool(record["label"] == "original" and record.get("origin") != "language_model")


def _strangers(written: list[Record], made: list[Record], *, near: bool) -> Iterator[tuple[Record, Record]]:
    """Pairs of texts of one set and domain without a common origin: the first by a machine or a person, the second by a person."""
    by_domain: dict[str, list[int]] = defaultdict(list)
    for k, record in enumerate(written):
        by_domain[record.get("domain") or ""].append(k)
    for places in by_domain.values():
        for step in (1, 7) if near else (1 + len(places) // 3, 7 + len(places) // 2):
            for at, k in enumerate(places):
                other = written[places[(at + step) % len(places)]]
                if other["group"] != written[k]["group"]:
                    yield (made[k] if chance("made", made[k]["id"]) < 0.6 else written[k]), other


def _labelled(data: Path) -> tuple[list[TextPair], list[TextPair]]:
    """Copies in the labelled sets, and pairs of unrelated texts or texts on one subject from the same sets."""
    copies: list[TextPair] = []
    others: list[TextPair] = []
    for file in _LABELLED:
        name = file.split(".")[0]
        groups: dict[str, list[Record]] = defaultdict(list)
        for record in corpus.records(data / "labelled" / file):
            if name == "people_round_trip_pt":
                if corpus.role(record["source"], record["group"]) != "train":
                    continue
                groups[record["id"].rpartition("#")[0]].append(record)
            else:
                groups[record.get("node") or record["group"]].append(record)
        written: list[Record] = []
        made: list[Record] = []
        for group in groups.values():
            human = [r for r in group if _by_person(r)]
            machine = sorted((r for r in group if not _by_person(r)), key=lambda r: chance(r["id"]))
            if not human or not machine:
                continue
            written.append(human[0])
            made.append(machine[0])
            for record in machine[: MACHINES if name != REWRITES else None]:
                kind: Kind = "paraphrased" if record["label"] == "original" else record["label"]
                part = record["domain"] if name == REWRITES else record["source"]
                environment = f"{name}/{part}" if name in _OF_SEVERAL else name
                tool = str(record.get("tool") or "")
                copies.append(TextPair(record["text"], human[0]["text"], kind, name, environment, tool))
        for first, other in _strangers(written, made, near=name in _APART):
            kind = "related" if name.startswith("essays") else "unrelated"
            others.append(TextPair(first["text"], other["text"], kind, name, f"{name}/others"))
    return copies + _post_edited(data), others


def _post_edited(data: Path) -> list[TextPair]:
    """Machine translations and their post-edited versions, a few sentences each."""
    name = "sentences_mt_post_edit_train"
    groups: dict[str, dict[str, Record]] = defaultdict(dict)
    for record in corpus.records(data / "labelled" / f"{name}.jsonl.gz"):
        groups[record["group"]][record["label"]] = record
    both = [g for g in groups.values() if len(g) == 2]
    pairs = []
    for start in range(0, len(both) - PSEUDO_LINES, PSEUDO_LINES):
        block = both[start : start + 1 + int(chance("lines", start) * PSEUDO_LINES)]
        machine, human = ("\n".join(g[k]["text"] for g in block) for k in ("machine_translated", "original"))
        pairs.append(TextPair(machine, human, "machine_translated", name, name))
    return pairs


def _made(
    written: list[Example],
    data: Path,
    lexicon: Lexicon,
    jobs: int,
    share: float,
    progress: Callable[[str], None],
) -> Iterator[TextPair]:
    """Human texts with copies made by our own spinners and engines."""
    drawn = sorted(written, key=lambda e: chance("made", e.group, e.text[:50]))
    at = 0
    families = spinners(data, lexicon, at_large=False)
    progress(f"spinning with {len(families)} spinners")
    for family in families:
        for step in range(10):
            rate = round(log_uniform(*RATES, (step + 0.5) / 10), 2)
            engine = family(rate)
            part = drawn[at : (at := at + max(1, int(30 * share)))]
            name = engine.name.rsplit(":", 1)[0]
            for example, text in zip(part, engine.degrade([e.text for e in part]), strict=True):
                if text != example.text:
                    yield TextPair(text, example.text, "spun", "spinner", name)
    for family in spinners(data, lexicon):
        for step in range(10):
            engine = family(round(log_uniform(*RATES, (step + 0.5) / 10), 2))
            part = drawn[at : (at := at + max(1, int(6 * share)))]
            short = [cut(e.text, int(log_uniform(*PASSAGE, chance("passage", e.text[:99])))) for e in part]
            for own, text in zip(short, engine.degrade(short), strict=True):
                if text != own:
                    yield TextPair(text, own, "spun", "spinner short", engine.name.rsplit(":", 1)[0])
    for chain in ROUND_TRIPS:
        trip = Apertium(chain, jobs=jobs)
        progress(trip.name)
        part = [e for e in drawn[at:] if len(e.text.split()) <= 500][: int(300 * share)]
        at += len(part)
        for example, text in zip(part, trip.degrade([e.text for e in part]), strict=True):
            if text != example.text:
                yield TextPair(text, example.text, "machine_translated", "apertium", trip.name)


def _edited(written: list[Example], count: int) -> list[TextPair]:
    """Human texts edited as a news desk edits agency reports: sentences dropped, moved and added, a few words cut, added or changed."""
    drawn = sorted(written, key=lambda e: chance("edited", e.group, e.text[:50]))[:count]
    pairs = []
    for k, example in enumerate(drawn):
        draw = Random(chance("desk", example.text[:99]))
        touched = draw.choice((0.0, 0.15, 0.4, 0.8))
        kept = draw.uniform(0.6, 1.0)
        sentences = [_touched(s, draw, touched) for s in SENTENCE.split(example.text) if draw.random() < kept]
        if len(sentences) > 6 and draw.random() < 0.3:
            at = draw.randrange(2, len(sentences) - 2)
            sentences = sentences[at:] + sentences[:at]
        if draw.random() < ADDED_SENTENCES:
            new = SENTENCE.split(drawn[k - 1].text)[: draw.randrange(1, 4)]
            at = draw.randrange(len(sentences) + 1)
            sentences[at:at] = new
        if sentences:
            pairs.append(TextPair(" ".join(sentences), example.text, "edited", "desk", "desk"))
    return pairs


def _touched(sentence: str, draw: Random, share: float) -> str:
    """The sentence, with probability ``share`` with one small change."""
    words = sentence.split()
    if len(words) < 6 or draw.random() >= share:
        return sentence
    at = draw.randrange(1, len(words) - 1)
    act = draw.randrange(4)
    if act == 0:
        del words[at : at + draw.randrange(1, 4)]
    elif act == 1:
        words.insert(at, draw.choice(("also", "now", "however,", "on Monday", "said", "reportedly", "the")))
    elif act == 2:
        words = words[: max(5, at)]
        words[-1] = words[-1].rstrip(",;:") + "."
    else:
        words[at] = draw.choice(words)
    return " ".join(words)


def _perhaps_excerpt(pair: TextPair, written: list[Example]) -> TextPair:
    """The pair, unchanged, with one text cut, or with another writer's sentences after the suspect."""
    draw = chance("excerpt", pair.suspect[:99], pair.original[:99])
    if not pair.is_copy or draw > EXCERPT_SHARE:
        return pair
    size = 0.3 + 0.6 * chance("excerpt size", pair.suspect[:99])
    place = chance("excerpt place", pair.suspect[:99])
    if draw < EXCERPT_SHARE / 3:
        return replace(pair, original=_part(pair.original, size, place))
    if draw < EXCERPT_SHARE * 2 / 3:
        return replace(pair, suspect=_part(pair.suspect, size, place))
    stranger = written[int(chance("stranger", pair.suspect[:99]) * len(written))].text
    part = _part(pair.suspect, max(size, 0.5), place)
    return replace(pair, suspect=part + "\n" + cut(stranger, max(20, len(part.split()) // 2)))


def _part(text: str, share: float, place: float) -> str:
    """Consecutive whole sentences of a text."""
    sentences = SENTENCE.split(text)
    size = max(1, round(len(sentences) * share))
    if len(sentences) < 4:
        return text
    start = int(place * (len(sentences) - size + 1))
    return "\n".join(sentences[start : start + size])


def same_event(data: Path, share: float, *, held_out: bool = False) -> list[TextPair]:
    """Pair articles of different outlets on one event, and agency reports that several outlets printed.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    share : float
        Share of the possible pairs to make.
    held_out : bool
        Whether to pair the articles that are kept for calibration instead of those for training.

    Returns
    -------
    list of TextPair
    """
    path = corpus.human_file(data, "allsides_news")
    by_year: dict[int, list[Record]] = defaultdict(list)
    for record in corpus.records(path):
        if (corpus.role("allsides_news", record["group"]) == "calibrate") != held_out:
            continue
        by_year[int(record.get("year") or 0)].append(record)
    pairs: list[TextPair] = []
    for year, records in sorted(by_year.items()):
        # Names and numbers identify the event.
        vectorizer = TfidfVectorizer(
            token_pattern=r"\b(?:[A-Z]\w+|\d[\d.,]*\d)",
            lowercase=False,
            min_df=2,
            max_df=0.1,
            sublinear_tf=True,
        )
        heads = [r["text"][:EVENT_HEAD] for r in records]
        try:
            x = vectorizer.fit_transform(heads)
        except ValueError:
            continue  # too few articles of that year
        asked = [k for k in range(len(records)) if chance("event", records[k]["id"]) < 0.22 * share]
        for start in range(0, len(asked), 512):
            rows = asked[start : start + 512]
            alike = np.asarray((x[rows] @ x.T).todense())
            alike[np.arange(len(rows)), rows] = 0
            for k, row in zip(rows, alike, strict=True):
                for j in np.argsort(-row)[:2].tolist():
                    if row[j] >= LEAST_ALIKE:
                        pairs += _compared(records[k], records[j], f"allsides/{year}")
    return pairs


def _compared(first: Record, second: Record, environment: str) -> Iterator[TextPair]:
    """The two articles as a copy or as related, by the word 5-grams that they share; nothing if it is unclear."""
    texts = [cut(r["text"], LONGEST_ARTICLE) for r in (first, second)]
    shared = _shared_ngrams(texts[0], texts[1])
    if shared >= COPIED:
        yield TextPair(texts[0], texts[1], "edited", "allsides", environment)
    elif shared < INDEPENDENT:
        yield TextPair(texts[0], texts[1], "related", "allsides", environment)


def _shared_ngrams(a: str, b: str) -> float:
    """Share of the shorter text's word 5-grams that are in the other text."""
    ngrams = []
    for text in (a, b):
        words = re.findall(r"\w+", text.lower())
        ngrams.append({tuple(words[k : k + 5]) for k in range(len(words) - 4)})
    return len(ngrams[0] & ngrams[1]) / max(1, min(map(len, ngrams)))


def _spun_negatives(pairs: list[TextPair], data: Path, lexicon: Lexicon) -> list[TextPair]:
    """Independent articles, one of them spun: being spun does not make a text a copy."""
    families = spinners(data, lexicon, at_large=False)
    result = []
    for k, pair in enumerate(pairs):
        engine = families[k % len(families)](round(log_uniform(*RATES, chance("negative", k)), 2))
        result.append(replace(pair, suspect=engine.degrade([pair.suspect])[0], corpus="allsides spun"))
    return result


def _chapters(data: Path) -> Iterator[TextPair]:
    """Different chapters of one novel."""
    path = corpus.human_file(data, "english_novels_100")
    before: tuple[str, str] = ("", "")
    for record in corpus.records(path):
        novel = str(record["id"]).split("#")[0]
        text = cut(record["text"], 200 + int(chance("chapter", record["id"]) * 1200))
        if novel == before[0]:
            yield TextPair(text, before[1], "related", "novels", "novels")
        before = novel, text


def _unrelated(written: list[Example]) -> list[TextPair]:
    """Unrelated texts from the same source, short ones too."""
    drawn = sorted(written, key=lambda e: (e.source, chance("unrelated", e.text[:50])))
    pairs = []
    for a, b in zip(drawn[::2], drawn[1::2], strict=False):
        if a.group != b.group:
            length = int(log_uniform(12, LENGTHS[1], chance("unrelated length", a.text[:50])))
            pairs.append(
                TextPair(
                    cut(a.text, length), cut(b.text, length), "unrelated", "people", f"people/{a.source}"
                )
            )
    return pairs


def _short(written: list[Example]) -> list[TextPair]:
    """Short texts of one source that are no copies, half of them on the most similar subject of it: with few sentences, chance resemblance is large."""
    by_source: dict[str, list[Example]] = defaultdict(list)
    for example in sorted(written, key=lambda e: chance("short", e.group, e.text[:50])):
        if len(by_source[example.source]) < 400:
            by_source[example.source].append(example)
    pairs = []
    for source, examples in sorted(by_source.items()):
        texts = [
            cut(e.text, int(log_uniform(*PASSAGE, chance("short length", e.text[:99])))) for e in examples
        ]
        x = TfidfVectorizer(stop_words="english", sublinear_tf=True).fit_transform(texts)
        alike = np.asarray((x @ x.T).todense())
        for k, example in enumerate(examples):
            other = (k + 1 + len(examples) // 2) % len(examples)
            if chance("nearest", example.text[:99]) < NEAREST:
                alike[k, [j for j, e in enumerate(examples) if e.group == example.group]] = -1.0
                other = int(alike[k].argmax())
            if (
                examples[other].group != example.group
                and _shared_ngrams(texts[k], texts[other]) < INDEPENDENT
            ):
                pairs.append(TextPair(texts[k], texts[other], "unrelated", "short", f"short/{source}"))
    return pairs


CHUNK = 64
"""Pairs measured at once."""


def measured(
    pairs: Sequence[TextPair], lexicon: Lexicon, *, jobs: int = 1, progress: Callable[[str], None] = print
) -> list[Measured]:
    """Measure pairs.

    Parameters
    ----------
    pairs : sequence of TextPair
        The pairs.
    lexicon : Lexicon
        Language tables.
    jobs : int
        Number of processes.
    progress : callable
        Receives progress messages.

    Returns
    -------
    list of (Measures, ndarray)
        Features of each pair, and the difference of the style features of its texts.
    """
    chunks = [list(pairs[k : k + CHUNK]) for k in range(0, len(pairs), CHUNK)]
    progress(f"measuring {len(pairs):,} pairs")
    done = Parallel(n_jobs=jobs)(delayed(_measure_chunk)(chunk, lexicon) for chunk in chunks)
    return [one for chunk in done for one in chunk]


def _measure_chunk(pairs: list[TextPair], lexicon: Lexicon) -> list[Measured]:
    """Measure some pairs in one batch."""
    texts = [t for p in pairs for t in (p.suspect, p.original)]
    view = View(read(texts, lexicon.vocabulary, identify=False), lexicon)
    style = measures.dense(view)
    result = []
    for k in range(len(pairs)):
        found = measures.measure(align(Side(view, 2 * k), Side(view, 2 * k + 1)))
        result.append((replace(found, changes=[]), style[2 * k] - style[2 * k + 1]))
    return result


def fit_pairs(
    data: Path,
    output: Path,
    lexicon: Lexicon,
    progress: Callable[[str], None] = print,
    *,
    jobs: int = 1,
    share: float = 1.0,
) -> dict[str, Any]:
    """Fit the pair model and the search model on the corpora, and write them.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    output : Path
        Folder for the models, such as ``trained/pairs``.
    lexicon : Lexicon
        Language tables that the models will be used with.
    progress : callable
        Receives progress messages, one line each.
    jobs : int
        Number of processes.
    share : float
        Share of the possible pairs and searches to use; less than 1 for a trial.

    Returns
    -------
    dict
        The manifest, with the figures of cross-validation.

    Raises
    ------
    InputError
        If a corpus is missing or unreadable.
    EngineError
        If Apertium is missing or fails.
    """
    pairs = collect(data, lexicon, jobs=jobs, progress=progress, share=share)
    search_model, figures = fit_search(pairs, data, lexicon, progress, share=share)
    found = measured(pairs, lexicon, jobs=jobs, progress=progress)
    return write_pairs(pairs, found, search_model, figures, lexicon, output, progress)


def write_pairs(
    pairs: Sequence[TextPair],
    found: Sequence[Measured],
    search_model: SearchModel,
    search_figures: dict[str, Any],
    lexicon: Lexicon,
    output: Path,
    progress: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Fit the pair model on measured pairs, and write it with the search model.

    Parameters
    ----------
    pairs : sequence of TextPair
        The pairs.
    found : sequence of (Measures, ndarray)
        Result of :func:`measured`.
    search_model : SearchModel
        The search model.
    search_figures : dict
        Its figures.
    lexicon : Lexicon
        Language tables that the pairs were measured with.
    output : Path
        Folder for the models.
    progress : callable
        Receives progress messages.

    Returns
    -------
    dict
        The manifest.
    """
    progress(f"fitting on {len(pairs):,} pairs")
    model, figures = fit(pairs, found)
    figures |= search_figures
    for name, by_corpus in figures.items():
        progress(f"{name}: " + ", ".join(f"{k} {v:.3f}" for k, v in by_corpus.items()))
    progress("thresholds: " + ", ".join(f"{value:.2f}" for value in model.thresholds))
    facts = {
        "name": "pairs",
        "version": mtdetect.__version__,
        "columns": [
            list(measures.COPY),
            list(measures.KIND),
            list(measures.DIRECTION),
            list(measures.DENSE),
            list(COUNTS),
            measures.BITS,
        ],
        "search_columns": [list(scoring.RANK), list(scoring.RELATIONS)],
        "pairs": dict(sorted(Counter(f"{p.corpus}: {p.kind}" for p in pairs).items())),
        "figures": figures,
        "tables": artifacts.sha256(lexicon.folder / artifacts.MANIFEST),
    }
    return artifacts.write(output, arrays_of(model) | scoring.arrays_of(search_model), facts)
