"""Reports of mixes in which everything was asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from stemkit.report.curves import encode
from tests.report import reports

LIVELY: dict[str, Any] = {
    "duck": {"depth_db": 6.0, "count": 3, "seconds": 41.5, "curve": encode([0.0, -3.0, -6.0] * 400, 0.0)},
    "limiter": {
        "seconds": 2.5,
        "deepest_db": -3.4,
        "deepest_at_s": 61.0,
        "curve": encode([0.0] * 600 + [-3.4] + [0.0] * 599, 0.0),
    },
    "me": {
        "mode": "undipped",
        "print": "ME",
        "true_peak_dbtp": -0.4,
        "limit_dbtp": -1.0,
        "gain_db": 0.0,
        "proposed_gain_db": -0.6,
    },
    "balance": {
        "mode": "dialogue",
        "max_trim_db": 6.0,
        "chapters": [
            {"chapter": 1, "before_lufs": -25.0, "after_lufs": -23.5, "trim_db": 1.5, "reason": None},
            {"chapter": 2, "before_lufs": -23.0, "after_lufs": -23.0, "trim_db": 0.0, "reason": None},
        ],
        "steps": [{"after": 1, "before_lu": 4.0, "after_lu": 2.5}],
    },
}


def lively_mix() -> dict[str, Any]:
    """Return the report of a mix in which everything was asked for: two reels of mono files with leaders too."""
    report = {**reports.good_mix(), **LIVELY}
    for row in report["prints"]:
        row["files"] = [part(row["name"], reel, channel) for reel in (1, 2) for channel in ("L", "R")]
    sums = report["null_test"]["sums"]
    for one in sums[1:]:
        one |= {"exact": None, "max_residual_lsb": None, "reason": "undipped"}
    report["reels"] = [
        {"reel": 1, "chapters": [1, 2, 3], "start_samples": 0, "end_samples": 1, "null_test": report["null_test"]}
    ]
    report["boundaries"][0] |= {
        "role": "VO",
        "voice": {
            "how": "shortened",
            "fade_out": {"start_samples": 912_000, "end_samples": 936_000},
            "fade_in": {"start_samples": 960_000, "end_samples": 1_008_000},
        },
    }
    waived = next(finding for finding in report["findings"] if finding["waived"])
    waived["params"]["waiver_by"] = "Ana Souza, supervisor"
    return report


def part(name: str, reel: int, channel: str) -> dict[str, Any]:
    """Return one file of a print, as a mix writes it."""
    return {
        "path": f"The Long Crossing_{name}_r0{reel}.{channel}.wav",
        "sha256": "a7c3f09be5d24161" * 4,
        "reel": reel,
        "channels": [channel],
        "channel_indices": [0 if channel == "L" else 1],
        "container": "WAV",
        "subtype": "PCM_24",
        "start_samples": (reel - 1) * 2_880_000,
        "length_samples": 2_880_000 + 576_000,
        "programme_samples": 2_880_000,
        "head_samples": 384_000,
        "tail_samples": 192_000,
    }


def feature() -> dict[str, Any]:
    """Return the report of 90 minutes in which ducking, limiter and voice have a curve, and many peaks are over."""
    random = np.random.default_rng(1)
    places = np.arange(54_000)
    ducked = np.where(np.sin(places / 60.0) > 0.0, -6.0, 0.0)
    limited = np.where(random.random(54_000) > 0.9, -6.0 * random.random(54_000), 0.0)
    above = np.where(ducked < 0.0, 8.0 + 4.0 * random.standard_normal(54_000), np.nan)
    report = {**reports.quiet_mix(), "duck": {**LIVELY["duck"], "curve": encode(ducked.tolist(), 0.0)}}
    report["limiter"] = {**LIVELY["limiter"], "curve": encode(limited.tolist(), 0.0)}
    report["overs"] = [{"print": "FULL", "at_s": 27.0 * number, "peak_dbtp": -0.4} for number in range(200)]
    report["dialogue"] = {
        "speech_share": 0.5,
        "dialogue_lufs": -24.0,
        "voice_lufs": -25.0,
        "background_lufs": -31.0,
        "voice_to_background_lu": 8.0,
        "lowest_voice_to_background_lu": 3.0,
        "undefined": {},
        "limit_lu": None,
        "lines": [{"start_s": 60.0 * each, "end_s": 60.0 * each + 4.0, "lowest_lu": each / 10} for each in range(24)],
        "curve": {**encode(above.tolist(), 3.0), "unit": "LU"},
    }
    return report
