"""``measure``: a meter for any sound files, one after another or several at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from stemkit.audio.probe import probe
from stemkit.core.errors import MediaError, Problem, UsageError
from stemkit.core.files import write_atomically
from stemkit.core.layout import LAYOUTS, Layout
from stemkit.core.media import LayoutSource, MediaInfo
from stemkit.core.names import display_name
from stemkit.core.progress import Event, Progress, silent
from stemkit.kernels.scan import LOCAL_PEAKS, PLAIN_PEAKS, PRUNED_PEAKS
from stemkit.meters import true_peak
from stemkit.meters._ledger import Ledger
from stemkit.meters._meter import meter_versions
from stemkit.meters.loudness import momentary_curve, reference_read, short_term_curve
from stemkit.meters.scan import scan_file
from stemkit.meters.summary import Summary, nothing_measured, summarise, summarise_range
from stemkit.report import measured
from stemkit.store.facts import FactStore, open_store
from stemkit.workflows._measure_details import details_of, dialogue_of, leq_m_of, overs_of
from stemkit.workflows._measure_paths import find_files, parse_span
from stemkit.workflows._measure_result import MeasuredFile, MeasureResult

__all__ = ["MeasureOptions", "MeasureResult", "MeasuredFile", "find_files", "measure", "parse_span"]

TASK = "measuring"


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """How to measure.

    Parameters
    ----------
    layout
        Name of the channel layout, winning over what the files say.
    span_s
        Stretch to measure, in seconds; all by default. Peaks are then taken to the nearest 100 ms outwards.
    reference
        True peak by the filter of BS.1770-5 Annex 2 and loudness range in steps of 1 s.
    curve_to, plot_to
        Files to write: curves as ``.csv`` or ``.json``, a picture as ``.svg`` or ``.png``.
    psr
        Find the largest ratio of peak to short-term loudness, which needs the true peak of every 100 ms.
    overs_dbtp
        List where true peaks pass this limit.
    voice, background
        The VO stem of the one file that is measured, and all of it but the voice: measures the dialogue.
    leq_m, lfe_db
        Measure Leq(m), and the gain of the LFE in it.
    """

    layout: str | None = None
    span_s: tuple[float, float] | None = None
    reference: bool = False
    curve_to: Path | None = None
    plot_to: Path | None = None
    psr: bool = False
    overs_dbtp: float | None = None
    voice: Path | None = None
    background: Path | None = None
    leq_m: bool = False
    lfe_db: float = 0.0
    jobs: int | None = None
    rehash: bool = False

    @property
    def needs_curves(self) -> bool:
        """Whether the true peak of every 100 ms is asked for."""
        wanted = (self.curve_to, self.plot_to, self.span_s, self.overs_dbtp)
        return self.psr or any(one is not None for one in wanted)


def measure(
    paths: Sequence[str], options: MeasureOptions = MeasureOptions(), progress: Progress = silent
) -> MeasureResult:
    """Measure files, folders and patterns.

    Raises
    ------
    UsageError
        If a path does not exist, the layout has no such name, or options do not go together.
    """
    layout = _named_layout(options.layout)
    files = find_files(paths)
    _require_sense(options, files)
    jobs = options.jobs or os.cpu_count() or 1
    store = open_store(rehash=options.rehash)
    probed = [_probe(path) for path in files]
    count = _Count(sum(media.length_samples for media in probed if isinstance(media, MediaInfo)), progress)
    threads = max(1, jobs // max(1, len(files)))

    def one(item: tuple[str, MediaInfo | str]) -> MeasuredFile:
        path, media = item
        if isinstance(media, str):
            return _unreadable(path, media, None)
        return _measure_one(path, media, layout, options, store, count, threads)

    result = MeasureResult(tuple(_in_turn_or_together(one, list(zip(files, probed, strict=True)), jobs, count)))
    _write_outputs(result, options)
    return result


def _in_turn_or_together(
    one: Callable[[tuple[str, MediaInfo | str]], MeasuredFile],
    work: list[tuple[str, MediaInfo | str]],
    jobs: int,
    count: _Count,
) -> Iterable[MeasuredFile]:
    if jobs == 1 or len(work) == 1:
        return map(one, work)
    with ThreadPoolExecutor(min(jobs, len(work)), thread_name_prefix="measure") as pool:
        try:
            return list(pool.map(one, work))
        except BaseException:
            count.stopped = True
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _write_outputs(result: MeasureResult, options: MeasureOptions) -> None:
    if options.curve_to is None and options.plot_to is None:
        return
    curves = [_curves(file, file.curves) for file in result.files if file.curves is not None]
    if options.curve_to is not None:
        as_text = measured.curve_as_json if options.curve_to.suffix.lower() == ".json" else measured.curve_as_csv
        write_atomically(options.curve_to, as_text(curves).encode())
    if options.plot_to is not None:
        from stemkit.report.plot import write_plot

        write_plot(options.plot_to, curves)


def _curves(file: MeasuredFile, ledger: Ledger) -> dict[str, object]:
    return {
        "path": file.path,
        "name": file.name,
        "momentary_lufs": momentary_curve(ledger),
        "short_term_lufs": short_term_curve(ledger),
        "true_peak_dbtp": true_peak.curve(ledger),
        "measured": file.summary.as_dict(),
    }


def _require_sense(options: MeasureOptions, files: Sequence[str]) -> None:
    if options.voice is not None and len(files) != 1:
        message = f"--vo names the voice of one file, but {len(files)} are to be measured"
        raise UsageError(Problem("one_file", message, "measure each mix with its own stem"))
    if options.background is not None and options.voice is None:
        raise UsageError(Problem("no_voice", "--me needs the voice that it is the background of", "add --vo FILE"))
    whole = (options.psr, options.overs_dbtp is not None, options.voice, options.leq_m, options.reference)
    if options.span_s and any(whole):
        message = "--range measures loudness and peaks of a stretch; the other readings are of whole files"
        raise UsageError(Problem("range_of_whole", message, "leave out --range, or the other options"))


def _named_layout(name: str | None) -> Layout | None:
    if name is None:
        return None
    if name not in LAYOUTS:
        known = ", ".join(LAYOUTS)
        raise UsageError(Problem("unknown_layout", f"{name!r} is not a channel layout", f"known are {known}"))
    return LAYOUTS[name]


class _Count:
    """How much of all files is done, for people; several threads add to it."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._done = 0
        self._total = total
        self._progress = progress
        self._lock = threading.Lock()
        self.stopped = False

    def add(self, samples: int, name: str) -> None:
        """Note some more samples as done."""
        if self.stopped:
            raise KeyboardInterrupt
        with self._lock:
            self._done += samples
            self._progress(Event(TASK, self._done, self._total, name))


def _probe(path: str) -> MediaInfo | str:
    try:
        return probe(Path(path))
    except MediaError as error:
        return error.problems[0].message


def _unreadable(path: str, reason: str, media: MediaInfo | None) -> MeasuredFile:
    return MeasuredFile(path, reason, media, None, None, None, nothing_measured("the file could not be read"))


def _measure_one(
    path: str,
    media: MediaInfo,
    layout: Layout | None,
    options: MeasureOptions,
    store: FactStore,
    count: _Count,
    threads: int,
) -> MeasuredFile:
    if not media.is_usable:
        return _unreadable(path, media.problem.detail if media.problem else "unreadable", media)
    if layout is not None and layout.count != media.channels:
        reason = f"--layout {layout.name} has {layout.count} channels, the file has {media.channels}"
        return _unreadable(path, reason, media)
    name = display_name(path)
    used = layout or media.layout

    def scan(one: MediaInfo, mode: int = PRUNED_PEAKS, layout: Layout | None = used) -> Ledger:
        return _ledger(one, layout, mode, store, lambda samples: count.add(samples, name), threads)

    try:
        local = scan(media, LOCAL_PEAKS) if options.needs_curves else None
        ledger = local if local and not options.reference else scan(media, _mode(options))
        more = {} if options.span_s else _more(media, used, ledger, local, options, scan)
    except MediaError as error:
        return _unreadable(path, error.problems[0].message, media)
    source: LayoutSource | None = "declared" if layout else (media.layout_source if used else None)
    return MeasuredFile(path, None, media, used, source, ledger, _summary(ledger, options), local, more)


def _mode(options: MeasureOptions) -> int:
    return PLAIN_PEAKS if options.reference else PRUNED_PEAKS


def _more(
    media: MediaInfo,
    layout: Layout | None,
    ledger: Ledger,
    local: Ledger | None,
    options: MeasureOptions,
    scan: Callable[..., Ledger],
) -> dict[str, object]:
    found: dict[str, object] = {"details": details_of(ledger, local)}
    if options.overs_dbtp is not None and local is not None:
        found["overs"] = overs_of(local, options.overs_dbtp)
    if options.voice is not None:
        found["dialogue"] = dialogue_of(
            ledger, options.voice, options.background, lambda stem: scan(stem, layout=stem.layout)
        )
    if options.leq_m:
        found["leq_m"] = leq_m_of(media, layout, options.lfe_db)
    return found


def _ledger(
    media: MediaInfo,
    layout: Layout | None,
    mode: int,
    store: FactStore,
    told: Callable[[int], None],
    threads: int,
) -> Ledger:
    key = f"{layout.name if layout else 'unknown'}/{mode}"
    versions = meter_versions()
    ledger = store.get(media.path, key, versions)
    if ledger is None:
        ledger = scan_file(media, layout=layout, on_samples=told, mode=mode, threads=threads)
        store.put(media.path, key, versions, ledger)
    else:
        told(media.length_samples)
    return ledger


def _summary(ledger: Ledger, options: MeasureOptions) -> Summary:
    if options.span_s:
        return summarise_range(ledger, *options.span_s)
    return summarise(ledger, reference_read(ledger) if options.reference else None)
