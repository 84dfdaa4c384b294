"""Eight packed samples of a buffer as eight numbers up to ±1, from any byte on."""

# mypy: ignore-errors

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from stemkit.kernels._vector import LANES, WIDTH

_F64X8 = ir.VectorType(ir.DoubleType(), WIDTH)
_I32X8 = ir.VectorType(ir.IntType(32), WIDTH)


def _packed_load(name, element, unpack):
    """Make a function that returns eight packed samples from a byte offset on, as numbers up to ±1."""

    def typer(typingctx, raw, offset):
        def build(context, builder, signature, args):
            data = context.make_array(signature.args[0])(context, builder, args[0]).data
            return unpack(builder, builder.gep(data, [args[1]]), element)

        return LANES(raw, types.int64), build

    typer.__name__ = typer.__qualname__ = name
    return intrinsic(typer)


def _unpack_float(builder, at, element):
    vector = ir.VectorType(element, WIDTH)
    value = builder.load(builder.bitcast(at, vector.as_pointer()), align=1, typ=vector)
    wide = value if isinstance(element, ir.DoubleType) else builder.fpext(value, _F64X8)
    return builder.fadd(wide, ir.Constant(_F64X8, [0.0] * WIDTH))


def _unpack_words(builder, at, element):
    bits = element.width
    vector = ir.VectorType(element, WIDTH)
    value = builder.load(builder.bitcast(at, vector.as_pointer()), align=1, typ=vector)
    if bits < 32:
        value = builder.shl(builder.zext(value, _I32X8), ir.Constant(_I32X8, [32 - bits] * WIDTH))
    return value


def _unpack_bytes(builder, at, element):
    return builder.xor(_unpack_words(builder, at, element), ir.Constant(_I32X8, [-(1 << 31)] * WIDTH))


def _unpack_24(builder, at, element):
    bytes_type = ir.VectorType(ir.IntType(8), 24)
    value = builder.load(builder.bitcast(at, bytes_type.as_pointer()), align=1, typ=bytes_type)
    order = [x for k in range(WIDTH) for x in (24, 3 * k, 3 * k + 1, 3 * k + 2)]
    zeros = ir.Constant(bytes_type, [0] * 24)
    mask = ir.Constant(ir.VectorType(ir.IntType(32), 32), order)
    return builder.bitcast(builder.shuffle_vector(value, zeros, mask), _I32X8)


load_f32 = _packed_load("load_f32", ir.FloatType(), _unpack_float)
load_f64 = _packed_load("load_f64", ir.DoubleType(), _unpack_float)


def _as_numbers(unpack):
    def build(builder, at, element):
        words = unpack(builder, at, element)
        return builder.fmul(builder.sitofp(words, _F64X8), ir.Constant(_F64X8, [2.0**-31] * WIDTH))

    return build


load_u8 = _packed_load("load_u8", ir.IntType(8), _as_numbers(_unpack_bytes))
load_i16 = _packed_load("load_i16", ir.IntType(16), _as_numbers(_unpack_words))
load_i24 = _packed_load("load_i24", ir.IntType(8), _as_numbers(_unpack_24))
load_i32 = _packed_load("load_i32", ir.IntType(32), _as_numbers(_unpack_words))
