"""Fitting the model that asks the translation engine (``mtdetect.model.retranslation``).

Only calibration texts are used, with strengths by experts that have not learnt them (:mod:`mtdetect.training.halves`): on texts that they have learnt, strengths are too high. ``FIT_SHARE`` of
their groups teach the joint strength, the others calibrate. What the Firefox engines made teaches nothing: the engine that is asked is
one of them and would recognise its own writing.

The engine's logit is a logistic regression on its columns, with a strong penalty. It is added to the strength of the expert with a fixed
weight (``ENGINE_WEIGHT``), because a regression on both would trust the experts too much: the held-out texts here are of kinds and engines
that the experts have learnt. What the engine does not change, the strengths and claims of the other experts, is that of the model alone.
"""

from __future__ import annotations

import hashlib
import platform
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import mtdetect
from mtdetect import artifacts
from mtdetect.errors import InputError
from mtdetect.evidence import outside_features
from mtdetect.features.lexicon import Lexicon
from mtdetect.features.retranslation import asking, columns, files
from mtdetect.features.retranslation.asking import TextScores
from mtdetect.features.retranslation.engine import TokenScores
from mtdetect.features.view import View
from mtdetect.model import classifier, loading, retranslation
from mtdetect.model.retranslation import CONSTANTS, INPUTS
from mtdetect.model.scoring import Model
from mtdetect.text import read
from mtdetect.text.arrays import F64, I64, Mask
from mtdetect.text.clauses import FRAGMENTS, share_in_clauses
from mtdetect.training import SEED, examples, halves
from mtdetect.training.corpus import chance
from mtdetect.training.examples import POPULATIONS, Example
from mtdetect.training.fit import Measured, fit_claims, fit_style, people_scatter
from mtdetect.verdict import SHORT

FIT_SHARE = 0.4
"""Share of the groups of calibration texts that teaches the joint strength."""

PER_ENGINE = 14
"""Machine translations taken of each engine and set. More would not help: with 560, 1,100 and 2,200 texts by machines, a logistic regression had the
same AUC on every development set."""

PER_SPINNER = 25
"""Spun texts of each family, and texts of each chain of a rule-based engine."""

DEGRADED = 0.25
"""Share of the human texts to learn from that our own engines may degrade: enough for ``PER_SPINNER``, and Apertium is slow."""

PER_SOURCE = 30
"""Human texts of each source to learn from."""

CALIBRATING = 120
"""Human texts of each source to calibrate on, drawn by chance. They stand for those that are not."""

TAIL = 0.05
"""P-value, of the model alone, up to which every other human text calibrates, too. A text that the engine leads to a flag was mostly near one before, so small
p-values are nearly as fine as if all texts had been asked about."""

PENALTY = 0.003
"""``C`` of the logistic regression on standardised columns. Mean AUC of the engine's logit alone over eight development sets of translations with 0.001, 0.003,
0.01 and 0.1: 0.814, 0.816, 0.812 and 0.796. Boosted trees: 0.805."""

ENGINE_WEIGHT = 0.6
"""Weight of the engine's logit beside the strength of the expert for translation, both in standard deviations of human texts. With 0.45, 0.6, 0.8 and 1 the
mean AUC of samples of ten development sets is 0.878, 0.880, 0.880 and 0.879, and 39.3, 40.1, 38.8 and 37.5 % are found at the default
budget: of essays, which the expert knows, 71, 72, 66 and 61 %, of news, which it does not, 26, 29, 32 and 34 %. The expert for spinning has no use for the engine: measured with an earlier
model and weights of 0, 0.1 and 0.2 for it, 33, 30 and 26 % of pages by web spinners and 82, 82 and 79 % of SpinBot's passages are found, because learners, too, write what no engine would."""

STYLE_SHARE = 1.0
"""How much of the engine's part that a writing style lets one expect is taken away. With 0, 0.5 and 1 and a weight of 0.6 the mean AUC of eleven development sets is 0.859, 0.861 and
0.861, 30.4, 30.2 and 30.6 % are found, and 0.79, 0.77 and 0.75 % of people flagged, sources held out one by one; on the people of development sets 1.70, 1.47 and 1.45 %. With surprisal and rare words beside the style
0.859 and 29.7 %."""

FOLDS = 5
"""The claims are fitted on strengths by models that have not seen the fold of the text."""

BATCH = 100
"""Texts that the engine is asked about at a time."""

TYPICAL = (0.05, 0.95)
"""Quantiles of the share of first choices in human texts that the manifest holds."""


def fit_retranslation(
    data: Path,
    model: Path,
    output: Path,
    lexicon: Lexicon,
    progress: Callable[[str], None],
    *,
    jobs: int = 1,
    cache: Path | None = None,
) -> dict[str, Any]:
    """Fit the model that asks the engine, and write it.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    model : Path
        Folder of the model whose experts are joined, with the experts that have not learnt a half beside it.
    output : Path
        Folder to write to.
    lexicon : Lexicon
        Language tables.
    progress : callable
        Told what is going on.
    jobs : int
        Processes.
    cache : Path, optional
        Folder that keeps what the engine says of each token, for the next time. Asking takes a quarter of a second for a text.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    InputError
        If a corpus is missing or unreadable.
    MissingExtraError
        If the engine is not installed.
    ModelError
        If the folder holds no readable model, those experts are missing, or the engine is damaged.
    """
    engine = files.folder(None)
    of_texts = loading.load(model)
    judging = halves.models(model, of_texts)
    progress("reading the corpora")
    fitting, calibrating, rest = sample(data, lexicon, jobs=jobs, progress=progress)
    chosen = [*fitting, *calibrating]
    progress(f"measuring {len(chosen):,} texts")
    known = held_texts(chosen, judging)
    likely, weight = stratified(known, len(fitting), rest, judging)
    known = known.followed_by(likely)
    chosen, experts, words, taught = known.chosen, known.experts, known.words, known.taught
    human = np.array([e.label == "original" for e in chosen])
    drawn = known.at >= 0
    learns = drawn & (known.at < len(fitting))
    progress(f"asking the engine about {len(chosen):,} texts")
    batches = [[e.text for e in chosen[k : k + BATCH]] for k in range(0, len(chosen), BATCH)]
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
    answered = np.vstack(Parallel(n_jobs=jobs)(delayed(measured)(texts, cache) for texts in batches))
    progress("joint strength, claims and calibration")
    held = without_features(chosen, words)
    fitted, logits = fit_strengths(held, learns, taught, experts, answered)
    style = style_of_engine(held, known.features, experts, logits)
    logits = classifier.without_style(logits, known.features, style, retranslation.TRANSLATION)
    typical = human & drawn
    centers, spreads = people_scatter(logits[typical], words[typical], held.population[typical])
    # The other experts keep their units and claims, which stand on five times as many people.
    others = np.arange(len(classifier.EXPERTS)) != retranslation.TRANSLATION
    centers[:, others], spreads[:, others] = 0.0, 1.0
    strengths = classifier.relative(logits, words, centers, spreads)
    slopes, shifts = fit_claims(strengths[taught & drawn], held.only(taught & drawn))
    slopes[others], shifts[others] = of_texts.classifier.slopes[others], of_texts.classifier.shifts[others]
    of_experts = classifier.claims(strengths, slopes, shifts)
    of_experts[:, classifier.SPINNING] += known.spun
    odds = of_experts.max(axis=1)
    people = np.flatnonzero(human & ~learns).tolist()
    sources = sorted({chosen[k].source for k in people})
    arrays: dict[str, npt.NDArray[Any]] = {
        "calibration_scores": odds[people].astype(np.float32),
        "calibration_words": words[people].astype(np.int32),
        "calibration_source": np.array([sources.index(chosen[k].source) for k in people], np.int16),
        "calibration_population": np.array(
            [POPULATIONS.index(chosen[k].population) for k in people], np.int8
        ),
        "calibration_weight": weight[people].astype(np.float32),
        "calibration_asked": (known.p_values[people] <= retranslation.ASKED)
        & ~np.isnan(answered[people, columns.NAMES.index("rank>0")]),
    }
    first = 1 - answered[typical & ~learns, columns.NAMES.index("rank>0")]
    facts = {
        "name": "retranslation",
        "version": mtdetect.__version__,
        "made_with": "mtdetect train DATA --stage retranslation",
        "seed": SEED,
        "model": of_texts.info.sha256,
        "engine": {name: artifacts.sha256(engine / name) for name in sorted(files.CHECKSUMS)},
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "inputs_of_strengths": list(INPUTS),
        "constants": CONSTANTS,
        **{name: value.tolist() for name, value in fitted.items()},
        "style": style.tolist(),
        "centers": centers.tolist(),
        "spreads": spreads.tolist(),
        "slopes": slopes.tolist(),
        "shifts": shifts.tolist(),
        "typical": np.nanquantile(first, TYPICAL).tolist(),
        "sources": sources,
        "populations": list(POPULATIONS),
        "examples": {
            "machines": int((~human).sum()),
            "people who teach": int((human & learns).sum()),
            "people who calibrate": len(people),
        },
    }
    return artifacts.write(output, arrays, facts)


def sample(
    data: Path, lexicon: Lexicon, *, jobs: int, progress: Callable[[str], None]
) -> tuple[list[Example], list[Example], list[Example]]:
    """Choose calibration texts of the model: those that teach joint strength, and human texts that calibrate.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    lexicon : Lexicon
        Language tables, whose alternatives one kind of spinner uses.
    jobs : int
        Round trips at a time.
    progress : callable
        Told what is going on.

    Returns
    -------
    fitting, calibrating : list of Example
        No group stands in both.
    rest : list of Example
        Human texts like those that calibrate, which were not drawn.
    """
    whole = examples.held_out(data)
    teaching = [e for e in whole if _teaches(e.group)]
    altered = examples.altered(teaching, DEGRADED)
    spun = examples.degraded(altered, data, lexicon, jobs=jobs, progress=progress)
    fitting = [
        *_some((e for e in teaching if e.label != "original"), lambda e: (e.environment, e.tool), PER_ENGINE),
        *_some(spun, lambda e: e.environment, PER_SPINNER),
        *_some((e for e in teaching if e.label == "original"), lambda e: e.source, PER_SOURCE),
    ]
    others = [e for e in whole if e.label == "original" and not _teaches(e.group)]
    drawn = _some(others, lambda e: e.source, CALIBRATING)
    known = {id(e) for e in drawn}
    return fitting, drawn, [e for e in others if id(e) not in known]


def _teaches(group: str) -> bool:
    """Whether a group teaches; if not, it calibrates."""
    return chance("retranslation", group) < FIT_SHARE


def _some(pool: Iterable[Example], key: Callable[[Example], Hashable], most: int) -> list[Example]:
    """At most so many examples of each key."""
    by_key: dict[Hashable, list[tuple[float, Example]]] = defaultdict(list)
    for example in pool:
        by_key[key(example)].append((chance("asked", example.group, example.text), example))
    return [e for own in by_key.values() for _, e in sorted(own, key=lambda pair: pair[0])[:most]]


def _by_the_engine_itself(example: Example) -> bool:
    """Whether a Firefox engine made the text: the one that is asked is one of them."""
    return "bergamot" in example.tool or (
        example.label != "original" and example.environment.startswith("people_round_trip_pt/")
    )


class HeldTexts(NamedTuple):
    """What the model alone says of texts that it judges.

    Attributes
    ----------
    chosen : list of Example
        Texts. Human texts that the detector would not judge are left out.
    at : ndarray of int64
        Where each stood among those given.
    experts : ndarray of float64, shape (n, len(classifier.EXPERTS))
        Strengths.
    p_values : ndarray of float64
    words : ndarray of int64
        Lengths.
    taught : ndarray of bool
        Whether it may teach: not what the engine itself wrote.
    features : ndarray of float64, shape (n, len(classifier.COLUMNS))
    spun : ndarray of float64
        Nats of evidence outside the features.
    """

    chosen: list[Example]
    at: I64
    experts: F64
    p_values: F64
    words: I64
    taught: Mask
    features: F64
    spun: F64

    def only(self, rows: I64) -> HeldTexts:
        """Some of the texts, in this order.

        Parameters
        ----------
        rows : ndarray of int64
            Indices of the texts.
        """
        columns: Any = [column[rows] for column in self[1:]]
        return HeldTexts([self.chosen[k] for k in rows.tolist()], *columns)

    def followed_by(self, others: HeldTexts) -> HeldTexts:
        """These texts and others.

        Parameters
        ----------
        others : HeldTexts
            Texts that come after these; their ``at`` stays as it is.
        """
        columns: Any = [np.concatenate(parts) for parts in zip(self[1:], others[1:], strict=True)]
        return HeldTexts(self.chosen + others.chosen, *columns)


def stratified(
    known: HeldTexts, fitting: int, rest: Sequence[Example], models: Sequence[Model]
) -> tuple[HeldTexts, F64]:
    """Add the human texts with small p-values, and weigh those that were drawn for the others.

    Parameters
    ----------
    known : HeldTexts
        Texts that teach, and human texts that were drawn to calibrate.
    fitting : int
        Number of texts, of those given, that teach.
    rest : sequence of Example
        Human texts that were not drawn.
    models : sequence of Model
        The model alone, for each half.

    Returns
    -------
    likely : HeldTexts
        Texts of ``rest`` with p-values of at most ``TAIL``; their ``at`` is -1.
    weight : ndarray of float64
        How many texts each of ``known``, then each of ``likely``, stands for.
    """
    others = held_texts(rest, models) if rest else known.only(np.zeros(0, np.int64))
    low = others.p_values <= TAIL
    not_drawn: dict[str, int] = defaultdict(int)
    for example, small in zip(others.chosen, low.tolist(), strict=True):
        not_drawn[example.source] += not small
    by_chance = (known.at >= fitting) & (known.p_values > TAIL)
    drawn = Counter(e.source for e, own in zip(known.chosen, by_chance.tolist(), strict=True) if own)
    weight = [
        1 + not_drawn[e.source] / drawn[e.source] if own else 1.0
        for e, own in zip(known.chosen, by_chance.tolist(), strict=True)
    ]
    likely = others.only(np.flatnonzero(low))._replace(at=np.full(int(low.sum()), -1))
    return likely, np.array(weight + [1.0] * len(likely.chosen))


def held_texts(given: Sequence[Example], models: Sequence[Model]) -> HeldTexts:
    """Score texts by the model alone.

    Parameters
    ----------
    given : sequence of Example
        Texts.
    models : sequence of Model
        For each half of the groups, the model with experts that have not learnt it.
    """
    first, second = (
        _scored([given[k] for k in rows.tolist()], rows, model)
        for rows, model in zip(halves.divided([e.group for e in given]), models, strict=True)
    )
    both = first.followed_by(second)
    return both.only(np.argsort(both.at))


def _scored(given: Sequence[Example], rows: I64, model: Model, batch: int = 1000) -> HeldTexts:
    """Score the texts of some rows by one model."""
    experts, features, p_values, words, judged, spun = [], [], [], [], [], []
    for start in range(0, max(len(given), 1), batch):
        texts = [e.text for e in given[start : start + batch]]
        view = View(read(texts, model.lexicon.vocabulary, identify=False), model.lexicon)
        nats = outside_features.weigh(view, model.spinner_wordings)
        scores = model.score(view, nats)
        spun.append(nats)
        experts.append(scores.experts)
        features.append(scores.features)
        p_values.append(model.calibration.p_values(scores.log_odds, view.batch.words))
        words.append(view.batch.words)
        judged.append(share_in_clauses(view.batch) >= FRAGMENTS)
    human = np.array([e.label == "original" for e in given])
    length = np.concatenate(words)
    at = np.flatnonzero((length >= SHORT) & (np.concatenate(judged) | ~human))
    chosen = [given[k] for k in at.tolist()]
    taught = np.array([not _by_the_engine_itself(e) for e in chosen])
    return HeldTexts(
        chosen,
        rows[at],
        np.concatenate(experts)[at],
        np.concatenate(p_values)[at],
        length[at],
        taught,
        np.concatenate(features)[at],
        np.concatenate(spun)[at],
    )


def without_features(chosen: Sequence[Example], words: I64) -> Measured:
    """What :func:`mtdetect.training.fit.fit_claims` asks of each text, without features.

    Parameters
    ----------
    chosen : sequence of Example
        Texts.
    words : ndarray of int64, shape (n,)
        Their lengths in words.

    Returns
    -------
    Measured
        Its folds, from 0 to ``FOLDS`` - 1 of this module, go by group for human texts and by environment for the others.
    """
    human = [e.label == "original" for e in chosen]
    nothing = np.zeros((len(chosen), 0))
    pairs = list(zip(chosen, human, strict=True))
    return Measured(
        dense=nothing,
        candidates=nothing,
        sparse=csr_matrix(nothing),
        pieces=None,
        words=words,
        label=np.array([e.label for e in chosen]),
        environment=np.array([e.environment for e in chosen]),
        corpus=np.array([e.source for e in chosen]),
        population=np.array([e.population for e in chosen]),
        variety=np.array([e.source if own else f"{e.environment}|{e.tool}|{e.stratum}" for e, own in pairs]),
        # Whole sets and families of machines are left out together, human texts by group.
        fold=np.array([int(FOLDS * chance("fold", e.group if own else e.environment)) for e, own in pairs]),
        in_clauses=np.ones(len(chosen)),
    )


def answers(texts: Sequence[str], cache: Path | None) -> list[TextScores]:
    """What the engine says of some texts, from the cache if it is there.

    Parameters
    ----------
    texts : sequence of str
        English; together they are one file of the cache.
    cache : Path or None
        Folder with a file of each answer, which is read or written. It must exist. None keeps nothing.

    Returns
    -------
    list of TextScores
        One for each text.

    Raises
    ------
    InputError
        If the file of the cache is damaged.
    MissingExtraError
        If the engine has to be asked and is not installed.
    ModelError
        If the engine has to be asked and is damaged.
    """
    path = None
    if cache is not None:
        key = "\x1e".join([asking.FINGERPRINT, str(asking.MOST_WORDS), *texts]).encode(
            "utf-8", "surrogatepass"
        )
        path = cache / f"{hashlib.sha256(key).hexdigest()}.npz"
        if path.exists():
            return unpacked(path)
    found = asking.scores(texts)
    if path is not None:
        pack(path, found)
    return found


def measured(texts: Sequence[str], cache: Path | None) -> F64:
    """Columns of some texts, shape (n_texts, len(columns.NAMES)). Parameters as for :func:`answers`."""
    return columns.measure(answers(texts, cache))


def pack(path: Path, found: Sequence[TextScores]) -> None:
    """Write what the engine says of some texts to a file.

    Parameters
    ----------
    path : Path
        File to write, with the suffix ``.npz``, in a folder that exists. It is there only once it is complete.
    found : sequence of TextScores
        What it says; there must be at least one sentence in it.
    """
    sentences = [one for text in found for one in text.sentences]
    texts = [one.encode("utf-8", "surrogatepass") for text in found for one in text.texts]
    arrays = {
        "sentences": np.array([len(text.sentences) for text in found]),
        "spans": np.concatenate([text.spans for text in found]),
        "tokens": np.array([len(one.ids) for one in sentences]),
        "bytes": np.array([len(one) for one in texts]),
        "text": np.frombuffer(b"".join(texts), np.uint8),
        **{name: np.concatenate([getattr(one, name) for one in sentences]) for name in TokenScores._fields},
    }
    beside = path.with_name(f"{path.stem}.part.npz")
    np.savez(beside, **arrays)  # type: ignore[arg-type]
    beside.replace(path)


def unpacked(path: Path) -> list[TextScores]:
    """What :func:`pack` wrote.

    Parameters
    ----------
    path : Path
        File that it wrote.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    try:
        # Numpy leaves a file open that it cannot read.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            held = {
                name: arrays[name]
                for name in ("sentences", "spans", "tokens", "bytes", "text", *TokenScores._fields)
            }
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path}: cannot be read ({error}); delete it, and the engine is asked again"
        ) from error
    of_tokens = [np.split(held[name], np.cumsum(held["tokens"])[:-1]) for name in TokenScores._fields]
    sentences = [TokenScores(*parts) for parts in zip(*of_tokens, strict=True)]
    raw, ends = held["text"].tobytes(), np.cumsum(held["bytes"]).tolist()
    texts = [raw[a:b].decode("utf-8", "surrogatepass") for a, b in zip([0, *ends[:-1]], ends, strict=True)]
    bounds = np.append(0, np.cumsum(held["sentences"])).tolist()
    return [TextScores(held["spans"][a:b], sentences[a:b], texts[a:b]) for a, b in pairwise(bounds)]


def fit_strengths(
    held: Measured, learns: Mask, taught: Mask, experts: F64, answered: F64
) -> tuple[dict[str, Any], F64]:
    """Fit the joint strength for translation.

    Parameters
    ----------
    held : Measured
        What is known of each text.
    learns : ndarray of bool, shape (n,)
        Texts to learn from; the others calibrate.
    taught : ndarray of bool, shape (n,)
        Texts that may teach: not by the engine itself.
    experts : ndarray of float64, shape (n, len(classifier.EXPERTS))
        Strengths of the model alone.
    answered : ndarray of float64, shape (n, len(columns.NAMES))
        Columns of the engine.

    Returns
    -------
    fitted : dict
        ``fill``, ``weights`` and ``intercept`` of :class:`~mtdetect.model.retranslation.RetranslationModel`.
    logits : ndarray of float64, shape (n, len(classifier.EXPERTS))
        Strengths of all texts, the joint one for translation; of those that were learnt from, by a model that has not seen their fold.
    """
    x = retranslation.inputs(experts, answered, held.words)
    fill = np.nanmedian(x[learns], axis=0)
    x = np.where(np.isnan(x), fill, x)
    own = held.is_label("machine_translated") & ~np.char.startswith(held.environment, "apertium")
    used = learns & taught & (own | held.is_label("original"))
    weights, intercept = _joint(x, own, used, held)
    unseen = x @ weights + intercept
    for fold in range(FOLDS):
        out = learns & (held.fold == fold)
        of_fold, of_fold_intercept = _joint(x, own, used & ~out, held)
        unseen[out] = x[out] @ of_fold + of_fold_intercept
    fitted = {"fill": fill, "weights": weights, "intercept": np.float64(intercept)}
    return fitted, retranslation.joined(experts, unseen)


def style_of_engine(held: Measured, features: F64, experts: F64, logits: F64) -> F64:
    """What a writing style lets one expect of the engine's part of the joint strength, shape (3, len(classifier.STYLE)).

    Parameters
    ----------
    held : Measured
        What is known of each text; human texts count.
    features : ndarray of float64, shape (n, len(classifier.COLUMNS))
    experts : ndarray of float64, shape (n, len(classifier.EXPERTS))
        Strengths of the model alone.
    logits : ndarray of float64, shape (n, len(classifier.EXPERTS))
        From :func:`fit_strengths`.
    """
    own = retranslation.TRANSLATION
    return fit_style(features, logits[:, own] - experts[:, own], held, STYLE_SHARE)


def _joint(x: F64, own: Mask, used: Mask, held: Measured) -> tuple[F64, float]:
    """Weights and intercept of the joint strength."""
    engine = slice(len(classifier.EXPERTS), None)
    human = held.is_label("original")
    kind = np.where(human, held.population, held.environment)
    weight = np.zeros(len(own))
    for side in (used & own, used & ~own):
        _, which, count = np.unique(kind[side], return_inverse=True, return_counts=True)
        weight[side] = (1 / np.sqrt(count))[which]
        weight[side] /= weight[side].sum()
    weight = weight[used] / weight[used].mean()
    scaler = StandardScaler().fit(x[used, engine], sample_weight=weight)
    model = LogisticRegression(C=PENALTY, max_iter=1000).fit(
        scaler.transform(x[used, engine]), own[used], sample_weight=weight
    )
    slopes = model.coef_[0] / scaler.scale_
    strength = x[:, retranslation.TRANSLATION]
    people = used & human
    by_engine = x[:, engine] @ slopes
    slopes *= ENGINE_WEIGHT * strength[people].std() / by_engine[people].std()
    weights = np.zeros(x.shape[1])
    weights[retranslation.TRANSLATION] = 1.0
    weights[engine] = slopes
    return weights, -float(np.median(x[people, engine] @ slopes))
