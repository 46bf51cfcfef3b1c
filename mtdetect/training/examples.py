"""The training set: texts by people, and what machines made of texts like them.

Texts come from the labelled corpora and from people's English degraded by our own engines, cut to lengths from a
snippet to a long article, because a detector that has only seen articles is wrong about snippets.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from mtdetect.degrade import FAMILIES, WEB_FAMILIES, Apertium, Spinner, Thesaurus, WebSpinner
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

GATHERED_CALIBRATION = 0.5
"""Share of the groups of gathered sets that calibrates, where they have a human side: as negatives such people help as much as in calibration."""

POPULATIONS = (
    "journalists",
    "agencies",
    "web_writers",
    "explainers",
    "scientists",
    "students",
    "learners",
    "translators",
    "post_editors",
    "authors",
    "speakers",
    "language_models",
)
"""Kinds of writers that calibrate apart from each other."""

_KINDS = {
    "journalists": "allsides_news basil bbc_2004_05 fnc1_bodies horne2017_real_news nltk_abc lafand_news",
    # Cable style: articles left out, figures in every line. Nearly five times as many were flagged as of other people.
    "agencies": "reuters21578 nltk_ieer_newswire agnews_fr",
    "web_writers": "20newsgroups blog_authorship_2004 blogs imdb_reviews mail ud_ewt_web reviews_mt_train "
    "tweets_round_trip_train ev semeval_nllb12 tweets_lus_te",
    "explainers": "18f_blog commonlit contao_de_docs digital_gov docs_and_guides legal_mt_train nltk_brown "
    "openstax_philosophy openstax_textbooks opensuse_news python_peps ropensci_blog wiki_round_trip_train",
    "scientists": "biomqm craft_pmc inspec_abstracts oa_stm_corpus science_spun_round_trip_train",
    "students": "essays_by_adults essays_round_trip_train language_model_essays",
    "learners": "learner_answers learner_essays",
    "translators": "docmt_zh_fiction_qa mt_train translations_europarl translations_fiction translations_kremlin "
    "translations_kyoto translations_manual",
    "authors": "english_novels_100 gothic old_prose_and_verse translations_archaic",
    "speakers": "europarl_english mts_dialog nltk_state_union scotus_oral_args ted_talks",
}
_KIND_OF = {source: kind for kind, sources in _KINDS.items() for source in sources.split()}

_KIND_OF_DOMAIN = {
    "abstract": "scientists",
    "news": "journalists",
    "pubmed": "scientists",
    "squad (Wikipedia)": "explainers",
    "xsum": "journalists",
}
"""The same for the sets about language models, whose people's texts are of several kinds."""

LABELLED = ("mt_train", "essays_round_trip_train", "science_spun_round_trip_train")

GATHERED = (
    "hotels_mt_train.jsonl.gz",
    "language_model_rewrites_train.jsonl.gz",
    "legal_mt_train.jsonl.gz",
    "novels_mt_train.jsonl.gz",
    "one_way_gathered_train.jsonl.xz",
    "people_round_trip_pt.jsonl.xz",
    "reviews_mt_train.jsonl.gz",
    "round_trips_gathered_train.jsonl.xz",
    "tweets_round_trip_train.jsonl.gz",
    "web_news_mt_train.jsonl.gz",
    "wiki_round_trip_train.jsonl.gz",
)
"""Files of labelled sets that others made and published, and of people's texts that came back from Portuguese."""

SEVERAL = frozenset({"one_way_gathered_train", "round_trips_gathered_train"})
"""Files of several sets each, which ``source`` names."""

BY_LANGUAGE_MODELS = "language_model_dev"
"""A development set without machine-degraded texts: one half of its groups calibrates, the other measures."""

GATHERED_WINDOWS = 3
"""Stretches taken of a text by gathered people: there are few such writers, and every length band needs some."""

UNPUNCTUATED = {"scotus_oral_args": 6, "ted_talks": 1}
"""Transcripts that serve a second time as speech without punctuation, and the stretches taken of each: an argument is ten times as long as a talk,
and there are a tenth as many."""

Maker = Callable[[float], Spinner | WebSpinner]
"""From a replacement rate to a spinner."""

WEB_AT_LARGE = frozenset({"web-a", "web-b", "web-h", "web-j"})
"""Web spinners whose own tables show words of any sense: what those lack comes from the large thesaurus, for the others from WordNet."""


NOT_LEARNT = frozenset({"web-k"})
"""Web spinners that nothing learns from; a verdict counts the words and wordings of their tables."""


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
        ``train`` or ``calibrate``. The experts learn from both, every other model from one of them.
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
    population: str = "web_writers"

    @property
    def by_people(self) -> bool:
        """Whether it comes from the first files of people's English, as they wrote it or altered by any machine."""
        return self.source.split("/")[0] not in _LATER | _SETS

    @property
    def of_first_sets(self) -> bool:
        """Whether it comes from the sets that the model of single words learns from and calibrates on."""
        return self.source not in _LATER and self.environment.split("/")[0] not in _LATER


POST_EDITED = "sentences_mt_post_edit_train"

_SETS = frozenset([*LABELLED, POST_EDITED])
_LATER = corpus.GATHERED_PEOPLE | {
    BY_LANGUAGE_MODELS,
    *(name.split(".")[0] for name in GATHERED),
    *(f"{name}/unpunctuated" for name in UNPUNCTUATED),
}


def kind_of(source: str, origin: str = "", domain: str = "") -> str:
    """Kind of writer of a person's text: one of ``POPULATIONS``.

    Parameters
    ----------
    source : str
        Its name, or that of its file and of the set within, parted by a slash.
    origin, domain : str
        Of the record; what language models wrote is a kind of its own in every source.
    """
    if origin == "language_model":
        return "language_models"
    return _KIND_OF.get(source.rpartition("/")[2]) or _KIND_OF_DOMAIN.get(domain, "web_writers")


def cut(text: str, words: int) -> str:
    """The first words of a text, ended at a sentence where one ends in the last third.

    Parameters
    ----------
    text : str
        Any text. Only spaces part its words here, line breaks do not.
    words : int
        Number of words to keep, at most. A shorter text stays whole.
    """
    parts = text.split(" ")
    if len(parts) <= words:
        return text
    head = " ".join(parts[:words])
    stop = max(head.rfind(". "), head.rfind(".\n"))
    return head[: stop + 1] if stop > len(head) * 0.67 else head


def log_uniform(low: float, high: float, draw: float) -> float:
    """A number between ``low`` and ``high``, uniform in its logarithm, from a draw in [0, 1).

    Parameters
    ----------
    low, high : float
        Bounds, above 0.
    draw : float
        Such as :func:`~mtdetect.training.corpus.chance` gives.
    """
    return math.exp(math.log(low) + draw * (math.log(high) - math.log(low)))


def labelled(data: Path) -> list[Example]:
    """Examples of the labelled training sets, whole; a part of the groups goes to calibration.

    Parameters
    ----------
    data : Path
        Folder of the corpora.

    Raises
    ------
    InputError
        If a file that is read is missing or damaged, or one of its records lacks a value.
    """
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
                    kind_of(name),
                )
            )
    return examples + _post_edited(data)


def _post_edited(data: Path) -> list[Example]:
    name = POST_EDITED
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
    """People's texts for training and calibration, cut to all lengths. Parameters and errors as for :func:`labelled`."""
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
                domain = record.get("domain") or ""
                group = f"{name}/{record['group']}"
                kind = kind_of(name, record.get("origin") or "")
                for text in _windows(record, GATHERED_WINDOWS if name in corpus.GATHERED_PEOPLE else 1):
                    examples.append(
                        Example(text, "original", group, name, domain, "", role, f"people/{name}", "", kind)
                    )
    return examples


def gathered(data: Path) -> list[Example]:
    """Examples of the gathered sets and of people's texts that came back from Portuguese. Parameters and errors as for :func:`labelled`."""
    examples = []
    for file in GATHERED:
        name = file.split(".")[0]
        read = [r for r in corpus.records(data / "labelled" / file) if len(r["text"].split()) >= LENGTHS[0]]
        with_people = {r["source"] for r in read if r["label"] == "original"}
        for record in read:
            own = name == "people_round_trip_pt"
            source = f"{name}/{record['source']}" if name in SEVERAL else record["source"] if own else name
            if own:  # the pair has the role of the text that it is a passage of
                group = f"{source}/{record['group']}"
                role = corpus.role(source, record["group"])
            else:
                group = f"{name}/{record['group']}"
                share = GATHERED_CALIBRATION if record["source"] in with_people else LABELLED_CALIBRATION
                role = "calibrate" if chance("labelled", record["group"]) < share else "train"
            by_machine = record["label"] != "original"
            examples.append(
                Example(
                    record["text"],
                    record["label"],
                    group,
                    source,
                    record.get("domain") or "",
                    record.get("tool") or "" if by_machine else "",
                    role,
                    f"{name}/{source}" if own else source,
                    str(record.get("pivot") or record.get("origin")),
                    kind_of(source, record.get("origin") or "", record.get("domain") or ""),
                )
            )
    return examples


def language_models(data: Path) -> list[Example]:
    """One half of the texts by language models, and of their people's texts, to calibrate on. Parameters and errors as for :func:`labelled`."""
    name = BY_LANGUAGE_MODELS
    return [
        Example(
            record["text"], "original", f"{name}/{record['group']}", name, record.get("domain") or "", "", "calibrate", name,
            "", kind_of(name, record["origin"], record.get("domain") or ""),
        )
        for record in corpus.records(data / "labelled" / f"{name}.jsonl.gz")
        if calibrates(record["group"]) and len(record["text"].split()) >= LENGTHS[0]
    ]  # fmt: skip


def calibrates(group: str) -> bool:
    """Whether a group of ``BY_LANGUAGE_MODELS`` calibrates; if not, it measures.

    Parameters
    ----------
    group : str
        Group of a record, as the file has it.
    """
    return chance("labelled", group) < GATHERED_CALIBRATION


_MARKS = re.compile(r"[^\w\s'’&%$€£-]|(?<!\w)['’-]|['’-](?!\w)")


def unpunctuated(text: str) -> str:
    """A transcript as automatic captions have it: no punctuation, no capitals, no lines.

    Parameters
    ----------
    text : str
        A transcript with punctuation.
    """
    return " ".join(_MARKS.sub(" ", text).lower().split())


def spoken(data: Path) -> list[Example]:
    """Speech without punctuation, made from transcripts that the tables have not counted. Parameters and errors as for :func:`labelled`."""
    examples = []
    for path in corpus.human_files(data):
        name = corpus.source(path)
        for record in corpus.records(path) if name in UNPUNCTUATED else ():
            role = corpus.role(name, record["group"])
            if role == "tables":
                continue
            for k in range(UNPUNCTUATED[name]):
                length = int(log_uniform(*LENGTHS, chance("spoken length", record["id"], k)))
                text = unpunctuated(_window(record["text"], length, chance("spoken window", record["id"], k)))
                if len(text.split()) >= LENGTHS[0]:
                    examples.append(
                        Example(
                            text, "original", f"{name}/{record['group']}", f"{name}/unpunctuated", "speech", "", role,
                            f"people/{name}", "", "speakers",
                        )
                    )  # fmt: skip
    return examples


def _windows(record: Record, most: int) -> list[str]:
    """Different stretches of a record's text, of all lengths; its case is taken away now and then."""
    texts: list[str] = []
    for k in range(most):
        key = (record["id"],) if k == 0 else (record["id"], k)
        length = int(log_uniform(*LENGTHS, chance("length", *key)))
        text = _window(record["text"], length, chance("window", *key))
        if len(text.split()) < LENGTHS[0] * 0.7:
            continue
        if chance("lower", *key) < (0.3 if record.get("domain") == "academic" else 0.04):
            text = text.lower()  # the scientific sets are lower-cased: case must not tell
        if text not in texts:
            texts.append(text)
    return texts


def _window(text: str, words: int, draw: float) -> str:
    """A stretch of a text that begins at a line or sentence, not always the first."""
    starts = [0] + [k + 1 for k, character in enumerate(text) if character == "\n"]
    total = len(text)
    room = [s for s in starts if total - s > words * 6]
    return cut(text[room[int(draw * len(room))] :] if room else text, words)


def spinners(data: Path, lexicon: Lexicon, *, at_large: bool = True) -> list[Maker]:
    """One maker of spinners a family: by thesaurus, by words of the same company, ``at_large`` by a list of everything and like the web's.

    Pairs are fitted without the last two: with the list the direction is given for 49 instead of 58 % of translations, 83 instead of 88 % of round trips.

    Parameters
    ----------
    data : Path
        Folder of the corpora, whose thesauri are read.
    lexicon : Lexicon
        Language tables: spinners get their counts as frequencies of words, and their alternatives are one of the thesauri.
    at_large : bool
        Whether to add the families that use the large list, and those like the web's.

    Returns
    -------
    list of callable
        For each family, a function from a replacement rate to a spinner.

    Raises
    ------
    InputError
        If a thesaurus is missing or damaged.
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

    def maker(thesaurus: Thesaurus, family: str, label: str = "") -> Maker:
        return lambda rate: Spinner(thesaurus, family, rate, frequency=frequency, label=label)

    def of_web(thesaurus: Thesaurus, family: str) -> Maker:
        return lambda rate: WebSpinner(family, rate, thesaurus, frequency)

    others = [(by_company, "neighbours")]
    web: list[Maker] = []
    if at_large:
        large = Thesaurus.load(corpus.large_thesaurus(data))
        others.append((large, "at-large"))
        web = [
            of_web(large if name in WEB_AT_LARGE else strict, name)
            for name in WEB_FAMILIES
            if name not in NOT_LEARNT
        ]
    return [
        *(maker(strict, name) for name in FAMILIES),
        *(
            maker(thesaurus, name, label)
            for thesaurus, label in others
            for name in ("table", "sparing", "thesaurus")
        ),
        *web,
    ]


def altered(held: Iterable[Example], share: float) -> Iterator[Example]:
    """Human texts, drawn by chance, from which machine texts are to be made; none without punctuation.

    Parameters
    ----------
    held : iterable of Example
        Calibration texts.
    share : float
        Share of the human texts.
    """
    return (
        e
        for e in held
        if e.environment.startswith("people/")
        and not e.source.endswith("/unpunctuated")
        and chance("degraded", e.group, e.text) < share
    )


def degraded(
    originals: Iterable[Example],
    data: Path,
    lexicon: Lexicon,
    *,
    jobs: int,
    progress: Callable[[str], None],
    round_trips: bool = True,
) -> list[Example]:
    """People's texts, spun or, with ``round_trips``, sent through Apertium: each text once, a part left as it was.

    Parameters
    ----------
    originals : iterable of Example
        People's texts.
    data, lexicon
        As for :func:`spinners`.
    jobs : int
        Round trips at a time.
    progress : callable
        Told what is going on.
    round_trips : bool
        Whether a part of the texts goes through Apertium, which is slow.

    Returns
    -------
    list of Example
        The degraded texts only, without those in which nothing changed. Text, label, tool and environment are new, all else is as in the original.

    Raises
    ------
    InputError
        If a thesaurus is missing or damaged.
    EngineError
        If Apertium is needed, and is missing or fails.
    """
    makers = spinners(data, lexicon)
    # No round trips of gathered people: Apertium is slow, and rule-based engines are the ones that scrapers hardly use.
    spun: dict[tuple[int, float], list[Example]] = defaultdict(list)
    translated: dict[int, list[Example]] = defaultdict(list)
    for example in originals:
        draw = chance("engine", example.group, example.text[:50])
        if draw < 0.55:
            family = int(draw / 0.55 * len(makers))
            rate = round(log_uniform(*RATES, chance("rate", example.group, example.text[:50])), 2)
            spun[family, rate].append(example)
        elif (
            round_trips
            and draw < 0.80
            and len(example.text.split()) <= 600
            and example.source not in corpus.GATHERED_PEOPLE
        ):
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

    Parameters
    ----------
    examples : iterable of Example
        Labelled examples; only those of the source ``mt_train`` are joined.

    Returns
    -------
    list of Example
        The joined texts only; what else is known of each is that of its first part.
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
    """Each labelled text once whole and, half of them, once more cut short.

    Parameters
    ----------
    examples : iterable of Example
        Whole texts; those of more than twice the shortest length may be cut.
    """
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
    parts = _Parts(labelled(data), people(data), spoken(data), gathered(data) + language_models(data))
    sets = []
    for role in ("train", "calibrate"):
        by_people = [e for e in parts.written if e.role == role]
        sets.append(parts.of(role) + degraded(by_people, data, lexicon, jobs=jobs, progress=progress))
    return sets[0], sets[1]


def held_out(data: Path) -> list[Example]:
    """What :func:`collect` calibrates on, without what our own engines make. Parameters and errors as for :func:`labelled`."""
    parts = _Parts(labelled(data), people(data), spoken(data), gathered(data) + language_models(data))
    return parts.of("calibrate")


class _Parts(NamedTuple):
    """Everything that is read."""

    known: list[Example]
    written: list[Example]
    said: list[Example]
    others: list[Example]

    def of(self, role: str) -> list[Example]:
        """Examples of a role, at all lengths."""
        own = [e for e in self.known if e.role == role]
        return [
            *lengths_varied(own),
            *joined(own),
            *(e for e in self.written if e.role == role),
            *lengths_varied(e for e in self.others if e.role == role),
            *(e for e in self.said if e.role == role),
        ]
