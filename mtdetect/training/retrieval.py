"""Fit the search model: which candidate is the original, how likely it is, and how the two texts are related.

A collection is filled with human texts and searched for copies of some of them, for passages and quotations, and for texts whose
original it does not contain. Every number that a later stage relies on, and every figure, is out-of-fold.
"""

from __future__ import annotations

import tempfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from mtdetect.errors import InputError
from mtdetect.features.lexicon import Lexicon
from mtdetect.originals import Originals
from mtdetect.originals.scoring import RANK, RELATIONS, RIVAL, SearchModel, rival_of
from mtdetect.text.arrays import F64, I64
from mtdetect.training import corpus
from mtdetect.training.corpus import chance
from mtdetect.training.examples import RATES, Example, log_uniform, people, spinners
from mtdetect.training.text_pairs import SENTENCE, TextPair

COLLECTION = 30_000
"""Texts of the collection, originals included."""

WORDS = (80, 6000)
"""Fewest and most words of a text in the collection."""

DRAWN = 1 / 100_000
"""Share of the human texts drawn for each text of the collection: so small that all sources contribute."""

OWN_SENTENCE = 8
"""Fewest words of a sentence that is assumed to be in one text only."""

LEAST_WORDS = 30
"""Fewest words of a query and of its original."""

OF_EACH = {
    "verbatim": 300,
    "machine_translated": 2000,
    "paraphrased": 600,
    "edited": 500,
    "spun": 1600,
    "passage": 700,
    "quotation": 1000,
    "none": 1200,
}
"""Number of queries of each kind."""

PASSAGE = (30, 200)
"""Fewest and most words of a passage or quotation."""

RIVALS = 12
"""Number of best other candidates that each original is ranked against."""

SCORED = 3
"""Number of best candidates of a query on which the score is fitted."""

RIVAL_RANGE = (0.05, 0.95)
"""Quantiles of the rivals' ranks that become the limits of ``SearchModel.search_rival``."""

FOLDS = 4

RANK_C, SCORE_C, RELATION_C = 1.0, 1.0, 0.3
"""Inverse strength of the regularisation of each regression."""


@dataclass(frozen=True)
class Query:
    """A text to search for.

    Attributes
    ----------
    text : str
        The text.
    original : str or None
        Id of its original; None if the collection does not contain it.
    kind : str
        One of the keys of ``OF_EACH``.
    relation : str
        One of ``scoring.RELATIONS``: to the original or, if there is none, to ``about``.
    group : str
        In cross-validation a fold holds whole groups.
    about : str or None
        Id of an independent text on the same subject in the collection.
    """

    text: str
    original: str | None
    kind: str
    relation: str
    group: str
    about: str | None = None


@dataclass(frozen=True)
class Searched:
    """A query with the ids and columns of its candidates."""

    query: Query
    ids: list[Any]
    columns: F64

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Which candidates are the original."""
        return np.array([name == self.query.original for name in self.ids], bool)


def queries(
    pairs: Sequence[TextPair], data: Path, lexicon: Lexicon, share: float = 1.0
) -> tuple[list[Query], dict[str, str]]:
    """Make the queries, and the originals that the collection must contain.

    Parameters
    ----------
    pairs : sequence of TextPair
        Result of ``pairs.collect``.
    data : Path
        Folder of the corpora.
    lexicon : Lexicon
        Language tables; one kind of spinner uses their alternatives.
    share : float
        Share of the queries of each kind to make.

    Returns
    -------
    queries : list of Query
    originals : dict of str to str
        Texts by id.
    """
    limit = {kind: int(count * share) for kind, count in OF_EACH.items()}
    pool = _Pool()
    found = _whole_copies(pairs, limit, pool)
    written = sorted(
        (e for e in people(data) if e.role == "train" and WORDS[0] <= len(e.text.split())),
        key=lambda e: chance("looked up", e.group, e.text[:50]),
    )
    source = (e for e in written if pool.is_new(e.text))
    found += _passages(source, data, lexicon, limit, pool)
    found += [
        Query(text=e.text, original=None, kind="none", relation="unrelated", group=e.group)
        for e in islice(source, limit["none"] // 2)
    ]
    return found, pool.texts


class _Pool:
    """Originals for the collection, no two of which share a long sentence."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self._known: set[int] = set()

    def is_new(self, text: str) -> bool:
        """Whether no original shares a long sentence with a text."""
        return not long_sentences(text) & self._known

    def add(self, text: str) -> str | None:
        """Add an original and return its id; None if another original shares a long sentence with it."""
        name = f"{chance('original', text):.16f}"
        if name not in self.texts:
            if not self.is_new(text):
                return None
            self._known.update(long_sentences(text))
            self.texts[name] = text
        return name


def _whole_copies(pairs: Sequence[TextPair], limit: dict[str, int], pool: _Pool) -> list[Query]:
    """Queries of the suspects of pairs: copies, and articles on the same event, which have no original."""
    found: list[Query] = []
    drawn = sorted(pairs, key=lambda p: chance("query", p.corpus, p.suspect[:99], p.original[:99]))
    taken: dict[str, int] = defaultdict(int)
    for pair in drawn:
        if len(pair.suspect.split()) < LEAST_WORDS or len(pair.original.split()) < LEAST_WORDS:
            continue
        kind = pair.kind if pair.is_copy else "none"
        wanted = pair.is_copy or (pair.kind == "related" and pair.corpus == "allsides")
        if not wanted or taken[kind] >= limit[kind] // (1 if pair.is_copy else 2):
            continue
        name = pool.add(pair.original)
        if name is not None:
            taken[kind] += 1
            original, about = (name, None) if pair.is_copy else (None, name)
            found.append(
                Query(
                    text=pair.suspect,
                    original=original,
                    kind=kind,
                    relation=pair.kind,
                    group=name,
                    about=about,
                )
            )
    return found


def _passages(
    source: Iterator[Example], data: Path, lexicon: Lexicon, limit: dict[str, int], pool: _Pool
) -> Iterator[Query]:
    """Queries of unchanged texts, and of passages: alone or inside another page, unchanged or spun."""
    for _ in range(limit["verbatim"]):
        own = _next_text(source, data)
        name = pool.add(own)
        if name is not None:
            yield Query(text=f"{own}\nThe end", original=name, kind="verbatim", relation="edited", group=name)
    families = spinners(data, lexicon, at_large=False)
    for kind in ("passage", "quotation"):
        for k in range(limit[kind]):
            own = _next_text(source, data)
            words = int(log_uniform(*PASSAGE, chance("passage", own[:99])))
            part = _part(own, words)
            relation = "edited"
            if chance("spun", own[:99]) < 0.4:
                rate = round(log_uniform(*RATES, chance("rate", own[:99])), 2)
                part = families[k % len(families)](rate).degrade([part])[0]
                relation = "spun"
            name = pool.add(own)
            if name is None:
                continue
            if kind == "quotation":
                page = _next_text(source, data).split()
                middle = len(page) // 2
                part = " ".join([*page[:middle], "\n\n" + part + "\n\n", *page[middle:]])
            yield Query(text=part, original=name, kind=kind, relation=relation, group=name)


def _next_text(source: Iterator[Example], data: Path) -> str:
    example = next(source, None)
    if example is None:
        raise InputError(f"{data}: too few human texts; the models of pairs need some ten thousand")
    return example.text


def _part(text: str, words: int) -> str:
    """Consecutive words of a text, from the beginning of a sentence if one is near."""
    parts = text.split()
    start = int(chance("start", text[:99]) * max(1, len(parts) - words))
    ends = [k + 1 for k in range(max(0, start - 25), start) if parts[k].endswith((".", "!", "?"))]
    start = ends[-1] if ends else start
    return " ".join(parts[start : start + words])


def long_sentences(text: str) -> set[int]:
    """Hashes of the sentences of at least ``OWN_SENTENCE`` words, equal in every process.

    Parameters
    ----------
    text : str
        Any text; sentences end at line breaks, too.

    Returns
    -------
    set of int
        CRC-32 of each such sentence.
    """
    return {
        zlib.crc32(one.encode("utf-8", "surrogatepass"))
        for one in SENTENCE.split(text)
        if len(one.split()) >= OWN_SENTENCE
    }


def fill(originals: Originals, wanted: dict[str, str], found: Sequence[Query], data: Path, size: int) -> None:
    """Fill a collection with given originals and other human texts, none of which shares a sentence with them or with a query without original.

    Parameters
    ----------
    originals : Originals
        An empty collection.
    wanted : dict of str to str
        Texts of the given originals by id.
    found : sequence of Query
        The queries.
    data : Path
        Folder of the corpora.
    size : int
        Number of texts to fill the collection with.
    """
    known = set().union(
        *map(long_sentences, wanted.values()), *(long_sentences(q.text) for q in found if q.kind == "none")
    )

    def others() -> Iterator[tuple[str, str]]:
        for path in corpus.human_files(data):
            name = corpus.source(path)
            for record in corpus.records(path):
                text = record["text"]
                if (
                    chance("hidden", record["id"]) >= DRAWN * size
                    or corpus.role(name, record["group"]) != "tables"
                ):
                    continue
                if WORDS[0] <= len(text.split()) <= WORDS[1] and not long_sentences(text) & known:
                    yield str(record["id"]), text

    originals.add(wanted.items())
    rest = islice(others(), size - len(wanted))
    while batch := list(islice(rest, 2000)):
        originals.add(batch)


def search(found: Sequence[Query], originals: Originals) -> list[Searched]:
    """Search for each query; queries without candidates are dropped.

    Parameters
    ----------
    found : sequence of Query
        Texts to search for.
    originals : Originals
        Collection to search, as :func:`fill` leaves it.
    """
    results = originals.closest(one.text for one in found)
    return [
        Searched(query, ids, columns) for query, (ids, columns) in zip(found, results, strict=True) if ids
    ]


def fit_search(
    pairs: Sequence[TextPair],
    data: Path,
    lexicon: Lexicon,
    progress: Callable[[str], None] = print,
    *,
    share: float = 1.0,
) -> tuple[SearchModel, dict[str, Any]]:
    """Fill a collection, search it, and fit the search model on the candidates.

    Parameters
    ----------
    pairs : sequence of TextPair
        Result of ``pairs.collect``.
    data : Path
        Folder of the corpora.
    lexicon : Lexicon
        Language tables that the model will be used with.
    progress : callable
        Receives progress messages.
    share : float
        Share of the queries and of the collection to use; less than 1 for a trial.

    Returns
    -------
    model : SearchModel
    figures : dict
        Out-of-fold quality.
    """
    found, wanted = queries(pairs, data, lexicon, share)
    size = max(int(COLLECTION * share), len(wanted))
    progress(f"searching {size:,} originals for {len(found):,} texts")
    with tempfile.TemporaryDirectory() as folder, Originals(Path(folder, "originals.db")) as originals:
        fill(originals, wanted, found, data, size)
        return fit(search(found, originals))


def fit(searched: Sequence[Searched]) -> tuple[SearchModel, dict[str, Any]]:
    """Fit the search model.

    Parameters
    ----------
    searched : sequence of Searched
        Queries with their candidates.

    Returns
    -------
    model : SearchModel
    figures : dict
        Out-of-fold quality.
    """
    folds = np.array([int(chance("search fold", one.query.group) * FOLDS) for one in searched])
    ranks = _ranks_out_of_fold(searched, folds)
    rivals = np.array([np.sort(r)[-RIVAL - 1] if len(r) > RIVAL else np.nan for r in ranks])
    low, high = np.nanquantile(rivals, RIVAL_RANGE)
    limits = np.array([low, high, np.nanquantile(rivals, 0.25)])
    score, odds, truth = _score(searched, ranks, limits, folds)
    figures = _figures(searched, ranks, odds, truth)
    relation, right = _relation(searched, ranks, score, limits, folds)
    figures["relation told"] = right
    return SearchModel(_rank(searched), score, limits, relation), figures


def _ranks_out_of_fold(searched: Sequence[Searched], folds: I64) -> list[F64]:
    """Out-of-fold ranks of each query's candidates."""
    ranks: list[F64] = [np.zeros(0)] * len(searched)
    for k in range(FOLDS):
        weights = _rank([one for one, fold in zip(searched, folds, strict=True) if fold != k])
        for at in np.flatnonzero(folds == k).tolist():
            ranks[at] = searched[at].columns @ weights[:-1] + weights[-1]
    return ranks


def _score(
    searched: Sequence[Searched], ranks: Sequence[F64], limits: F64, folds: I64
) -> tuple[F64, F64, npt.NDArray[np.bool_]]:
    """``search_score``, and of the best candidates of all queries the out-of-fold log-odds and whether each is the original."""
    rows, truth, fold = [], [], []
    for one, own, k in zip(searched, ranks, folds, strict=True):
        best = np.argsort(-own, kind="stable")[:SCORED]
        rival = rival_of(own, limits)
        rows += [[own[b], rival] for b in best.tolist()]
        truth += one.right[best].tolist()
        fold += [k] * len(best)
    x, y, of = np.array(rows), np.array(truth), np.array(fold)
    odds = np.zeros(len(y))
    for k in range(FOLDS):
        w = _logistic(x[of != k], y[of != k], SCORE_C)
        odds[of == k] = x[of == k] @ w[:-1] + w[-1]
    return _logistic(x, y, SCORE_C), odds, y


def _rank(searched: Sequence[Searched]) -> F64:
    """``search_rank``: weights that rank the original before the other candidates, scaled to log-odds."""
    own, others, weight = [], [], []
    for one in searched:
        right = one.right
        if right.any() and not right.all():
            first = one.columns[right][0]
            rest = one.columns[~right]
            best = np.argsort(-rest[:, RANK.index("marked")], kind="stable")[:RIVALS]
            own.append(np.repeat(first[None], len(best), axis=0))
            others.append(rest[best])
            weight += [1.0 / len(best)] * len(best)
    difference = np.concatenate(own) - np.concatenate(others)
    scale = np.sqrt((difference**2).mean(axis=0)) + 1e-9
    weights = _increasing(difference / scale, np.array(weight)) / scale
    # The weight of the query is the same for all its candidates and cannot rank them. With the intercept, it makes the ranks of different
    # queries comparable.
    x = np.concatenate([one.columns for one in searched])
    y = np.concatenate([one.right for one in searched])
    constant = RANK.index("weight")
    weights[constant] = 0.0
    level = _logistic(np.column_stack([x @ weights, x[:, constant]]), y, RANK_C)
    weights *= level[0]
    weights[constant] = level[1]
    return np.append(weights, level[2])


def _increasing(x: F64, weight: F64) -> F64:
    """Logistic regression without intercept and without negative weights, in which all rows are positive examples."""

    def loss(w: F64) -> tuple[float, F64]:
        odds = x @ w
        slope = -weight / (1 + np.exp(odds))
        return float(weight @ np.logaddexp(0, -odds) + w @ w / (2 * RANK_C)), slope @ x + w / RANK_C

    start = np.full(x.shape[1], 0.1)
    result: F64 = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * x.shape[1]).x
    return result


def _logistic(x: F64, y: npt.NDArray[np.bool_], c: float) -> F64:
    """Weights and intercept of a logistic regression on standardised columns, for columns as they are."""
    scale = np.stack([x.mean(axis=0), x.std(axis=0) + 1e-9])
    model = LogisticRegression(C=c, max_iter=2000).fit((x - scale[0]) / scale[1], y)
    weights = model.coef_[0] / scale[1]
    return np.append(weights, model.intercept_[0] - float(weights @ scale[0]))


def _relation(
    searched: Sequence[Searched], ranks: Sequence[F64], score: F64, limits: F64, folds: I64
) -> tuple[F64, dict[str, float]]:
    """``search_relation``, and for each relation the share of candidates classified correctly, out-of-fold."""
    rows, truth, fold = [], [], []
    for one, own, k in zip(searched, ranks, folds.tolist(), strict=True):
        odds = np.clip(score[0] * own + score[1] * rival_of(own, limits) + score[2], -30.0, 30.0)
        x = np.column_stack([one.columns, odds])
        for b in np.argsort(-own, kind="stable")[:2].tolist():
            if one.ids[b] in (one.query.original, one.query.about):
                truth.append(RELATIONS.index(one.query.relation))
            else:
                truth.append(RELATIONS.index("unrelated"))
            rows.append(x[b])
            fold.append(k)
    table, y, of = np.array(rows), np.array(truth), np.array(fold)
    found = np.zeros(len(y), int)
    for k in range(FOLDS):
        weights = _multinomial(table[of != k], y[of != k])
        odds = table[of == k] @ weights[:, :-1].T + weights[:, -1]
        found[of == k] = odds.argmax(axis=1)
    right = {
        name: round(float((found[y == n] == n).mean()), 4)
        for n, name in enumerate(RELATIONS)
        if (y == n).any()
    }
    return _multinomial(table, y), right


def _multinomial(x: F64, y: I64) -> F64:
    """Weights and intercepts of a multinomial regression of the relations; relations without examples get very low odds."""
    scale = np.stack([x.mean(axis=0), x.std(axis=0) + 1e-9])
    weight = 1.0 / np.sqrt(np.bincount(y, minlength=len(RELATIONS)))[y]
    model = LogisticRegression(C=RELATION_C, max_iter=3000).fit(
        (x - scale[0]) / scale[1], y, weight / weight.mean()
    )
    weights = np.zeros((len(RELATIONS), x.shape[1] + 1))
    weights[:, -1] = -1e3
    weights[model.classes_, :-1] = model.coef_ / scale[1]
    weights[model.classes_, -1] = model.intercept_ - (model.coef_ / scale[1]) @ scale[0]
    return weights


def _figures(
    searched: Sequence[Searched], ranks: Sequence[F64], odds: F64, truth: npt.NDArray[np.bool_]
) -> dict[str, Any]:
    """Share of originals ranked first and among the first ten, by kind of query, and how well the score is calibrated."""
    first: dict[str, list[bool]] = defaultdict(list)
    ten: dict[str, list[bool]] = defaultdict(list)
    at, best, alarms = 0, [], []
    for one, own in zip(searched, ranks, strict=True):
        order = np.argsort(-own, kind="stable")
        right = one.right[order]
        best.append(at)
        if one.query.original is None:
            alarms.append(bool(odds[at] >= 0))
        else:
            first[one.query.kind].append(bool(right[0]))
            ten[one.query.kind].append(bool(right[:10].any()))
        at += min(SCORED, len(own))
    return {
        "originals first": _shares(first),
        "originals among ten": _shares(ten),
        "search": {
            "texts without an original that score 0.5 or more": round(float(np.mean(alarms)), 4)
            if alarms
            else 0.0,
            "calibration error of the first match": round(_calibration_error(odds[best], truth[best]), 4),
        },
    }


def _shares(right: dict[str, list[bool]]) -> dict[str, float]:
    """Share of right answers by kind of query."""
    return {kind: round(float(np.mean(answers)), 4) for kind, answers in sorted(right.items())}


def _calibration_error(odds: F64, truth: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error of log-odds, in ten bins of probability."""
    scores = 1 / (1 + np.exp(-odds))
    bins = np.minimum((scores * 10).astype(int), 9)
    return sum(
        abs(float(scores[bins == b].mean() - truth[bins == b].mean())) * float((bins == b).mean())
        for b in np.unique(bins)
    )
