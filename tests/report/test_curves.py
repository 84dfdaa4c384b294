"""Curves survive their compact form."""

from __future__ import annotations

import json
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stemkit.report.curves import decode, encode

levels = st.one_of(st.none(), st.floats(-150.0, 30.0), st.sampled_from([math.nan, math.inf, -math.inf]))


@given(st.lists(levels, max_size=200))
def test_a_curve_comes_back_to_a_twentieth_of_a_lu(values: list[float | None]) -> None:
    curve = encode(values, window_s=0.4)
    json.dumps(curve, allow_nan=False)
    back = decode(curve)
    assert len(back) == len(values) == curve["points"]
    for value, level in zip(values, back, strict=True):
        if value is None or not math.isfinite(value):
            assert math.isnan(level)
        else:
            assert abs(level - value) <= 0.0501


def test_a_feature_is_small() -> None:
    random = np.random.default_rng(1)
    points = 54_000
    short_term = -23 + np.cumsum(random.standard_normal(points)) * 0.05
    assert len(encode(short_term, window_s=3.0)["data"]) < 60_000
