"""Learn what a sketch says: which candidate is the original, how likely, and how the text came from it.

A collection of people's texts is filled, and searched for copies of some of them that machines and people made, for passages
and quotations, and for texts whose original it does not hold. Every number that a later stage trusts, and every figure, comes from folds that
had not learnt the original.
"""

from __future__ import annotations

import tempfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from mtdetect.features.lexicon import Lexicon
from mtdetect.originals import Originals
from mtdetect.originals.judging import RANK, RELATIONS, RIVAL, Judge, rival_of
from mtdetect.text.arrays import F64, I64
from mtdetect.training import corpus
from mtdetect.training.corpus import chance
from mtdetect.training.examples import RATES, Example, log_uniform, people, spinners
from mtdetect.training.text_pairs import SENTENCE, TextPair

COLLECTION = 30_000
"""Texts that the originals are hidden among."""

WORDS = (80, 6000)
"""Of a text in the collection."""

DRAWN = 1 / 100_000
"""Share of people's texts drawn for each text of the collection: few enough that the smallest sources have their part."""

OWN_SENTENCE = 8
"""Words from which a sentence is taken for nobody else's."""

LEAST_WORDS = 30
"""Of a text that is looked up."""

OF_EACH = {
    "verbatim": 300,
    "machine_translated": 2000,
    "edited": 500,
    "spun": 1600,
    "passage": 700,
    "quotation": 1000,
    "none": 1200,
}
"""Queries of each kind."""

PASSAGE = (30, 200)
"""Words of a passage, or of a quotation in another page."""

RIVALS = 12
"""Best candidates that each original is told from."""

SCORED = 3
"""Best candidates of a query that the score is fitted to."""

RIVAL_RANGE = (0.05, 0.95)
"""Quantiles between which a rival counts for what it is."""

FOLDS = 4

RANK_C, SCORE_C, RELATION_C = 1.0, 1.0, 0.3


@dataclass(frozen=True)
class Query:
    """A text to look up.

    Attributes
    ----------
    text : str
    original : str or None
        What it was made from, None if the collection does not hold it.
    kind : str
        One of ``OF_EACH``.
    relation : str
        One of ``judging.RELATIONS``: to the original, or, where there is none, to ``about``.
    group : str
        What is left out together.
    about : str or None
        An independent text on the same subject, in the collection.
    """

    text: str
    original: str | None
    kind: str
    relation: str
    group: str
    about: str | None = None


@dataclass(frozen=True)
class Looked:
    """A query with its candidates."""

    query: Query
    ids: list[Any]
    columns: F64

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Which candidate is the original."""
        return np.array([name == self.query.original for name in self.ids], bool)


def queries(
    pairs: Sequence[TextPair], data: Path, lexicon: Lexicon, share: float = 1.0
) -> tuple[list[Query], dict[str, str]]:
    """Texts to look up, and the originals they need.

    Parameters
    ----------
    pairs : sequence of TextPair
        As ``pairs.collect`` gives them.
    data : Path
        Folder of the corpora.
    lexicon : Lexicon
        Language tables: whose alternatives one kind of spinner uses.
    share : float
        Of the queries there could be.

    Returns
    -------
    queries : list of Query
    originals : dict of str to str
        Text by id.
    """
    limit = {kind: int(count * share) for kind, count in OF_EACH.items()}
    found: list[Query] = []
    originals: dict[str, str] = {}
    known: set[int] = set()

    def name(text: str) -> str | None:
        """Id of an original; None if another one has a part of it."""
        given = f"{chance('original', text):.16f}"
        if given not in originals:
            own = sentences(text)
            if own & known:
                return None
            known.update(own)
            originals[given] = text
        return given

    drawn = sorted(pairs, key=lambda p: chance("query", p.corpus, p.suspect[:99], p.original[:99]))
    taken: dict[str, int] = defaultdict(int)
    for pair in drawn:
        if len(pair.suspect.split()) < LEAST_WORDS or len(pair.original.split()) < LEAST_WORDS:
            continue
        kind = "none" if not pair.is_copy else pair.kind
        wanted = kind != "none" or (pair.kind == "related" and pair.corpus == "allsides")
        if wanted and taken[kind] < limit[kind] // (2 if kind == "none" else 1):
            one = name(pair.original)
            if one is None:
                continue
            taken[kind] += 1
            if pair.is_copy:
                found.append(Query(pair.suspect, one, kind, pair.kind, one))
            else:
                found.append(Query(pair.suspect, None, kind, pair.kind, one, about=one))
    written = sorted(
        (e for e in people(data) if e.role == "train" and WORDS[0] <= len(e.text.split())),
        key=lambda e: chance("looked up", e.group, e.text[:50]),
    )
    source = (e for e in written if not sentences(e.text) & known)
    found += _passages(source, data, lexicon, limit, name)
    strangers = [e for e, _ in zip(source, range(limit["none"] // 2), strict=False)]
    found += [Query(e.text, None, "none", "unrelated", e.group) for e in strangers]
    return found, originals


def _passages(
    source: Iterator[Example],
    data: Path,
    lexicon: Lexicon,
    limit: dict[str, int],
    name: Callable[[str], str | None],
) -> Iterator[Query]:
    """Texts as they stand, and parts of texts, alone and inside other pages, as they were and spun."""
    for _ in range(limit["verbatim"]):
        own = next(source).text
        one = name(own)
        if one is not None:
            yield Query(f"{own}\nThe end", one, "verbatim", "edited", one)
    makers = spinners(data, lexicon, at_large=False)
    for kind in ("passage", "quotation"):
        for k in range(limit[kind]):
            own = next(source).text
            words = int(log_uniform(*PASSAGE, chance("passage", own[:99])))
            part = _part(own, words)
            relation = "edited"
            if chance("spun", own[:99]) < 0.4:
                rate = round(log_uniform(*RATES, chance("rate", own[:99])), 2)
                part = makers[k % len(makers)](rate).degrade([part])[0]
                relation = "spun"
            one = name(own)
            if one is None:
                continue
            if kind == "quotation":
                page = next(source).text.split()
                middle = len(page) // 2
                part = " ".join([*page[:middle], "\n\n" + part + "\n\n", *page[middle:]])
            yield Query(part, one, kind, relation, one)


def _part(text: str, words: int) -> str:
    """A run of words, from the start of a sentence if one is near."""
    parts = text.split()
    start = int(chance("start", text[:99]) * max(1, len(parts) - words))
    ends = [k + 1 for k in range(max(0, start - 25), start) if parts[k].endswith((".", "!", "?"))]
    start = ends[-1] if ends else start
    return " ".join(parts[start : start + words])


def sentences(text: str) -> set[int]:
    """Hashes of the sentences of a text that are long enough to be its own."""
    return {hash_of(one) for one in SENTENCE.split(text) if len(one.split()) >= OWN_SENTENCE}


def hash_of(sentence: str) -> int:
    """The same in every process."""
    return zlib.crc32(sentence.encode("utf-8", "surrogatepass"))


def fill(originals: Originals, wanted: dict[str, str], found: Sequence[Query], data: Path, size: int) -> None:
    """Fill a collection with the originals wanted and people's texts around them.

    Parameters
    ----------
    originals : Originals
        Empty.
    wanted : dict of str to str
        Text by id.
    found : sequence of Query
        The collection shall hold no part of the originals that these were made from, nor of those that have none.
    data : Path
        Folder of the corpora.
    size : int
        Of the collection.
    """
    known = set().union(
        *map(sentences, wanted.values()), *(sentences(q.text) for q in found if q.kind == "none")
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
                if WORDS[0] <= len(text.split()) <= WORDS[1] and not sentences(text) & known:
                    yield str(record["id"]), text

    originals.add(list(wanted.items()))
    for batch in _batches(others(), size - len(wanted)):
        originals.add(batch)


def _batches(texts: Iterator[tuple[str, str]], count: int) -> Iterator[list[tuple[str, str]]]:
    batch: list[tuple[str, str]] = []
    for text, _ in zip(texts, range(count), strict=False):
        batch.append(text)
        if len(batch) == 2000:
            yield batch
            batch = []
    if batch:
        yield batch


def look_up(found: Sequence[Query], originals: Originals) -> list[Looked]:
    """Candidates of each query that has any."""
    results = originals.closest(one.text for one in found)
    return [Looked(query, ids, columns) for query, (ids, columns) in zip(found, results, strict=True) if ids]


def fit_search(
    pairs: Sequence[TextPair],
    data: Path,
    lexicon: Lexicon,
    progress: Callable[[str], None] = print,
    *,
    share: float = 1.0,
) -> tuple[Judge, dict[str, Any]]:
    """Fill a collection, search it, and learn to judge candidates.

    Parameters
    ----------
    pairs : sequence of TextPair
        As ``pairs.collect`` gives them.
    data : Path
        Folder of the corpora.
    lexicon : Lexicon
        Language tables that the model will be used with.
    progress : callable
        Told what is going on.
    share : float
        Of the queries and of the collection.

    Returns
    -------
    judge : Judge
    figures : dict
        How good it was on folds it had not learnt.
    """
    found, wanted = queries(pairs, data, lexicon, share)
    size = max(int(COLLECTION * share), len(wanted))
    progress(f"looking {len(found):,} texts up among {size:,} originals")
    with tempfile.TemporaryDirectory() as folder, Originals(Path(folder, "originals.db")) as originals:
        fill(originals, wanted, found, data, size)
        return fit(look_up(found, originals))


def fit(looked: Sequence[Looked]) -> tuple[Judge, dict[str, Any]]:
    """Fit the models of sketches.

    Parameters
    ----------
    looked : sequence of Looked
        Queries with their candidates.

    Returns
    -------
    judge : Judge
    figures : dict
    """
    folds = np.array([int(chance("search fold", one.query.group) * FOLDS) for one in looked])
    ranks: list[F64] = [np.zeros(0)] * len(looked)
    for k in range(FOLDS):
        weights = _rank([one for one, fold in zip(looked, folds, strict=True) if fold != k])
        for at in np.flatnonzero(folds == k).tolist():
            ranks[at] = looked[at].columns @ weights[:-1] + weights[-1]
    rank = _rank(looked)
    rivals = np.array([np.sort(r)[-RIVAL - 1] if len(r) > RIVAL else np.nan for r in ranks])
    low, high = np.nanquantile(rivals, RIVAL_RANGE)
    limits = np.array([low, high, np.nanquantile(rivals, 0.25)])
    rows, truth, fold = [], [], []
    for one, own, k in zip(looked, ranks, folds, strict=True):
        best = np.argsort(-own, kind="stable")[:SCORED]
        rival = rival_of(own, limits)
        rows += [[own[b], rival] for b in best.tolist()]
        truth += one.right[best].tolist()
        fold += [k] * len(best)
    x, y, of = np.array(rows), np.array(truth), np.array(fold)
    held = np.zeros(len(y))
    for k in range(FOLDS):
        w = _logistic(x[of != k], y[of != k], SCORE_C)
        held[of == k] = x[of == k] @ w[:-1] + w[-1]
    score = _logistic(x, y, SCORE_C)
    figures = _figures(looked, ranks, held, y)
    relation, right = _relation(looked, ranks, score, limits, folds)
    figures["relation told"] = right
    return Judge(rank, score, limits, relation), figures


def _rank(looked: Sequence[Looked]) -> F64:
    """Weights by which the original comes before the other candidates, on the scale of log-odds."""
    own, others, kinds = [], [], []
    for one in looked:
        right = one.right
        if right.any() and not right.all():
            first = one.columns[right][0]
            rest = one.columns[~right]
            best = np.argsort(-rest[:, RANK.index("marked")], kind="stable")[:RIVALS]
            own.append(np.repeat(first[None], len(best), axis=0))
            others.append(rest[best])
            kinds += [1.0 / len(best)] * len(best)
    difference = np.concatenate(own) - np.concatenate(others)
    weight = np.array(kinds)
    scale = np.sqrt((difference**2).mean(axis=0)) + 1e-9
    weights = _increasing(difference / scale, weight) / scale
    # What is the same for all candidates of a query cannot rank them; it and the constant put ranks of all queries on one scale.
    x = np.concatenate([one.columns for one in looked])
    y = np.concatenate([one.right for one in looked])
    constant = RANK.index("weight")
    weights[constant] = 0.0
    level = _logistic(np.column_stack([x @ weights, x[:, constant]]), y, RANK_C)
    weights *= level[0]
    weights[constant] = level[1]
    return np.append(weights, level[2])


def _increasing(x: F64, weight: F64) -> F64:
    """Logistic regression without a constant and without negative weights: all rows should come out above zero."""

    def loss(w: F64) -> tuple[float, F64]:
        odds = x @ w
        slope = -weight / (1 + np.exp(odds))
        return float(weight @ np.logaddexp(0, -odds) + w @ w / (2 * RANK_C)), slope @ x + w / RANK_C

    start = np.full(x.shape[1], 0.1)
    result: F64 = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * x.shape[1]).x
    return result


def _logistic(x: F64, y: npt.NDArray[np.bool_], c: float) -> F64:
    scale = np.stack([x.mean(axis=0), x.std(axis=0) + 1e-9])
    model = LogisticRegression(C=c, max_iter=2000).fit((x - scale[0]) / scale[1], y)
    weights = model.coef_[0] / scale[1]
    return np.append(weights, model.intercept_[0] - float(weights @ scale[0]))


def _relation(
    looked: Sequence[Looked], ranks: Sequence[F64], score: F64, limits: F64, folds: I64
) -> tuple[F64, dict[str, float]]:
    """Weights of the relations, and how often folds that had not learnt the original told each."""
    rows, truth, fold = [], [], []
    for one, own, k in zip(looked, ranks, folds.tolist(), strict=True):
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
    told = np.zeros(len(y), int)
    for k in range(FOLDS):
        weights = _multinomial(table[of != k], y[of != k])
        odds = table[of == k] @ weights[:, :-1].T + weights[:, -1]
        told[of == k] = odds.argmax(axis=1)
    right = {
        name: round(float((told[y == n] == n).mean()), 4)
        for n, name in enumerate(RELATIONS)
        if (y == n).any()
    }
    return _multinomial(table, y), right


def _multinomial(x: F64, y: I64) -> F64:
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
    looked: Sequence[Looked], ranks: Sequence[F64], odds: F64, truth: npt.NDArray[np.bool_]
) -> dict[str, Any]:
    """Share of originals found first and among ten, by kind; how far the score can be trusted."""
    first: dict[str, list[bool]] = defaultdict(list)
    ten: dict[str, list[bool]] = defaultdict(list)
    at, best, alarms = 0, [], []
    for one, own in zip(looked, ranks, strict=True):
        order = np.argsort(-own, kind="stable")
        right = one.right[order]
        best.append(at)
        if one.query.original is None:
            alarms.append(bool(odds[at] >= 0))
        else:
            first[one.query.kind].append(bool(right[0]))
            ten[one.query.kind].append(bool(right[:10].any()))
        at += min(SCORED, len(own))
    chances, was = 1 / (1 + np.exp(-odds[best])), truth[best]
    bins = np.minimum((chances * 10).astype(int), 9)
    error = sum(
        abs(float(chances[bins == b].mean() - was[bins == b].mean())) * float((bins == b).mean())
        for b in np.unique(bins)
    )
    return {
        "originals first": {k: round(float(np.mean(v)), 4) for k, v in sorted(first.items())},
        "originals among ten": {k: round(float(np.mean(v)), 4) for k, v in sorted(ten.items())},
        "search": {
            "texts without an original that score 0.5 or more": round(float(np.mean(alarms)), 4)
            if alarms
            else 0.0,
            "calibration error of the first match": round(error, 4),
        },
    }
