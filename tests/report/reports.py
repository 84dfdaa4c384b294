"""Reports for the tests, built the way a mix builds them, from made-up measurements."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from stemkit.core.film import Chapter, Film
from stemkit.core.profile import Profile
from stemkit.core.timebase import FrameRate
from stemkit.report.build import build_mix_report
from stemkit.report.curves import encode
from stemkit.report.model import MixRun

RATE = FrameRate.parse("24")
ROLES = ("VO", "SFX", "MUSIC")
PRINTS = {"FULL": ROLES, "VO": ("VO",), "SFX": ("SFX",), "MUSIC": ("MUSIC",), "ME": ("SFX", "MUSIC")}
PEOPLE = (
    ("Harbour at night", "Mei Tanaka"),
    ("The kitchen", "Ольга Смирнова"),
    ("Second Avenue", "Dario Conti"),
    ("清晨的树林", "李雷"),
    ("The forge", "Ana Souza"),
    ("Storm", "Jonas Weber"),
)
FORMATS = (
    ("WAV", "PCM_24", 48_000, "stereo"),
    ("FLAC", "PCM_16", 44_100, "mono"),
    ("MP3", "MPEG_LAYER_III", 44_100, "stereo"),
)


def profile() -> Profile:
    """Return a small profile with a target and a limit for the prints."""
    return Profile.model_validate(
        {
            "name": "crowd-film",
            "title": "Crowd-made feature",
            "revision": "1",
            "source": "EBU R 128 v5.0",
            "checked_on": datetime.date(2026, 11, 22),
            "format": {
                "sample_rate_hz": 48_000,
                "bit_depth_bits": 24,
                "float_accepted": True,
                "layout": "stereo",
                "containers": ("WAV",),
                "source": "project",
            },
            "roles": {"required": list(ROLES)},
            "naming": {"pattern": "{title}_{role}.wav"},
            "loudness": [
                {
                    "of": "print",
                    "quantity": "programme",
                    "target_lufs": -23.0,
                    "below_lu": 0.2,
                    "above_lu": 0.2,
                    "source": "EBU R 128",
                    "grade": "B",
                }
            ],
            "true_peak": [{"of": "print", "max_dbtp": -1.0, "source": "EBU R 128", "grade": "B"}],
            "prints": [{"name": name, "roles": list(roles)} for name, roles in PRINTS.items()],
        }
    )


def measured(loudness: float | None, peak: float | None = -6.4) -> dict[str, Any]:
    """Return measured fields as the JSON contract has them."""
    return {
        "programme_loudness_lufs": loudness,
        "loudness_range_lu": None if loudness is None else 6.3,
        "max_momentary_lufs": None if loudness is None else loudness + 6.0,
        "max_short_term_lufs": None if loudness is None else loudness + 3.4,
        "true_peak_dbtp": peak,
        "true_peak_at_s": 61.25,
        "sample_peak_dbfs": peak,
        "undefined": {} if loudness is not None else {"programme_loudness_lufs": "silence"},
    }


def finding(code: str, chapter: int | None, message: str, **changes: Any) -> dict[str, Any]:
    """Return one finding as ``check`` writes it."""
    made: dict[str, Any] = {
        "code": code,
        "condition": "x",
        "severity": "error",
        "outcome": "fail",
        "confidence": 1.0,
        "chapter": chapter,
        "role": None,
        "path": None,
        "name": None,
        "start_s": None,
        "end_s": None,
        "start_tc": None,
        "end_tc": None,
        "observed": None,
        "expected": None,
        "unit": None,
        "params": {},
        "message": message,
        "advice": "",
        "fix": None,
        "waived": False,
    }
    return made | changes


def chapter_json(number: int, title: str, creator: str) -> dict[str, Any]:
    """Return one chapter as ``check`` writes it."""
    stems = []
    for index, role in enumerate(ROLES):
        container, subtype, rate_hz, layout = FORMATS[(number * index) % 3]
        media = {
            "container": container,
            "subtype": subtype,
            "sample_rate_hz": rate_hz,
            "channels": 1 if layout == "mono" else 2,
            "layout": layout,
        }
        path = f"ch{number:02}/{role.lower()}.{container.lower()}"
        stems.append({"role": role, "path": path, "name": path, "media": media, "measured": measured(-27.0 - index)})
    loudness = -23.0 + 1.7 * math.sin(number * 1.7)
    return {
        "number": number,
        "title": title,
        "creator": creator,
        "verdict": "ready",
        "measured": measured(loudness, -6.0 - number % 3),
        "stems": stems,
    }


def curve(seconds: float, seed: int, level: float) -> dict[str, Any]:
    """Return momentary and short-term curves that look like a film's."""
    random = np.random.default_rng(seed)
    points = int(seconds * 10)
    slow = np.convolve(random.standard_normal(points + 600), np.hanning(300) / 12.0, "same")[300 : 300 + points]
    fast = np.convolve(random.standard_normal(points), np.hanning(5), "same")
    short_term = level + 2.2 * slow
    momentary = short_term + 1.6 * fast - 0.8
    quiet = slow < -1.6
    momentary[quiet] = math.nan
    return {"momentary": encode(momentary, 0.4), "short_term": encode(short_term, 3.0)}


def film(chapters: int = 6, length_frames: int = 480) -> Film:
    """Return a film of equal chapters."""
    made = tuple(Chapter(n, *PEOPLE[(n - 1) % 6], length_frames=length_frames) for n in range(1, chapters + 1))
    return Film("The Long Crossing", Path("film"), made, RATE, start_frame=RATE.parse_timecode("01:00:00:00"))


def mix_json(seconds: float, loudness: float = -23.0, **changes: Any) -> dict[str, Any]:
    """Return the JSON object of a mix that went well."""
    samples = int(seconds * 48_000)
    levels = {"FULL": loudness, "VO": -25.6, "SFX": -31.0, "MUSIC": -30.4, "ME": -28.2}
    prints = [
        {
            "name": name,
            "roles": list(roles),
            "path": f"The Long Crossing_{name}.wav",
            "sha256": f"{index}a7c3f09be5d2416" * 4,
            "length_samples": samples,
            "measured": measured(levels[name], -6.4 - index),
        }
        for index, (name, roles) in enumerate(PRINTS.items())
    ]
    sums = [
        {
            "sum": "FULL",
            "of": ["VO", "SFX", "MUSIC"],
            "exact": True,
            "max_residual_lsb": 0,
            "samples": samples,
            "reason": None,
        },
        {"sum": "FULL", "of": ["VO", "ME"], "exact": True, "max_residual_lsb": 0, "samples": samples, "reason": None},
        {"sum": "ME", "of": ["SFX", "MUSIC"], "exact": True, "max_residual_lsb": 0, "samples": samples, "reason": None},
    ]
    made: dict[str, Any] = {
        "length_samples": samples,
        "sample_rate_hz": 48_000,
        "prints": prints,
        "null_test": {"exact": True, "max_residual_lsb": 0, "samples": samples, "sums": sums},
        "level": {
            "target_lufs": -23.0,
            "wanted_gain_db": 1.6,
            "applied_gain_db": 1.6,
            "limited_by": None,
            "reachable_lufs": -23.0,
        },
        "boundaries": [],
        "refused": [],
        "missing": [],
    }
    return made | changes


def joins(chapters: int) -> list[dict[str, Any]]:
    """Return boundaries: voice cut, effects half a second, music a second, the third without handles."""
    rows = []
    for after in range(1, chapters):
        for role, samples, law in (
            ("VO", 0, "equal-power"),
            ("SFX", 12_000, "equal-power"),
            ("MUSIC", 24_000, "equal-gain"),
        ):
            degraded = after == 3 and role == "MUSIC"
            half = 480 if degraded else samples
            rows.append(
                {
                    "after": after,
                    "role": role,
                    "before_samples": half,
                    "after_samples": half,
                    "law": law,
                    "degraded": degraded,
                }
            )
    return rows


def findings() -> list[dict[str, Any]]:
    """Return the findings of a lively delivery."""
    return [
        finding(
            "FMT001",
            2,
            "The sample rate is 44 100 Hz; it should be 48 000 Hz.",
            role="VO",
            fix="safe",
            name="ch02/vo.flac",
            advice="Export at 48 000 Hz.",
        ),
        finding(
            "FMT004",
            2,
            "MP3 is a lossy format: what it took away does not come back.",
            severity="warning",
            role="MUSIC",
            name="ch02/music.mp3",
            advice="Export WAV from the project instead of the MP3.",
        ),
        finding(
            "LEN002",
            3,
            "The file holds the picture alone, no handles; 2 s before and after were asked for.",
            severity="warning",
            role="MUSIC",
            name="ch03/music.wav",
            advice="Deliver 48 frames more at both ends, so that the music can be crossfaded.",
        ),
        finding(
            "PEK001",
            4,
            "True peak +0.4 dBTP is 1.4 dB above -1.0 dBTP.",
            severity="warning",
            role="MUSIC",
            name="ch04/配乐.flac",
            start_s=11.2,
            start_tc="01:01:09:05",
            advice="The mix sets the level; lower the limiter's ceiling next time.",
        ),
        finding(
            "LEN001", 5, "The file is 480 samples (10 ms) short of 24 s.", role="SFX", fix="safe", name="ch05/fx.wav"
        ),
        finding(
            "STM004",
            6,
            "The sound is the same as chapter 2's.",
            severity="warning",
            role="MUSIC",
            name="ch06/music.wav",
            params={"waiver_reason": "the theme comes back, as written"},
            waived=True,
        ),
        finding("LUD004", None, "No limit for dialogue loudness in this profile.", outcome="skip", severity="info"),
        finding("LUD004", 3, "No limit for dialogue loudness in this profile.", outcome="skip", severity="info"),
    ]


def items() -> list[dict[str, Any]]:
    """Return conform items that belong to `findings`."""

    def item(chapter: int, role: str, source: str, status: str, *steps: dict[str, Any]) -> dict[str, Any]:
        output = f"The Long Crossing_ch{chapter:02}_{role}.wav" if status == "written" else None
        return {
            "chapter": chapter,
            "role": role,
            "source": source,
            "output": output,
            "status": status,
            "reason": None,
            "steps": list(steps),
            "before": None,
            "after": None,
        }

    resample = {"kind": "resample", "safe": True, "sample_rate_hz": 48_000}
    stereo = {"kind": "remap_channels", "safe": True, "layout": "stereo", "mono_to_stereo_db": 0.0}
    deep = {"kind": "requantise", "safe": True, "subtype": "PCM_24"}
    wav = {"kind": "rewrap", "safe": True, "container": "WAV"}
    return [
        item(1, "VO", "ch01/vo.wav", "unchanged"),
        item(2, "VO", "ch02/vo.flac", "written", stereo, resample, deep, wav),
        item(2, "MUSIC", "ch02/music.mp3", "written", resample, deep, wav),
        item(5, "SFX", "ch05/fx.wav", "written", {"kind": "fit_length", "safe": True, "length_samples": 1_152_000}),
    ]


def run(whole: Film, mix: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the report of a film with the usual findings."""
    check = {
        "chapters": [chapter_json(c.number, c.title, c.creator) for c in whole.chapters],
        "findings": findings(),
        "counts": {"passed": 412},
    }
    known: dict[str, Any] = {"film": whole, "profile": profile(), "check": check, "mix": mix, "conform_items": items()}
    return build_mix_report(MixRun(**(known | changes)))


def good_mix() -> dict[str, Any]:
    """Return the report of a mix that can be delivered."""
    report = run(
        film(),
        mix_json(120.0, boundaries=joins(6)),
        meters={"loudness": 1, "true_peak": 1},
        inputs=[{"path": "ch01/vo.wav", "digest": "5d41402abc4b2a76" * 4}],
    )
    report["curves"] = {name: curve(120.0, seed, level) for seed, (name, level) in enumerate(LEVELS.items())}
    return report


LEVELS = {"FULL": -23.5, "VO": -26.0, "SFX": -32.0, "MUSIC": -31.0}


def quiet_mix() -> dict[str, Any]:
    """Return the report of a long mix whose peaks keep it from its target, with many chapters."""
    level = {
        "target_lufs": -23.0,
        "wanted_gain_db": 4.1,
        "applied_gain_db": 2.2,
        "limited_by": "true_peak",
        "limiting_print": "FULL",
        "reachable_lufs": -24.9,
    }
    whole = film(50, 2592)
    bad = finding(
        "MIX001",
        None,
        "Programme loudness -24.9 LUFS is 1.9 LU below -23.0 LUFS: a peak leaves no more room.",
        start_tc="01:12:05:03",
        advice='Lower the peak in chapter 41, or choose limiter = "linked".',
    )
    report = run(whole, mix_json(5400.0, -24.9, level=level, boundaries=joins(50)), print_findings=[bad])
    report["curves"] = {name: curve(5400.0, seed, level) for seed, (name, level) in enumerate(LEVELS.items())}
    return report


def refused_mix() -> dict[str, Any]:
    """Return the report of a mix that was refused."""
    refused = [
        {
            "chapter": 4,
            "role": "VO",
            "code": "FMT007",
            "reason": "the file ends 3.2 s early",
            "advice": "Send it again.",
        }
    ]
    bad = mix_json(120.0, prints=[], null_test=None, level=None, refused=refused)
    return run(film(), bad)


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'`{{7*7}}\u202egnp.wav\n=1+1"


def hostile_mix() -> dict[str, Any]:
    """Return a report in which every word that people chose is an attack."""
    report = good_mix()
    report["film"]["title"] = HOSTILE
    report["profile"]["name"] = HOSTILE
    for chapter in report["chapters"]:
        chapter["title"] = chapter["creator"] = HOSTILE
        for stem in chapter["stems"]:
            stem["path"] = stem["name"] = HOSTILE
            stem["media"]["layout"] = HOSTILE
    for one in report["findings"]:
        one |= {"name": HOSTILE, "path": HOSTILE, "message": HOSTILE, "advice": HOSTILE}
    for item in report["conform"]:
        item |= {"source": HOSTILE, "output": HOSTILE}
    for row in report["prints"]:
        row["path"] = HOSTILE
    report["inputs"] = [{"path": HOSTILE, "digest": HOSTILE}]
    return report


def check_only() -> dict[str, Any]:
    """Return the JSON object of ``check`` on a folder."""
    return {
        "schema": "stemkit/check/1",
        "version": "0",
        "profile": {"name": "crowd-film", "revision": "1"},
        "film": None,
        "verdict": "fix",
        "chapters": [chapter_json(2, "The kitchen", "Ольга Смирнова")],
        "findings": [one for one in findings() if one["chapter"] in (2, None)],
        "counts": {"error": 1, "warning": 1, "info": 0, "skipped": 1, "waived": 0, "passed": 17},
    }
