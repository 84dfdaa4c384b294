"""Packed samples into rows of instants and columns of ``channel * lanes + lane``, exactly."""

# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from stemkit.kernels._compile import inner
from stemkit.kernels._packed import load_f32, load_f64, load_i16, load_i24, load_i32, load_u8
from stemkit.kernels._shape import F32, F64, I16, I24, I32, LARGEST, U8
from stemkit.kernels._vector import (
    any_at_most,
    larger,
    limited,
    magnitude,
    spread,
    store,
    transpose,
)

_ABSURD = 3e100
_FULL_SCALE = 1.0 / 2147483648.0


@inner
def bytes_of(fmt):
    """Return the bytes of one packed value."""
    if fmt == U8:
        return 1
    if fmt == I16:
        return 2
    if fmt == I24:
        return 3
    return 8 if fmt == F64 else 4


@inner
def _value(raw, f32, f64, i, fmt):
    """Return value ``i`` of a packed buffer."""
    if fmt == F64:
        return f64[i] + 0.0
    if fmt == F32:
        return np.float64(f32[i]) + 0.0
    if fmt == I24:
        k = 3 * i
        word = (np.int32(raw[k]) << 8) | (np.int32(raw[k + 1]) << 16) | (np.int32(raw[k + 2]) << 24)
    elif fmt == I16:
        word = (np.int32(raw[2 * i]) << 16) | (np.int32(raw[2 * i + 1]) << 24)
    elif fmt == I32:
        k = 4 * i
        low = np.int32(raw[k]) | (np.int32(raw[k + 1]) << 8)
        word = low | (np.int32(raw[k + 2]) << 16) | (np.int32(raw[k + 3]) << 24)
    else:
        word = (np.int32(raw[i]) - 128) << 24
    return np.float64(np.int32(word)) * _FULL_SCALE


@inner
def _load8(raw, offset, fmt):
    if fmt == I24:
        return load_i24(raw, offset)
    if fmt == I16:
        return load_i16(raw, offset)
    if fmt == I32:
        return load_i32(raw, offset)
    if fmt == F32:
        return load_f32(raw, offset)
    if fmt == U8:
        return load_u8(raw, offset)
    return load_f64(raw, offset)


@inner
def _scatter(raw, f32, f64, fmt, channels, lanes, lane, first, values, flat, row, width, spare):
    """Bring values from index ``first`` on into the rows of one lane; return whether all of them were sound."""
    size = bytes_of(fmt)
    whole = values - values % 8
    index = row * width + lane
    channel = 0
    most, instead, worst = spread(LARGEST), spread(_ABSURD), spread(0.0)
    for i in range(0, values, 8):
        if i < whole:
            together = _load8(raw, (first + i) * size, fmt)
            if fmt >= F32:
                worst = larger(worst, magnitude(limited(together, most, instead)))
            store(spare, 0, together)
        else:
            for k in range(values - i):
                spare[k] = _value(raw, f32, f64, first + i + k, fmt)
                if not abs(spare[k]) <= LARGEST:
                    worst = instead
        for k in range(min(8, values - i)):
            flat[index] = spare[k]
            index += lanes
            channel += 1
            if channel == channels:
                channel = 0
                index += width - channels * lanes
    return not any_at_most(instead, worst)


@inner
def _clean(x, channels, lanes, lane, row, low, high, frame, counted, bad):
    """Take what is no sound in the rows of one lane as zero, and count it."""
    for c in range(channels):
        for i in range(low, high):
            if not abs(x[row + i, c * lanes + lane]) <= LARGEST:
                x[row + i, c * lanes + lane] = 0.0
                if counted:
                    if bad[lane, 0] == 0 or frame + i < bad[lane, 1]:
                        bad[lane, 1] = frame + i
                    bad[lane, 0] += 1


@inner
def _decode_lane(raw, f32, f64, fmt, channels, lanes, lane, at, frame, total, x, flat, row, n, counted, bad, spare):
    """Bring ``n`` frames from ``frame`` on into the rows of one lane; zeros stand outside the sound."""
    low = min(n, max(0, -frame))
    high = max(low, min(n, total - frame))
    for c in range(channels):
        for i in range(low):
            x[row + i, c * lanes + lane] = 0.0
        for i in range(high, n):
            x[row + i, c * lanes + lane] = 0.0
    first, values = (frame - at + low) * channels, (high - low) * channels
    if not _scatter(raw, f32, f64, fmt, channels, lanes, lane, first, values, flat, row + low, x.shape[1], spare):
        _clean(x, channels, lanes, lane, row, low, high, frame, counted, bad)


@inner
def _decode_octet(raw, f32, f64, fmt, channels, lanes, lane, first, stride, x, flat, row, n, spare):
    """Decode eight lanes side by side: eight values of each, turned into eight rows of lanes.

    ``first`` is the index of the first lane's first value in the buffer, ``stride`` the values from lane
    to lane. Return whether all values were sound.
    """
    width = x.shape[1]
    size = bytes_of(fmt)
    values = n * channels
    whole = values - values % 8
    offset, step = first * size, stride * size
    index = row * width + lane
    channel = 0
    most, instead, worst = spread(LARGEST), spread(_ABSURD), spread(0.0)
    for _ in range(0, whole, 8):
        columns = transpose(
            (_load8(raw, offset, fmt), _load8(raw, offset + step, fmt), _load8(raw, offset + 2 * step, fmt),
             _load8(raw, offset + 3 * step, fmt), _load8(raw, offset + 4 * step, fmt),
             _load8(raw, offset + 5 * step, fmt), _load8(raw, offset + 6 * step, fmt),
             _load8(raw, offset + 7 * step, fmt))
        )  # fmt: skip
        offset += 8 * size
        for k in range(8):
            lanes8 = columns[k]
            if fmt >= F32:
                worst = larger(worst, magnitude(limited(lanes8, most, instead)))
            store(flat, index, lanes8)
            index += lanes
            channel += 1
            if channel == channels:
                channel = 0
                index += width - channels * lanes
    for i in range(whole, values):
        for k in range(8):
            value = _value(raw, f32, f64, first + k * stride + i, fmt)
            if not abs(value) <= LARGEST:
                worst = instead
            x[row + i // channels, (i % channels) * lanes + lane + k] = value
    return not any_at_most(instead, worst)


@inner
def decode(raw, f32, f64, fmt, channels, lanes, at, frame, segment, total, x, flat, row, n, counted, bad, spare):
    """Bring ``n`` frames of each lane into rows from ``row`` on; lane ``l`` starts at ``frame + l * segment``.

    ``at`` is the frame of the buffer's first byte. ``bad`` counts, by lane, values that are no sound
    (NaN, infinities, absurd sizes) and notes the first one's frame; they are taken as zero.
    """
    lane = 0
    while lane < lanes:
        here = frame + lane * segment
        together = lanes % 8 == 0 and here >= 0 and here + 7 * segment + n <= total
        first = (here - at) * channels
        if together and _decode_octet(
            raw, f32, f64, fmt, channels, lanes, lane, first, segment * channels, x, flat, row, n, spare
        ):
            lane += 8
            continue
        for one in range(lane, min(lane + 8, lanes)):
            _decode_lane(
                raw, f32, f64, fmt, channels, lanes, one, at, frame + one * segment, total, x, flat, row, n, counted,
                bad, spare,
            )  # fmt: skip
        lane += 8
