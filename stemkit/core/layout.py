"""Channel layouts by label, with the loudness weights of ITU-R BS.1770-5 Annex 1, Tables 3 to 5.

Layouts are data: order of labels, and the masks under which WAVE_FORMAT_EXTENSIBLE knows them.
Channels are mapped by label only, never by position.
"""

from __future__ import annotations

from dataclasses import dataclass

SURROUND_WEIGHT = 1.41  # literally 1.41 in BS.1770-5 Table 3, not 10 ** 0.15

_WEIGHTS = {"LFE": 0.0, "Ls": SURROUND_WEIGHT, "Rs": SURROUND_WEIGHT, "Lss": SURROUND_WEIGHT, "Rss": SURROUND_WEIGHT}


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a layout: its label and the power weight that BS.1770 gives it."""

    label: str
    loudness_weight: float


@dataclass(frozen=True, slots=True)
class Layout:
    """A named order of channels."""

    name: str
    channels: tuple[Channel, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels in file order."""
        return tuple(channel.label for channel in self.channels)

    @property
    def count(self) -> int:
        """Number of channels."""
        return len(self.channels)


def _layout(name: str, labels: str) -> Layout:
    return Layout(name, tuple(Channel(label, _WEIGHTS.get(label, 1.0)) for label in labels.split()))


MONO = _layout("mono", "C")
STEREO = _layout("stereo", "L R")
SURROUND_51 = _layout("5.1", "L R C LFE Ls Rs")
SURROUND_51_FILM = _layout("5.1-film", "L C R Ls Rs LFE")

LAYOUTS = {
    layout.name: layout
    for layout in (
        MONO,
        STEREO,
        _layout("2.1", "L R LFE"),
        _layout("3.0", "L R C"),
        _layout("4.0", "L R Ls Rs"),
        _layout("5.0", "L R C Ls Rs"),
        SURROUND_51,
        SURROUND_51_FILM,
        _layout("7.1", "L R C LFE Lss Rss Lrs Rrs"),
        _layout("7.1-mask", "L R C LFE Lrs Rrs Lss Rss"),
        _layout("5.1.2", "L R C LFE Ls Rs Ltf Rtf"),
        _layout("5.1.4", "L R C LFE Ls Rs Ltf Rtf Ltr Rtr"),
        _layout("7.1.4", "L R C LFE Lss Rss Lrs Rrs Ltf Rtf Ltr Rtr"),
        _layout("7.1.4-mask", "L R C LFE Lrs Rrs Lss Rss Ltf Rtf Ltr Rtr"),
    )
}

# 5.1 with "side" (0x60F) and "back" (0x3F) surrounds both occur; channels 5 and 6 are Ls Rs in both.
# Mask order puts the rear pair of 7.1 before the sides (Microsoft channel-mask page).
_MASKS = {
    0x4: "mono",
    0x3: "stereo",
    0xB: "2.1",
    0x7: "3.0",
    0x33: "4.0",
    0x603: "4.0",
    0x37: "5.0",
    0x607: "5.0",
    0x3F: "5.1",
    0x60F: "5.1",
    0x63F: "7.1-mask",
    0x560F: "5.1.2",
    0x503F: "5.1.2",
    0x2D60F: "5.1.4",
    0x2D03F: "5.1.4",
    0x2D63F: "7.1.4-mask",
}


def layout_from_mask(mask: int, channels: int) -> Layout | None:
    """Return the layout that a WAVE_FORMAT_EXTENSIBLE mask names, `None` if it does not fit."""
    name = _MASKS.get(mask)
    layout = LAYOUTS[name] if name else None
    return layout if layout is not None and layout.count == channels else None


def mask_of(layout: Layout) -> int | None:
    """Return the mask to write for a layout, `None` where no mask states its order."""
    preferred = {"5.1": 0x3F, "5.0": 0x37, "4.0": 0x33}
    if layout.name in preferred:
        return preferred[layout.name]
    return next((mask for mask, name in _MASKS.items() if name == layout.name), None)


def assumed_layout(channels: int) -> Layout | None:
    """Return the layout taken when nothing declares one: mono, stereo, 5.1 (ITU) and 7.1 in mask order."""
    names = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1-mask"}
    return LAYOUTS[names[channels]] if channels in names else None
