"""Training text for the detector: people's English in, machine-damaged English out.

A detector of machine-damaged text learns from pairs: what a person wrote, and what a machine made of it. Real
output of spinners is scarce and one engine teaches only itself, so this room makes more, of many kinds and in
any dose:

- :class:`Apertium` sends a text through another language and back with a real rule-based translation engine;
- :class:`Spinner` puts synonyms in place of words, in the manner of one of several *families* of spinners;
- :class:`WebSpinner` does so as nine spinners of the web do, with what is known of their tables;
- :class:`Command` runs any external program, one text in, one text out;
- :class:`Chain` and :class:`Mixture` combine them: spun after a round trip, or only some paragraphs damaged.

Everything is deterministic: the output of an engine depends on the text and the seed, never on what else was
in the batch, so a training set can be made again from its recipe alone.

It never serves to publish text. What comes out is meant to be recognised, is labelled as damaged wherever it
is stored, and should not leave the laboratory.
"""

from __future__ import annotations

from mtdetect.degrade.apertium import Apertium
from mtdetect.degrade.command import Command
from mtdetect.degrade.engine import Engine
from mtdetect.degrade.mixture import Chain, Mixture
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
    "Spinner",
    "Thesaurus",
    "WebFamily",
    "WebSpinner",
]
