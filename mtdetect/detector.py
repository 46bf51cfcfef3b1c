"""The detector: one call from texts to verdicts.

A detector holds the language tables and a classifier, all memory-mapped and read-only, so it may be shared between threads and
across ``fork``. Texts are scored in batches, because every step works on arrays of a whole batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mtdetect import artefacts, classifier, explain, phrases
from mtdetect.calibration import Calibration
from mtdetect.errors import ModelError
from mtdetect.features.lexicon import FOLDER, Lexicon, shipped
from mtdetect.features.view import View
from mtdetect.profile import HIDDEN, Measurement, Profile
from mtdetect.text import read
from mtdetect.verdict import CLASSES, DEFAULT_FPR, ModelInfo, Verdict, check_fpr, judge

if TYPE_CHECKING:
    from mtdetect.comparison import Comparison
    from mtdetect.originals import Originals

SHIPPED = "en"

BATCH_TEXTS = 256
BATCH_CHARACTERS = 400_000
"""A batch ends at whichever comes first: arrays of larger ones leave the processor's cache, smaller ones pay more for each
call."""

Text = str | bytes | None


class Detector:
    """Tells people's English from machine-degraded English.

    Parameters
    ----------
    lexicon : Lexicon
        Language tables.
    model : Classifier
        What was trained with them.
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
    """

    def __init__(
        self,
        lexicon: Lexicon,
        model: classifier.Classifier,
        calibration: Calibration,
        typical: npt.NDArray[np.float64],
        info: ModelInfo,
        folder: Path,
        matcher: phrases.Matcher | None = None,
    ) -> None:
        self._lexicon = lexicon
        self._classifier = model
        self._calibration = calibration
        self._typical = typical
        self._info = info
        self._folder = folder
        self._matcher = matcher

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
        matcher = phrases.Matcher(found, self._lexicon.vocabulary)
        return Detector(
            self._lexicon,
            self._classifier,
            self._calibration,
            self._typical,
            self._info,
            self._folder,
            matcher,
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
        from mtdetect.comparison.match import combined, looked_up
        from mtdetect.originals.store import LARGEST_COMPARED

        found = originals.search(text or "", top=1)
        if not found or found[0].relation == "unrelated":
            return verdict
        best = looked_up(verdict, found[0])
        stored = originals.text(found[0].original)
        if stored is None or not best.match or max(len(stored), len(text or "")) > LARGEST_COMPARED:
            return best
        view = View(read([text, stored], self._lexicon.vocabulary, identify=False), self._lexicon)
        comparison = compare_documents(Side(view, 0), Side(view, 1), names=(verdict.id, best.match.original))
        # Of a passage in a long text a search knows more than a comparison of the two as wholes.
        return combined(verdict, comparison) if comparison.is_copy else best

    def _batch(
        self, texts: Sequence[Text], ids: Sequence[str | None], fpr: float, evidence: bool
    ) -> list[Verdict]:
        view = View(read(texts, self._lexicon.vocabulary), self._lexicon)
        batch = view.batch
        x = self._classifier.features(view)
        experts = self._classifier.experts(x, batch.words)
        odds = self._classifier.log_odds(experts)
        probabilities = self._classifier.probabilities(experts)
        p_values = self._calibration.p_values(odds, batch.words)
        told = explain.explain(view, self._classifier, x, experts, odds, self._typical) if evidence else None
        listed = self._matcher.find(batch) if self._matcher and evidence else [()] * len(batch)
        verdicts = []
        for k, name in enumerate(ids):
            words = int(batch.words[k])
            why = batch.reason[k]
            if why is not None:
                verdicts.append(
                    Verdict.unsupported(
                        why, model=self._info, fpr=fpr, id=name, words=words, language=batch.language[k]
                    )
                )
                continue
            chance = dict(zip(CLASSES, probabilities[k].tolist(), strict=True))
            score = 1.0 - chance["original"]
            p = float(p_values[k])
            label, reason = judge(score=score, p_value=p, probabilities=chance, fpr=fpr, words=words)
            verdicts.append(
                Verdict(
                    id=name,
                    label=label,
                    score=score,
                    quality=_quality(odds[k]),
                    probabilities=chance,
                    fpr=fpr,
                    p_value=p,
                    reason=reason,
                    words=words,
                    language=batch.language[k],
                    pivot=(),
                    sentences=told[k].sentences if told else (),
                    evidence=phrases.merged(listed[k], told[k].evidence) if told else (),
                    model=self._info,
                    reasons=told[k].reasons if told else (),
                )
            )
        return verdicts

    def __reduce__(self) -> tuple[Any, ...]:
        # Workers load the files themselves: the pages are shared, and nothing large is sent.
        if self._matcher is None:
            return (_load, (self._folder,))
        return (_load_with, (self._folder, self._matcher.phrases))


def _quality(odds: float) -> float:
    """First estimate of quality, 0 to 100: it falls with the odds that a machine degraded the text."""
    return float(100 / (1 + np.exp(np.clip((odds + 1.0) / 3.0, -20, 20))))


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
    model, arrays, manifest = classifier.load(folder)
    try:
        lexicon = shipped()
        if manifest["tables"] != artefacts.sha256(FOLDER / "manifest.json"):
            raise ModelError(
                f"{folder}: was trained with other language tables than those installed; train again"
            )
        calibration = Calibration(
            *(np.array(arrays[f"calibration_{name}"]) for name in ("scores", "words", "source", "population"))
        )
        info = ModelInfo(
            str(manifest["name"]), str(manifest["version"]), artefacts.sha256(folder / "manifest.json")
        )
        return Detector(lexicon, model, calibration, np.array(arrays["typical"]), info, folder)
    except KeyError as error:
        raise ModelError(f"{folder}: the model lacks {error}; reinstall or train again") from error


def _load_with(folder: Path, given: tuple[phrases.Phrase, ...]) -> Detector:
    return _load(folder).with_phrases(given)


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
    if path is None:
        from mtdetect import trained

        path = Path(trained.__file__).parent / SHIPPED
    return _load(Path(path).resolve())


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
