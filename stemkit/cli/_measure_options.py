"""What can be asked of a measurement on the command line."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

_WRITTEN = click.Path(dir_okay=False, path_type=Path)
_READ = click.Path(exists=True, dir_okay=False, path_type=Path)


def measure_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options; the command takes them as ``asked``, arguments of `MeasureOptions`."""

    @click.option("--layout", metavar="NAME", help="Order of the channels, such as 5.1 or 7.1; wins over the file.")
    @click.option("--range", "span_s", metavar="START-END", help="Measure a stretch: seconds or h:mm:ss, 90-0:02:30.")
    @click.option("--reference", is_flag=True, help="The published filter for true peak, 1 s steps for the range.")
    @click.option("--psr", is_flag=True, help="Find the largest ratio of peak to short-term loudness.")
    @click.option("--overs", "overs_dbtp", type=float, metavar="DBTP", help="List true peaks over a limit.")
    @click.option("--vo", "voice", type=_READ, metavar="FILE", help="Measure the dialogue, keyed by this voice stem.")
    @click.option("--me", "background", type=_READ, metavar="FILE", help="With --vo: the mix without its voice.")
    @click.option("--leq-m", is_flag=True, help="Measure Leq(m), as for trailers (ISO 21727).")
    @click.option("--lfe-db", type=float, default=0.0, show_default=True, help="Gain of the LFE in Leq(m).")
    @click.option(
        "--curve", "curve_to", type=_WRITTEN, metavar="FILE", help="Write M, S, true peak per 100 ms: .csv, .json."
    )
    @click.option(
        "--plot", "plot_to", type=_WRITTEN, metavar="FILE", help="Draw loudness over time: .svg (.png by Chromium)."
    )
    @wraps(command)
    def with_options(**given: Any) -> None:
        names = _NAMES & given.keys()
        asked = {name: given.pop(name) for name in names}
        command(asked=asked, **given)

    return with_options


_NAMES = frozenset(
    {
        *("layout", "span_s", "reference", "psr", "overs_dbtp"),
        *("voice", "background", "leq_m", "lfe_db", "curve_to", "plot_to"),
    }
)
