"""The detector: one call from texts to verdicts.

A detector holds the language tables and a classifier, all memory-mapped and read-only, so it may be shared between threads and
across ``fork``. Texts are scored in batches, because every step works on arrays of a whole batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mtdetect import artifacts
from mtdetect.errors import ModelError, MtdetectError, UsageError
from mtdetect.evidence import explanation, homographs, phrases
from mtdetect.features.lexicon import FOLDER, Lexicon, shipped
from mtdetect.features.view import View
from mtdetect.model import calibration_profile, classifier
from mtdetect.model.calibration import Calibration, OwnCalibration
from mtdetect.model.quality import Quality
from mtdetect.model.sentences import SentenceModel
from mtdetect.model.source_language import Pivot
from mtdetect.model.trees import LEAST_ROWS
from mtdetect.style import HIDDEN, Measurement, Profile
from mtdetect.text import read
from mtdetect.text.arrays import F64
from mtdetect.verdict import CLASSES, DEFAULT_FPR, ModelInfo, PivotGuess, Verdict, check_fpr, judge

if TYPE_CHECKING:
    from mtdetect.comparison import Comparison
    from mtdetect.model.calibration_profile import CalibrationProfile
    from mtdetect.originals import Originals

SHIPPED = "en"

BATCH_TEXTS = 1024
BATCH_CHARACTERS = 600_000
"""A batch ends at whichever comes first: larger ones take more memory and gain nothing, smaller ones pay more for each call. A
batch of ``screening`` is no larger, so that it is scored in one."""

LEAST_TRANSLATED = 0.2
"""Probability of machine translation from which the language is worth asking; it costs an eighth of the time of a text."""

_TRIAL = (
    "The shire council balloted on Monday to hold the aged swimming pond unfastened, said its leader, and nobody was content. "
) * 3
"""A model of somebody's own is tried on this when it is loaded."""

Text = str | bytes | None


class Detector:
    """Tells people's English from machine-degraded English.

    Parameters
    ----------
    lexicon : Lexicon
        Language tables.
    model : Classifier
        What was trained with them.
    quality : Quality
        Estimates how good a rendering is.
    pivot : Pivot
        Ranks the languages that a text may have come through.
    sentences : SentenceModel
        Judges single sentences.
    calibration : Calibration
        Scores of people's texts.
    typical : ndarray, shape (3, n_columns)
        Lower and upper bound of what is usual for people, and their median, of each column.
    info : ModelInfo
        Which model it is.
    folder : Path
        Where it was loaded from; workers load it there themselves.
    matcher : Matcher, optional
        Phrases of the user's own to look for.
    own : CalibrationProfile, optional
        The user's own texts to judge by.

    Attributes
    ----------
    calibration : Calibration
        Scores of people's texts that ship with the model, whatever own texts the detector judges by.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        model: classifier.Classifier,
        quality: Quality,
        pivot: Pivot,
        sentences: SentenceModel,
        calibration: Calibration,
        typical: F64,
        info: ModelInfo,
        folder: Path,
        matcher: phrases.Matcher | None = None,
        own: CalibrationProfile | None = None,
    ) -> None:
        self._lexicon = lexicon
        self._classifier = model
        self._quality = quality
        self._pivot = pivot
        self._sentences = sentences
        self.calibration = calibration
        self._calibration: Calibration | OwnCalibration = (
            calibration if own is None else OwnCalibration(calibration, own.scores, own.words)
        )
        self._typical = typical
        self._info = info
        self._folder = folder
        self._matcher = matcher
        self._own = own

    @property
    def model(self) -> ModelInfo:
        """Which model it is."""
        return self._info

    @property
    def lexicon(self) -> Lexicon:
        """The language tables that it asks."""
        return self._lexicon

    def with_phrases(self, given: phrases.Phrases | str | Path) -> Detector:
        """Make a detector that also looks for phrases of your own.

        What it finds becomes evidence of kind ``listed``, with the wording that people would have used. Scores and labels
        stay the model's.

        Parameters
        ----------
        given : mapping of str to str, iterable of Phrase, str or Path
            Phrases with their expected wording (alternatives parted by ``|``), or a file of them (``phrases.load``);
            they take the place of any that this detector had.

        Returns
        -------
        Detector
            Shares tables and model with this one, which stays as it is.

        Raises
        ------
        InputError
            If the file cannot be read.
        UsageError
            If a phrase cannot be looked for.

        Examples
        --------
        >>> import mtdetect
        >>> detector = mtdetect.load().with_phrases({"counterfeit consciousness": "artificial intelligence"})
        >>> found = detector.score("We talked about Counterfeit Consciousness and about what it means to us.").evidence
        >>> [(one.kind, one.text, one.suggestion) for one in found]
        [('listed', 'Counterfeit Consciousness', 'artificial intelligence')]
        """
        found = phrases.load(given) if isinstance(given, (str, Path)) else phrases.listed(given)
        return self._with(self._own, phrases.Matcher(found, self._lexicon.vocabulary))

    def with_profile(self, given: CalibrationProfile | str | Path) -> Detector:
        """Make a detector whose p-values come from clean texts of your own.

        Parameters
        ----------
        given : CalibrationProfile, str or Path
            What ``mtdetect calibrate`` measured (:func:`mtdetect.evaluation.recalibration.recalibrate`), or the file it wrote; it takes the place of any
            that this detector had.

        Returns
        -------
        Detector
            Shares tables and model with this one, which stays as it is. Scores stay the model's.

        Raises
        ------
        InputError
            If the file cannot be read.
        UsageError
            If the profile was made with another model.
        """
        own = calibration_profile.load(given) if isinstance(given, (str, Path)) else given
        if own.model != self._info.sha256:
            where = given if isinstance(given, (str, Path)) else "the profile"
            raise UsageError(f"{where}: was made with another model; make it anew with 'mtdetect calibrate'")
        return self._with(own, self._matcher)

    def _with(self, own: CalibrationProfile | None, matcher: phrases.Matcher | None) -> Detector:
        return Detector(
            self._lexicon,
            self._classifier,
            self._quality,
            self._pivot,
            self._sentences,
            self.calibration,
            self._typical,
            self._info,
            self._folder,
            matcher,
            own,
        )

    def score(
        self, text: Text, *, fpr: float = DEFAULT_FPR, id: str | None = None, evidence: bool = True
    ) -> Verdict:
        """Score one text.

        Parameters
        ----------
        text : str or bytes
            English prose, or anything else: then the verdict says ``unsupported``. Bytes may be in any encoding.
        fpr : float
            Error budget: the share of people's texts that may be flagged, above 0 and below 1.
        id : str, optional
            Name of the text in the verdict.
        evidence : bool
            Whether to work out sentences, evidence and reasons.

        Returns
        -------
        Verdict

        Raises
        ------
        UsageError
            If ``fpr`` is no budget.

        Examples
        --------
        >>> import mtdetect
        >>> mtdetect.load().score("Le conseil municipal a voté hier soir, et personne n'était content. " * 4).reason
        'language: fr'
        """
        check_fpr(fpr)
        return self._batch([text], [id], fpr, evidence)[0]

    def score_many(
        self,
        texts: Iterable[Text],
        *,
        fpr: float = DEFAULT_FPR,
        ids: Iterable[str | None] | None = None,
        evidence: bool = True,
        jobs: int = 1,
    ) -> Iterator[Verdict]:
        """Score many texts, in order, without holding them all.

        Parameters
        ----------
        texts : iterable of str or bytes
            As for :meth:`score`.
        fpr : float
            Error budget.
        ids : iterable of str, optional
            Names, one a text.
        evidence : bool
            Whether to work out sentences, evidence and reasons.
        jobs : int
            Processes. More than one pays from a few megabytes of text.

        Yields
        ------
        Verdict
            One a text.

        Raises
        ------
        UsageError
            If ``fpr`` is no budget.
        """
        check_fpr(fpr)
        batches = _batches(texts, ids)
        if jobs == 1:
            for group, names in batches:
                yield from self._batch(group, names, fpr, evidence)
            return
        from joblib import Parallel, delayed

        done = Parallel(n_jobs=jobs, return_as="generator", pre_dispatch="2*n_jobs")(
            delayed(_score_batch)(self, group, names, fpr, evidence) for group, names in batches
        )
        for verdicts in done:
            yield from verdicts

    def profile(self, text: Text) -> Profile:
        """Measure the style of one text beside people's.

        Parameters
        ----------
        text : str or bytes
            As for :meth:`score`.

        Returns
        -------
        Profile
            Every measurement with the range that people's texts mostly fall in; none for what is not English prose.

        Examples
        --------
        >>> import mtdetect
        >>> profile = mtdetect.load().profile("It rained. It rained all day. We stayed in. We read. It rained again.")
        >>> [(one.name, one.value) for one in profile.measurements if one.feature == "readability.sentence_length"]
        [('length of a sentence', 2.8)]
        """
        view = View(read([text], self._lexicon.vocabulary), self._lexicon)
        words = int(view.batch.words[0])
        if view.batch.reason[0] is not None:
            return Profile(words, ())
        rows = np.vstack([self._classifier.features(view), self._typical]).T.tolist()
        return Profile(
            words,
            tuple(
                Measurement(name, *row)
                for name, row in zip(classifier.COLUMNS, rows, strict=True)
                if name not in HIDDEN
            ),
        )

    def compare(
        self, suspect: Text, original: Text, *, names: tuple[str | None, str | None] = (None, None)
    ) -> Comparison:
        """Compare two texts: is one a copy of the other, what was changed, and which is the copy?

        Parameters
        ----------
        suspect, original : str or bytes
            English prose. Bytes may be in any encoding.
        names : tuple of str, optional
            Of the two texts, for the answer.

        Returns
        -------
        Comparison

        Raises
        ------
        InputError
            If one of them is no English prose, or longer than a novel.

        Examples
        --------
        >>> import mtdetect
        >>> text = "The council voted on Monday to keep the old swimming pool open for another two years."
        >>> mtdetect.load().compare(text, text).relation
        'verbatim'
        """
        from mtdetect.comparison import compare_texts

        return compare_texts(suspect, original, self._lexicon, names=names)

    def against(
        self, verdict: Verdict, text: Text, original: Text | Originals, *, name: str | None = None
    ) -> Verdict:
        """Judge a text again with an original at hand that it may be a copy of.

        Parameters
        ----------
        verdict : Verdict
            On the text alone.
        text : str or bytes
            The text of the verdict.
        original : str, bytes or Originals
            The original, or a collection to look for it in.
        name : str, optional
            Of the original, for the answer and for errors; a collection has names of its own.

        Returns
        -------
        Verdict
            With a ``match``, unless nothing in the collection is like the text. If the text is the machine-translated or spun copy,
            what was changed adds to the score (:func:`mtdetect.comparison.match.combined` holds the rule); for that a
            collection must have stored its texts.

        Raises
        ------
        InputError
            If the original is no English prose, or the collection is damaged.
        """
        from mtdetect.originals import Originals

        if isinstance(original, Originals):
            return verdict if verdict.label == "unsupported" else self._among(verdict, text, original)
        from mtdetect.comparison import Side, compare_documents
        from mtdetect.comparison.match import combined
        from mtdetect.errors import InputError

        view = View(read([text, original], self._lexicon.vocabulary), self._lexicon)
        if view.batch.reason[1] is not None:
            raise InputError(f"{name or 'the original'}: is no English prose ({view.batch.reason[1]})")
        if verdict.label == "unsupported":
            return verdict
        return combined(verdict, compare_documents(Side(view, 0), Side(view, 1), names=(verdict.id, name)))

    def _among(self, verdict: Verdict, text: Text, originals: Originals) -> Verdict:
        """The verdict beside the likeliest original of a collection."""
        from mtdetect.comparison import Side, compare_documents
        from mtdetect.comparison.match import combined
        from mtdetect.originals.store import LARGEST_COMPARED

        found = originals.search(text or "", top=1)
        if not found or found[0].relation == "unrelated":
            return verdict
        best = found[0]
        by_search = replace(verdict, match=best)
        stored = originals.text(best.original)
        if stored is None or max(len(stored), len(text or "")) > LARGEST_COMPARED:
            return by_search
        view = View(read([text, stored], self._lexicon.vocabulary, identify=False), self._lexicon)
        comparison = compare_documents(Side(view, 0), Side(view, 1), names=(verdict.id, None))
        # Of a passage in a long text a search knows more than a comparison of the two as wholes.
        return combined(verdict, comparison, original=best.original) if comparison.is_copy else by_search

    def _batch(
        self, texts: Sequence[Text], ids: Sequence[str | None], fpr: float, evidence: bool
    ) -> list[Verdict]:
        view = View(read(texts, self._lexicon.vocabulary), self._lexicon)
        batch = view.batch
        x = self._classifier.features(view)
        leaves = self._classifier.leaves(x)
        experts = self._classifier.experts(leaves, batch.words)
        spun = homographs.weigh(view)
        odds = self._classifier.log_odds(experts, spun)
        probabilities = self._classifier.probabilities(experts, spun)
        p_values = self._calibration.p_values(odds, batch.words)
        qualities = self._quality.estimate(x, probabilities[:, CLASSES.index("spun")])
        told = (
            explanation.explain(
                view, self._classifier, self._sentences, x, leaves, experts, odds, self._typical
            )
            if evidence
            else None
        )
        listed = self._matcher.find(batch) if self._matcher and evidence else [()] * len(batch)
        pivots = self._languages(view, probabilities[:, CLASSES.index("machine_translated")])
        columns = (batch.words, probabilities, p_values, qualities, spun >= homographs.MOST)
        verdicts = []
        for k, (name, words, chances, p, quality, decisive) in enumerate(
            zip(ids, *(column.tolist() for column in columns), strict=True)
        ):
            why = batch.reason[k]
            if why is not None:
                verdicts.append(
                    Verdict.unsupported(
                        why, model=self._info, fpr=fpr, id=name, words=words, language=batch.language[k]
                    )
                )
                continue
            chance = dict(zip(CLASSES, chances, strict=True))
            score = 1.0 - chance["original"]
            label, reason = judge(
                score=score,
                p_value=p,
                probabilities=chance,
                fpr=fpr,
                words=words,
                decisive_evidence=decisive,
            )
            verdicts.append(
                Verdict(
                    id=name,
                    label=label,
                    score=score,
                    quality=quality,
                    probabilities=chance,
                    fpr=fpr,
                    p_value=p,
                    reason=reason,
                    words=words,
                    language=batch.language[k],
                    pivot=pivots.get(k, ()),
                    sentences=told[k].sentences if told else (),
                    evidence=phrases.merged(listed[k], told[k].evidence) if told else (),
                    model=self._info,
                    reasons=told[k].reasons if told else (),
                    warnings=batch.warnings[k],
                )
            )
        return verdicts

    def _languages(self, view: View, translated: F64) -> dict[int, tuple[PivotGuess, ...]]:
        """Languages that the texts may have come through which are likely enough translated."""
        batch = view.batch
        asked = np.flatnonzero(translated >= LEAST_TRANSLATED).tolist()
        own = [slice(*batch.first[k : k + 2].tolist()) for k in asked]
        columns = [np.concatenate([part[text] for part in view.hashed]) for text in own]
        return dict(zip(asked, self._pivot.guess_many(columns, batch.words[asked].tolist()), strict=True))

    def __reduce__(self) -> tuple[Any, ...]:
        # Workers load the files themselves: the pages are shared, and nothing large is sent.
        given = self._matcher.phrases if self._matcher is not None else None
        return (_load_with, (self._folder, given, self._own))


def _score_batch(
    detector: Detector, texts: list[Text], ids: list[str | None], fpr: float, evidence: bool
) -> list[Verdict]:
    return detector._batch(texts, ids, fpr, evidence)


def _batches(
    texts: Iterable[Text], ids: Iterable[str | None] | None
) -> Iterator[tuple[list[Text], list[str | None]]]:
    names = iter(ids) if ids is not None else None
    group: list[Text] = []
    size = 0

    def named(count: int) -> list[str | None]:
        return list(islice(names, count)) if names is not None else [None] * count

    for text in texts:
        group.append(text)
        size += len(text or "")
        if len(group) >= BATCH_TEXTS or size >= BATCH_CHARACTERS:
            yield group, named(len(group))
            group, size = [], 0
    if group:
        yield group, named(len(group))


@lru_cache(maxsize=4)
def _load(folder: Path) -> Detector:
    try:
        detector = _read(folder)
        if folder != _shipped():
            # Whoever makes a manifest can vouch for arrays of any shape; what does not work shall say so here, not later.
            list(detector.score_many([_TRIAL] * (LEAST_ROWS + 1)))
    except MtdetectError:
        raise
    except Exception as error:
        raise ModelError(
            f"{folder}: what the model holds does not fit together ({type(error).__name__}); train again"
        ) from error
    return detector


def _shipped() -> Path:
    from mtdetect import trained

    return (Path(str(trained.__file__)).parent / SHIPPED).resolve()


def _read(folder: Path) -> Detector:
    model, arrays, manifest = classifier.load(folder)
    try:
        lexicon = shipped()
        if manifest["tables"] != artifacts.sha256(FOLDER / "manifest.json"):
            raise ModelError(
                f"{folder}: was trained with other language tables than those installed; train again"
            )
        calibration = Calibration(
            *(np.array(arrays[f"calibration_{name}"]) for name in ("scores", "words", "source", "population"))
        )
        info = ModelInfo(
            str(manifest["name"]), str(manifest["version"]), artifacts.sha256(folder / "manifest.json")
        )
        return Detector(
            lexicon,
            model,
            Quality.load(manifest),
            Pivot.load(arrays, manifest),
            SentenceModel.load(manifest),
            calibration,
            np.array(arrays["typical"]),
            info,
            folder,
        )
    except KeyError as error:
        raise ModelError(f"{folder}: the model lacks {error}; reinstall or train again") from error


def _load_with(
    folder: Path, given: tuple[phrases.Phrase, ...] | None, own: CalibrationProfile | None
) -> Detector:
    detector = _load(folder)
    if own is not None:
        detector = detector.with_profile(own)
    return detector if given is None else detector.with_phrases(given)


def load(path: str | Path | None = None) -> Detector:
    """Load a detector.

    Parameters
    ----------
    path : str or Path, optional
        Folder of a model made by ``mtdetect train``; the English model that comes with the package if not given.

    Returns
    -------
    Detector
        The same object for the same folder.

    Raises
    ------
    ModelError
        If the folder holds no readable model, or one made with other language tables.
    """
    return _load(_shipped() if path is None else Path(path).resolve())


def compare(suspect: Text, original: Text) -> Comparison:
    """Compare two texts with the English model that comes with the package.

    Parameters
    ----------
    suspect, original : str or bytes
        English prose.

    Returns
    -------
    Comparison
        As :meth:`Detector.compare` gives it.

    Raises
    ------
    InputError
        If one of them is no English prose.
    """
    return load().compare(suspect, original)
