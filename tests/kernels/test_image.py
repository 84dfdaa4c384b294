"""Machine code that is only copied and called: what an image may hold, and that it runs where it is put."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import ctypes
import platform
import sys

import pytest

from stemkit.kernels._image import UnknownCodeError, image_of, place

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="images are made for Linux on x86-64 alone"
)

_TABLE = """
@table = private unnamed_addr constant [3 x i64] [i64 5, i64 7, i64 11]
define i64 @start(i64 %i) {
  %at = getelementptr [3 x i64], ptr @table, i64 0, i64 %i
  %value = load i64, ptr %at
  %more = call i64 @twice(i64 %value)
  ret i64 %more
}
define i64 @twice(i64 %i) noinline {
  %two = add i64 %i, %i
  ret i64 %two
}
"""
_CALL = """
declare i64 @elsewhere(i64)
define i64 @start(i64 %i) {
  %value = call i64 @elsewhere(i64 %i)
  %more = add i64 %value, 1
  ret i64 %more
}
"""
_VARIABLE = """
@count = internal global i64 3
define i64 @start(i64 %i) {
  %old = load i64, ptr @count
  %new = add i64 %old, %i
  store i64 %new, ptr @count
  ret i64 %new
}
"""


def _object(assembly: str) -> bytes:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(reloc="pic", codemodel="small")
    return bytes(machine.emit_object(llvm.parse_assembly(assembly)))


_Function = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)


def test_an_image_runs_with_its_constants_and_its_own_functions() -> None:
    run = _Function(place(image_of(_object(_TABLE), "start", []), {}))
    assert [run(i) for i in range(3)] == [10, 14, 22]


def test_an_image_calls_what_it_was_told_of() -> None:
    thrice = _Function(lambda i: 3 * i)
    known = {"other": 0, "elsewhere": ctypes.cast(thrice, ctypes.c_void_p).value or 0}
    run = _Function(place(image_of(_object(_CALL), "start", list(known)), known))
    assert run(5) == 16


def test_machine_code_that_calls_into_nowhere_is_refused() -> None:
    with pytest.raises(UnknownCodeError, match="elsewhere"):
        image_of(_object(_CALL), "start", ["other"])


def test_machine_code_with_variables_is_refused() -> None:
    with pytest.raises(UnknownCodeError):
        image_of(_object(_VARIABLE), "start", [])


def test_what_is_no_object_file_or_lacks_the_function_is_refused() -> None:
    with pytest.raises(UnknownCodeError, match="not an object file"):
        image_of(b"MZ" + bytes(100), "start", [])
    with pytest.raises(UnknownCodeError, match="no other"):
        image_of(_object(_TABLE), "other", [])
