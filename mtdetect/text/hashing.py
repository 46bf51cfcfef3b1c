"""The multiplier of the hashes that work on whole arrays."""

from __future__ import annotations

import numpy as np

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio, made odd: multiplicative hashing (Knuth, The Art of Computer Programming, section 6.4)."""
