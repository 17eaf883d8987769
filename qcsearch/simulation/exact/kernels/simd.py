"""One SIMD register of numbers as a Numba type, so that a kernel says what the processor shall do.

A `Vector` holds 32 bytes: 4 samples in float64 or 8 in float32, one in each *lane*. Numba's compiler (LLVM) turns each
operation into one vector instruction where the processor has it (AVX2) and into several where it has not.
The compiler's own vectoriser gives up on these kernels (too many pointers that might overlap), which costs
a factor of three to five; hence this file.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic as numba_intrinsic
from numba.extending import models, register_model

__all__ = [
    "VECTOR_BYTES",
    "Vector",
    "fill",
    "fma",
    "load",
    "mul",
    "nearest",
    "peek",
    "store",
    "total",
    "width",
]

intrinsic: Any = numba_intrinsic

VECTOR_BYTES = 32
"""Bytes of one register: 4 float64 or 8 float32. An AVX2 register, the widest that nearly every processor has."""


class Vector(types.Type):
    """Numba's type of one SIMD register of `dtype`."""

    def __init__(self, dtype: types.Float) -> None:
        self.dtype = dtype
        super().__init__(name=f"Vector({dtype})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, vector: Vector) -> None:
        super().__init__(manager, vector, _vector_type(vector.dtype))


def _vector_type(dtype: types.Float) -> ir.VectorType:
    element = ir.DoubleType() if dtype.bitwidth == 64 else ir.FloatType()
    return ir.VectorType(element, VECTOR_BYTES * 8 // dtype.bitwidth)


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    """Pointer to `array[index]` seen as a whole register; the array is 1-D and contiguous."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _vector_type(array_type.dtype).as_pointer())


@intrinsic
def peek(typing_context: Any, array: Any, index: Any) -> Any:
    """`array[index]` of a flat array for an index that is never negative.

    Numba's own form adds the length to a negative index, which is a comparison and a branch in the innermost loops.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.load(builder.gep(data, [args[1]]))

    return array.dtype(array, types.intp), generate


@intrinsic
def load(typing_context: Any, array: Any, index: Any) -> Any:
    """The register that starts at `array[index]`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature.args[0], *args)
        # Python may hand over arrays at any address: no more than the alignment of a number is promised
        return builder.load(address, align=array.dtype.bitwidth // 8)

    return Vector(array.dtype)(array, types.intp), generate


@intrinsic
def store(typing_context: Any, array: Any, index: Any, value: Any) -> Any:
    """Write the register `value` to `array[index:]`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature.args[0], args[0], args[1])
        builder.store(args[2], address, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, value), generate


@intrinsic
def fill(typing_context: Any, array: Any, value: Any) -> Any:
    """The register with the number `value` in every lane, of the type that `array` holds."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = _vector_type(array.dtype)
        number = context.cast(builder, args[1], signature.args[1], array.dtype)
        undefined = ir.Constant(vector, ir.Undefined)
        first = builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None)
        return builder.shuffle_vector(first, undefined, zeros)

    return Vector(array.dtype)(array, value), generate


@intrinsic
def fma(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """`a * b + c` lane by lane, fused where the processor can."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = _vector_type(a.dtype)
        name = f"llvm.fmuladd.v{vector.count}f{a.dtype.bitwidth}"  # `fma` would call a function where there is none
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector] * 3), name)
        return builder.call(function, args)

    return a(a, b, c), generate


@intrinsic
def mul(typing_context: Any, a: Any, b: Any) -> Any:
    """`a * b` lane by lane."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fmul(*args)

    return a(a, b), generate


@intrinsic
def nearest(typing_context: Any, a: Any) -> Any:
    """The nearest whole number, lane by lane."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = _vector_type(a.dtype)
        name = f"llvm.rint.v{vector.count}f{a.dtype.bitwidth}"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector]), name)
        return builder.call(function, args)

    return a(a), generate


@intrinsic
def total(typing_context: Any, a: Any) -> Any:
    """The sum over the lanes."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = [
            builder.extract_element(args[0], ir.Constant(ir.IntType(32), i))
            for i in range(_vector_type(a.dtype).count)
        ]
        while len(lanes) > 1:  # in pairs: fewer additions wait for one another
            lanes = [builder.fadd(x, y) for x, y in zip(lanes[::2], lanes[1::2], strict=True)]
        return lanes[0]

    return a.dtype(a), generate


@intrinsic
def width(typing_context: Any, array: Any) -> Any:
    """Number of lanes of a register of the array's type, a constant to the compiler."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return ir.Constant(context.get_value_type(types.intp), _vector_type(array.dtype).count)

    return types.intp(array), generate
