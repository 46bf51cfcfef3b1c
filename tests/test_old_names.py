"""Names that were changed keep working, and say so."""

from __future__ import annotations

import numpy as np
import pytest

from mtdetect.model.calibration_profile import LEAST_TEXTS, CalibrationProfile


def test_profile_is_now_style(shipped) -> None:
    text = "It rained. It rained all day. We stayed in."
    with pytest.warns(DeprecationWarning, match=r"Detector\.profile is now Detector\.style"):
        assert shipped.profile(text).to_dict() == shipped.style(text).to_dict()


def test_with_profile_is_now_with_calibration(shipped) -> None:
    own = CalibrationProfile(shipped.model.sha256, np.zeros(LEAST_TEXTS), np.full(LEAST_TEXTS, 100))
    with pytest.warns(DeprecationWarning, match=r"Detector\.with_profile is now Detector\.with_calibration"):
        detector = shipped.with_profile(own)
    text = "It rained all day, so we stayed in and read. " * 6
    assert detector.score(text) == shipped.with_calibration(own).score(text)
