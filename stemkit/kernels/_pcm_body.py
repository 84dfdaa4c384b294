"""The inner loops of packed 24-bit samples."""

# mypy: ignore-errors

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from stemkit.kernels._compile import inner
from stemkit.kernels._packed import load_i24
from stemkit.kernels._vector import LANES, WIDTH, load, spread, store

STEPS = 8388608.0
_F64X8 = ir.VectorType(ir.DoubleType(), WIDTH)
_I32X8 = ir.VectorType(ir.IntType(32), WIDTH)
_BYTES = ir.VectorType(ir.IntType(8), 4 * WIDTH)
_THREE_OF_FOUR = [4 * k + byte for k in range(WIDTH) for byte in range(3)]


@intrinsic
def _off_steps(typingctx, steps):
    """Tell whether any of eight numbers is not a whole 24-bit step; NaN is not."""

    def build(context, builder, signature, args):
        steps = args[0]
        lowest, highest = ir.Constant(_F64X8, [-STEPS] * WIDTH), ir.Constant(_F64X8, [STEPS - 1.0] * WIDTH)
        # What does not fit is replaced first: its conversion to a whole number is not defined.
        above = builder.fcmp_ordered(">=", steps, lowest)
        fits = builder.and_(above, builder.fcmp_ordered("<=", steps, highest))
        inside = builder.select(fits, steps, lowest)
        back = builder.sitofp(builder.fptosi(inside, _I32X8), _F64X8)
        mask = builder.bitcast(builder.fcmp_ordered("==", back, steps), ir.IntType(WIDTH))
        return builder.icmp_unsigned("!=", mask, ir.Constant(ir.IntType(WIDTH), 255))

    return types.boolean(LANES), build


@intrinsic
def _store_i24(typingctx, raw, offset, steps):
    """Put eight whole steps that fit into a buffer, three bytes each."""

    def build(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        words = builder.bitcast(builder.fptosi(args[2], _I32X8), _BYTES)
        order = ir.Constant(ir.VectorType(ir.IntType(32), 3 * WIDTH), _THREE_OF_FOUR)
        packed = builder.shuffle_vector(words, words, order)
        at = builder.bitcast(builder.gep(data, [args[1]]), packed.type.as_pointer())
        builder.store(packed, at, align=1)
        return context.get_dummy_value()

    return types.void(raw, types.int64, LANES), build


@inner
def _value(raw, k):
    word = (np.int32(raw[k]) << 8) | (np.int32(raw[k + 1]) << 16) | (np.int32(raw[k + 2]) << 24)
    return np.float64(np.int32(word)) * (1.0 / 2147483648.0)


def add_24(raw, gain, total):
    """Add packed samples, times a gain, to a sum."""
    count = total.shape[0]
    whole = count - count % 8
    factor = spread(gain)
    for i in range(0, whole, 8):
        store(total, i, load(total, i) + load_i24(raw, 3 * i) * factor)
    for i in range(whole, count):
        total[i] += _value(raw, 3 * i) * gain


def pack_24(values, raw):
    """Write values as packed samples; return 1 if all of them are on the grid and fit, else 0."""
    count = values.shape[0]
    whole = count - count % 8
    steps = spread(STEPS)
    for i in range(0, whole, 8):
        lanes = load(values, i) * steps
        if _off_steps(lanes):
            return 0
        _store_i24(raw, 3 * i, lanes)
    for i in range(whole, count):
        value = values[i] * STEPS
        if not -STEPS <= value <= STEPS - 1.0 or value != np.floor(value):
            return 0
        word = np.int32(value)
        for byte in range(3):
            raw[3 * i + byte] = (word >> (8 * byte)) & 255
    return 1
