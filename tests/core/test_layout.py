from __future__ import annotations

import pytest

from stemkit.core.layout import LAYOUTS, SURROUND_51, assumed_layout, layout_from_mask, mask_of


def test_weights_are_those_of_bs_1770_5_table_3() -> None:
    weights = {channel.label: channel.loudness_weight for channel in SURROUND_51.channels}
    assert weights == {"L": 1.0, "R": 1.0, "C": 1.0, "LFE": 0.0, "Ls": 1.41, "Rs": 1.41}


def test_in_seven_one_the_sides_weigh_more_and_the_rears_do_not() -> None:
    weights = {channel.label: channel.loudness_weight for channel in LAYOUTS["7.1"].channels}
    assert (weights["Lss"], weights["Rss"], weights["Lrs"], weights["Rrs"]) == (1.41, 1.41, 1.0, 1.0)


@pytest.mark.parametrize("mask", [0x3F, 0x60F])
def test_side_and_back_masks_are_the_same_five_one(mask: int) -> None:
    assert layout_from_mask(mask, 6) == SURROUND_51


def test_mask_order_puts_the_rear_pair_of_seven_one_first() -> None:
    layout = layout_from_mask(0x63F, 8)
    assert layout is not None
    assert layout.labels[4:] == ("Lrs", "Rrs", "Lss", "Rss")


def test_a_mask_that_does_not_fit_the_channels_says_nothing() -> None:
    assert layout_from_mask(0x3, 6) is None
    assert layout_from_mask(0, 2) is None


@pytest.mark.parametrize("name", ["mono", "stereo", "5.1", "5.0", "4.0", "7.1-mask", "5.1.4", "7.1.4-mask"])
def test_a_written_mask_reads_back(name: str) -> None:
    layout = LAYOUTS[name]
    mask = mask_of(layout)
    assert mask is not None
    assert layout_from_mask(mask, layout.count) == layout


def test_orders_that_no_mask_states_have_none() -> None:
    assert mask_of(LAYOUTS["5.1-film"]) is None
    assert mask_of(LAYOUTS["7.1"]) is None


def test_only_the_counts_with_a_usual_order_are_assumed() -> None:
    assert {n for n in range(1, 65) if assumed_layout(n)} == {1, 2, 6, 8}
