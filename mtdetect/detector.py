"""The detector: one call from texts to verdicts.

Texts are scored in batches, because every step works on arrays of a whole batch. :meth:`Detector._batch` is the path of a text:
reading, measuring, scoring, evidence, verdict.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mtdetect.errors import ModelError, MtdetectError, UsageError
from mtdetect.evidence import explanation, outside_features, phrases
from mtdetect.evidence.explanation import Explanation
from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.model import calibration_profile, classifier, loading
from mtdetect.model.calibration import Calibration, OwnCalibration
from mtdetect.model.scoring import Model, Scores
from mtdetect.model.trees import LEAST_ROWS
from mtdetect.style import HIDDEN, Measurement, StyleProfile
from mtdetect.text import read
from mtdetect.text.arrays import F64
from mtdetect.text.clauses import FRAGMENTS, share_in_clauses
from mtdetect.verdict import CLASSES, DEFAULT_FPR, SHORT, ModelInfo, Verdict, check_fpr, judge

if TYPE_CHECKING:
    from mtdetect.comparison import Comparison
    from mtdetect.model.calibration_profile import CalibrationProfile
    from mtdetect.originals import Originals

BATCH_TEXTS = 1024
BATCH_CHARACTERS = 600_000
"""A batch ends at whichever limit comes first. Larger batches take more memory and gain nothing, smaller ones pay more for each call.
Batches of ``screening`` are no larger, so that each is scored in one."""

_TRIAL = (
    "The shire council balloted on Monday to hold the aged swimming pond unfastened, said its leader, and nobody was content. "
) * 3
"""A model that does not come with the package is tried on this text when it is loaded."""

Text = str | bytes | None


class Detector:
    """Tells human English from machine-degraded English.

    A detector is immutable. Its arrays are memory-mapped and read-only, so it can be shared between threads and across ``fork``.

    Parameters
    ----------
    model : Model
        What was learnt, from :func:`mtdetect.model.loading.load`.
    matcher : Matcher, optional
        Finds phrases of the user's list.
    own : CalibrationProfile, optional
        Scores of the user's own human texts, from which p-values come instead of the model's.
    """

    def __init__(
        self, model: Model, matcher: phrases.Matcher | None = None, own: CalibrationProfile | None = None
    ) -> None:
        self._model = model
        self._matcher = matcher
        self._own = own
        self._calibration: Calibration | OwnCalibration = (
            model.calibration if own is None else OwnCalibration(model.calibration, own.scores, own.words)
        )

    @property
    def model(self) -> ModelInfo:
        """Name, version and checksum of the model."""
        return self._model.info

    @property
    def lexicon(self) -> Lexicon:
        """The language tables."""
        return self._model.lexicon

    @property
    def calibration(self) -> Calibration:
        """The calibration set that comes with the model, even if p-values come from a calibration profile."""
        return self._model.calibration

    def with_phrases(self, given: phrases.Phrases | str | Path) -> Detector:
        """Make a detector that also looks for a list of phrases.

        Phrases that it finds become evidence of kind ``listed``, with the expected wording as suggestion. They change no score and
        no label.

        Parameters
        ----------
        given : mapping of str to str, iterable of Phrase, str or Path
            Phrases with their expected wording (alternatives separated by ``|``), or a file of them (``phrases.load``). They
            replace any list that this detector had.

        Returns
        -------
        Detector
            Shares tables and model with this one, which does not change.

        Raises
        ------
        InputError
            If the file cannot be read.
        UsageError
            If a phrase cannot be searched for.

        Examples
        --------
        >>> import mtdetect
        >>> detector = mtdetect.load().with_phrases({"counterfeit consciousness": "artificial intelligence"})
        >>> found = detector.score("We talked about Counterfeit Consciousness and about what it means to us.").evidence
        >>> [(one.kind, one.text, one.suggestion) for one in found]
        [('listed', 'Counterfeit Consciousness', 'artificial intelligence')]
        """
        checked = phrases.load(given) if isinstance(given, (str, Path)) else phrases.listed(given)
        return Detector(self._model, phrases.Matcher(checked, self.lexicon.vocabulary), self._own)

    def with_calibration(self, given: CalibrationProfile | str | Path) -> Detector:
        """Make a detector whose p-values come from the user's own human texts.

        Parameters
        ----------
        given : CalibrationProfile, str or Path
            A calibration profile (:func:`mtdetect.evaluation.recalibration.recalibrate`), or the file that ``mtdetect calibrate``
            wrote. It replaces any profile that this detector had.

        Returns
        -------
        Detector
            Shares tables and model with this one, which does not change. Scores stay the same.

        Raises
        ------
        InputError
            If the file cannot be read.
        UsageError
            If the profile was made with another model.
        """
        own = calibration_profile.load(given) if isinstance(given, (str, Path)) else given
        if own.model != self.model.sha256:
            where = given if isinstance(given, (str, Path)) else "the profile"
            raise UsageError(f"{where}: was made with another model; make it anew with 'mtdetect calibrate'")
        return Detector(self._model, self._matcher, own)

    def with_profile(self, given: CalibrationProfile | str | Path) -> Detector:
        """Deprecated name of :meth:`with_calibration`."""
        warnings.warn(
            "Detector.with_profile is now Detector.with_calibration", DeprecationWarning, stacklevel=2
        )
        return self.with_calibration(given)

    def score(
        self, text: Text, *, fpr: float = DEFAULT_FPR, id: str | None = None, evidence: bool = True
    ) -> Verdict:
        """Score one text.

        Parameters
        ----------
        text : str or bytes
            English prose; for anything else the verdict is ``unsupported``. Bytes may be in any encoding.
        fpr : float
            Error budget: the share of human texts that may be flagged, above 0 and below 1.
        id : str, optional
            Name of the text in the verdict.
        evidence : bool
            Whether to compute sentence scores, evidence and reasons.

        Returns
        -------
        Verdict

        Raises
        ------
        UsageError
            If ``fpr`` is not between 0 and 1.

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
        """Score many texts in order, without holding them all in memory.

        Parameters
        ----------
        texts : iterable of str or bytes
            As for :meth:`score`.
        fpr : float
            Error budget.
        ids : iterable of str, optional
            One name for each text.
        evidence : bool
            Whether to compute sentence scores, evidence and reasons.
        jobs : int
            Number of processes. More than one pays from a few megabytes of text.

        Yields
        ------
        Verdict
            One for each text.

        Raises
        ------
        UsageError
            If ``fpr`` is not between 0 and 1.
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

    def _batch(
        self, texts: Sequence[Text], ids: Sequence[str | None], fpr: float, evidence: bool
    ) -> list[Verdict]:
        """Score a batch: every text passes these steps in this order."""
        view = self._view(texts)
        spun = outside_features.weigh(view, self._model.spinner_wordings)
        scores = self._model.score(view, spun)
        p_values = self._calibration.p_values(scores.log_odds, view.batch.words)
        explanations = self._explanations(view, scores) if evidence else [explanation.NOTHING] * len(view)
        return self._verdicts(
            view, scores, p_values, spun >= outside_features.DECISIVE, explanations, ids, fpr
        )

    def _view(self, texts: Sequence[Text], identify: bool = True) -> View:
        """Read texts, ready to be measured."""
        return View(read(texts, self.lexicon.vocabulary, identify=identify), self.lexicon)

    def _explanations(self, view: View, scores: Scores) -> list[Explanation]:
        """Sentence scores, evidence and reasons of each text, with the phrases of the user's list."""
        found = explanation.explain(view, self._model, scores)
        if self._matcher is None:
            return found
        return [
            replace(one, evidence=phrases.merged(listed, one.evidence))
            for listed, one in zip(self._matcher.find(view.batch), found, strict=True)
        ]

    def _verdicts(
        self,
        view: View,
        scores: Scores,
        p_values: F64,
        decisive: npt.NDArray[np.bool_],
        explanations: list[Explanation],
        ids: Sequence[str | None],
        fpr: float,
    ) -> list[Verdict]:
        """Turn the figures of each text into its verdict."""
        batch = view.batch
        languages = self._model.source_languages(view, scores)
        fragments = share_in_clauses(batch) < FRAGMENTS
        arrays = (batch.words, scores.probabilities, p_values, scores.quality, decisive, fragments)
        rows = zip(ids, *(array.tolist() for array in arrays), strict=True)
        verdicts = []
        for k, (name, words, shares, p_value, quality, decides, listed) in enumerate(rows):
            known: dict[str, Any] = {
                "id": name,
                "fpr": fpr,
                "words": words,
                "language": batch.language[k],
                "model": self.model,
            }
            unsupported = batch.reason[k]
            if unsupported is not None:
                verdicts.append(Verdict.unsupported(unsupported, **known))
                continue
            probabilities = dict(zip(CLASSES, shares, strict=True))
            figures: dict[str, Any] = {
                "score": 1.0 - probabilities["original"],
                "p_value": p_value,
                "probabilities": probabilities,
            }
            label, reason = judge(
                **figures,
                fpr=fpr,
                words=words,
                decisive_evidence=decides,
                abstain="fragments" if listed and words >= SHORT else None,
            )
            verdicts.append(
                Verdict(
                    **known,
                    **figures,
                    label=label,
                    reason=reason,
                    quality=quality,
                    pivot=languages[k],
                    sentences=explanations[k].sentences,
                    evidence=explanations[k].evidence,
                    reasons=explanations[k].reasons,
                    warnings=batch.warnings[k],
                )
            )
        return verdicts

    def style(self, text: Text) -> StyleProfile:
        """Measure the style of one text and compare it with human texts.

        Parameters
        ----------
        text : str or bytes
            As for :meth:`score`.

        Returns
        -------
        StyleProfile
            Every measurement with the usual range of human texts; empty if the text is not English prose.

        Examples
        --------
        >>> import mtdetect
        >>> style = mtdetect.load().style("It rained. It rained all day. We stayed in. We read. It rained again.")
        >>> [(one.name, one.value) for one in style.measurements if one.feature == "readability.sentence_length"]
        [('length of a sentence', 2.8)]
        """
        view = self._view([text])
        words = int(view.batch.words[0])
        if view.batch.reason[0] is not None:
            return StyleProfile(words, ())
        rows = np.vstack([self._model.classifier.features(view), self._model.typical]).T.tolist()
        columns = zip(classifier.COLUMNS, rows, strict=True)
        return StyleProfile(
            words, tuple(Measurement(name, *row) for name, row in columns if name not in HIDDEN)
        )

    def profile(self, text: Text) -> StyleProfile:
        """Deprecated name of :meth:`style`."""
        warnings.warn("Detector.profile is now Detector.style", DeprecationWarning, stacklevel=2)
        return self.style(text)

    def compare(
        self, suspect: Text, original: Text, *, names: tuple[str | None, str | None] = (None, None)
    ) -> Comparison:
        """Compare two texts: is one a copy of the other, what was changed, and which is the copy?

        Parameters
        ----------
        suspect, original : str or bytes
            English prose. Bytes may be in any encoding.
        names : tuple of str, optional
            Names of the two in the result.

        Returns
        -------
        Comparison

        Raises
        ------
        InputError
            If one of them is not English prose, or longer than a novel.

        Examples
        --------
        >>> import mtdetect
        >>> text = "The council voted on Monday to keep the old swimming pool open for another two years."
        >>> mtdetect.load().compare(text, text).relation
        'verbatim'
        """
        from mtdetect.comparison import compare_texts

        return compare_texts(suspect, original, self.lexicon, names=names)

    def against(
        self, verdict: Verdict, text: Text, original: Text | Originals, *, name: str | None = None
    ) -> Verdict:
        """Judge a text again beside an original that it may be a copy of.

        Parameters
        ----------
        verdict : Verdict
            The verdict on the text alone.
        text : str or bytes
            The text of the verdict.
        original : str, bytes or Originals
            The original, or a collection to search for it.
        name : str, optional
            Name of the original, for the result and for errors. Originals of a collection have names.

        Returns
        -------
        Verdict
            With a ``match``, unless the collection has nothing like the text. If the text is a machine-translated or spun copy, what
            was changed adds to the score (:func:`mtdetect.comparison.match.combined` defines how). With a collection, that needs
            its stored texts.

        Raises
        ------
        InputError
            If the original is not English prose, or the collection is damaged.
        """
        from mtdetect.originals import Originals

        if isinstance(original, Originals):
            return verdict if verdict.label == "unsupported" else self._among(verdict, text, original)
        from mtdetect.comparison import Side, compare_documents
        from mtdetect.comparison.match import combined
        from mtdetect.errors import InputError

        view = self._view([text, original])
        if view.batch.reason[1] is not None:
            raise InputError(f"{name or 'the original'}: is no English prose ({view.batch.reason[1]})")
        if verdict.label == "unsupported":
            return verdict
        return combined(verdict, compare_documents(Side(view, 0), Side(view, 1), names=(verdict.id, name)))

    def _among(self, verdict: Verdict, text: Text, originals: Originals) -> Verdict:
        """Judge a text again beside the most probable original of a collection."""
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
        view = self._view([text, stored], identify=False)
        comparison = compare_documents(Side(view, 0), Side(view, 1), names=(verdict.id, None))
        # A search recognises a copied passage inside a long text better than a comparison of the two whole texts.
        return combined(verdict, comparison, original=best.original) if comparison.is_copy else by_search

    def __reduce__(self) -> tuple[Any, ...]:
        # Worker processes load the files themselves: they share the memory pages, and nothing large is sent.
        given = self._matcher.phrases if self._matcher is not None else None
        return (_load_with, (self._model.folder, given, self._own))


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
        detector = Detector(loading.load(folder))
        if folder != loading.shipped_folder():
            # A manifest made by hand can vouch for arrays of any shape. If they do not work, the error belongs here.
            list(detector.score_many([_TRIAL] * (LEAST_ROWS + 1)))
    except MtdetectError:
        raise
    except Exception as error:
        raise ModelError(
            f"{folder}: what the model holds does not fit together ({type(error).__name__}); train again"
        ) from error
    return detector


def _load_with(
    folder: Path, given: tuple[phrases.Phrase, ...] | None, own: CalibrationProfile | None
) -> Detector:
    detector = _load(folder)
    if own is not None:
        detector = detector.with_calibration(own)
    return detector if given is None else detector.with_phrases(given)


def load(path: str | Path | None = None) -> Detector:
    """Load a detector.

    Parameters
    ----------
    path : str or Path, optional
        Folder of a model that ``mtdetect train`` wrote; the English model of the package if not given.

    Returns
    -------
    Detector
        The same object for the same folder.

    Raises
    ------
    ModelError
        If the folder holds no readable model, or one that does not fit this version.
    """
    return _load(loading.shipped_folder() if path is None else Path(path).resolve())


def compare(suspect: Text, original: Text) -> Comparison:
    """Compare two texts with the English model of the package.

    Parameters
    ----------
    suspect, original : str or bytes
        English prose.

    Returns
    -------
    Comparison
        As from :meth:`Detector.compare`.

    Raises
    ------
    InputError
        If one of them is not English prose.
    """
    return load().compare(suspect, original)
