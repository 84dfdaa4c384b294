"""The one shape in which sound travels through stemkit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float64]
"""float64, shape ``(samples, channels)``, full scale ±1.0, any length including 0."""

Stream = Iterator[Block]
"""Blocks in order; results never depend on where they are cut."""

BLOCK_SAMPLES = 1 << 16
"""Length of the blocks that stemkit cuts by itself."""
