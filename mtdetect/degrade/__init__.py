"""Engines that make degraded English from human English, for training and evaluation.

The detector learns from pairs of a human text and its degraded version. Real spinner output is scarce, and a detector
trained on one engine learns only that engine. So this package makes degraded text of many kinds and rates:

- :class:`Apertium` translates a text into another language and back with a rule-based translation engine;
- :class:`Neural` does so with a small neural engine (extra ``retranslate``);
- :class:`Spinner` replaces words by synonyms, as one of several *families* of spinners does;
- :class:`WebSpinner` replaces words as a spinner of the web does, by what is known of its table;
- :class:`Command` runs any external program on each text;
- :class:`Chain` and :class:`Mixture` combine engines: one after another, or on some paragraphs only.

The output of an engine depends only on the text and the seed, not on the rest of the batch, so a training set can be
made again. The texts are meant for detectors, not for publication, and are stored with a label that says so.
"""

from __future__ import annotations

from mtdetect.degrade.apertium import Apertium
from mtdetect.degrade.command import Command
from mtdetect.degrade.engine import Engine
from mtdetect.degrade.mixture import Chain, Mixture
from mtdetect.degrade.neural import Neural
from mtdetect.degrade.spin import FAMILIES, Family, Spinner
from mtdetect.degrade.thesaurus import Thesaurus
from mtdetect.degrade.web_spinners import WEB_FAMILIES, WebFamily, WebSpinner

__all__ = [
    "FAMILIES",
    "WEB_FAMILIES",
    "Apertium",
    "Chain",
    "Command",
    "Engine",
    "Family",
    "Mixture",
    "Neural",
    "Spinner",
    "Thesaurus",
    "WebFamily",
    "WebSpinner",
]
