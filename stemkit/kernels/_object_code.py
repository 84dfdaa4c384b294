"""Kernels kept as machine code, so that a process that only uses them does not load the compiler.

Importing numba and bringing back one of its own cached kernels takes more than half a second of every
run. Here the compiled function is kept as an image (`stemkit.kernels._image`) that is copied into memory
and called; numba and LLVM are imported only to compile, the first time on a machine. A file is
believed only if its digest is right, and its name says sources, versions and processor.

This relies on how numba lays out its calls, which it does not promise. So it is done only where it was
tried (`TRIED_ON`), and where nobody else can write into the cache folder, since what is read there is
executed. Everywhere else, where a ``NUMBA_`` variable asks for other code, and with
``STEMKIT_PLAIN_KERNELS=1``, numba's own dispatcher is called.
"""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import ctypes
import hashlib
import importlib
import importlib.util
import operator
import os
import platform
import re
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from stemkit.kernels import CAN_KEEP_KERNELS, kernel_cache_folder, sources_digest
from stemkit.kernels._image import UnknownCodeError, image_of, place

_TYPES = {
    "?": ("boolean", np.dtype(np.bool_)),
    "B": ("uint8", np.dtype(np.uint8)),
    "h": ("int16", np.dtype(np.int16)),
    "f": ("float32", np.dtype(np.float32)),
    "d": ("float64", np.dtype(np.float64)),
    "q": ("int64", np.dtype(np.int64)),
    "Q": ("uint64", np.dtype(np.uint64)),
}
TRIED_ON = (("linux", "x86_64"), (0, 68), (0, 69))
"""System and processor; the first version of numba with which it was tried, and the first with which it was not."""
PLAIN = "STEMKIT_PLAIN_KERNELS"
_DIGEST_BYTES = 32
_PROCESSOR = re.compile(rb"(?:vendor_id|cpu family|model|model name|stepping|flags)\s*:.*")
_ELSEWHERE = frozenset({"NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS"})


def links_by_itself() -> bool:
    """Tell whether machine code is kept and called here, rather than by numba."""
    place_and_processor, first, beyond = TRIED_ON
    if os.environ.get(PLAIN, "") not in ("", "0") or (sys.platform, platform.machine()) != place_and_processor:
        return False
    if any(name.startswith("NUMBA_") and name not in _ELSEWHERE for name in os.environ):
        return False
    numbers = re.findall(r"\d+", _version_of("numba"))[:2]
    return first <= tuple(map(int, numbers)) < beyond and bool(_processor())


def _version_of(package: str) -> str:
    """Return an installed version without `importlib.metadata`, which takes longer to import than all of this."""
    spec = importlib.util.find_spec(package)
    if spec is not None and spec.origin is not None:
        found = list(Path(spec.origin).parent.parent.glob(f"{package}-*.dist-info"))
        if len(found) == 1:
            return found[0].stem.partition("-")[2]
    from importlib.metadata import version

    return version(package)


def _processor() -> bytes:
    """Return what machine code is made for: the processor's model and features; empty where that is not told."""
    try:
        with Path("/proc/cpuinfo").open("rb") as file:
            first = file.read(1 << 14).partition(b"\n\n")[0]
    except OSError:
        return b""
    found = _PROCESSOR.findall(first)
    return b"\n".join(found) if any(line.startswith(b"flags") for line in found) else b""


def is_ours_alone(path: Path) -> bool:
    """Tell whether a file or folder is this user's, and nobody else can change it."""
    try:
        status = path.lstat()
    except OSError:
        return False
    is_link = stat.S_ISLNK(status.st_mode)
    return not is_link and status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


class ObjectKernel:
    """A numba function that is called through its machine code.

    Parameters
    ----------
    module, function
        Where the function stands; the module is imported only to compile it.
    signature
        A letter and a digit for each argument: type and number of dimensions, 0 for a single number. Arrays
        are C-contiguous unless a second letter says ``a``: any layout.
    unordered
        Whether sums may be added in any order.

    The function must not allocate or raise, and return nothing or a whole number.
    """

    def __init__(self, module: str, function: str, signature: str, *, unordered: bool = False) -> None:
        self._module = module
        self._function = function
        self._signature = signature
        self._kinds = [(word[0], int(word[1]), word[2:] == "a") for word in signature.split()]
        self._unordered = unordered
        self._call: Callable[..., int] | None = None
        self._plain: Callable[..., int | None] | None = None
        self._guard = threading.Lock()

    def __call__(self, *arguments: object) -> int:
        """Run the kernel; the interpreter's lock is released meanwhile."""
        flat: list[float] = []
        for argument, kind in zip(arguments, self._kinds, strict=True):
            flat += _exploded(argument, *kind)
        with self._guard:
            if self._call is None and self._plain is None:
                self._prepare()
        if self._plain is not None:
            return self._plain(*arguments) or 0
        failure, result = ctypes.c_void_p(), ctypes.c_int64()
        if self._call is None or self._call(ctypes.addressof(result), ctypes.addressof(failure), *flat):
            raise RuntimeError(f"{self._function} failed")
        return result.value

    def _prepare(self) -> None:
        # Where others can write, nothing would ever be kept here; numba is not so strict.
        if links_by_itself() and (is_ours_alone(kernel_cache_folder()) or not CAN_KEEP_KERNELS):
            with suppress(UnknownCodeError, OSError):
                self._call = self._callable(place(self._image(), _known()))
                return
        self._plain, _ = self._dispatcher()

    def _dispatcher(self, *, with_wrapper: bool = True) -> tuple[Any, tuple[Any, ...]]:
        """Return numba's own dispatcher, and the types with which it was compiled or brought back."""
        import numba

        from stemkit.kernels._compile import outer

        function = getattr(importlib.import_module(self._module), self._function)
        types: list[Any] = []
        for letter, dimensions, is_any in self._kinds:
            base = getattr(numba.types, _TYPES[letter][0])
            types.append(numba.types.Array(base, dimensions, "A" if is_any else "C") if dimensions else base)
        dispatcher = outer(function, unordered=self._unordered, with_wrapper=with_wrapper)
        dispatcher.compile(tuple(types))
        return dispatcher, tuple(types)

    def _path(self) -> Path:
        parts = [self._module, self._function, self._signature, str(self._unordered), sources_digest()]
        parts += map(_version_of, ("numba", "llvmlite"))
        key = hashlib.blake2b("|".join(parts).encode() + _processor(), digest_size=12)
        return kernel_cache_folder() / f"{self._function}-{key.hexdigest()}.object"

    def _image(self) -> bytes:
        path = self._path()
        kept = _read(path)
        if kept is None:
            kept = self._compile()
            if CAN_KEEP_KERNELS:
                _write(path, kept)
        return kept

    def _compile(self) -> bytes:
        """Return the function's image: what numba made of it, as code that runs at any address."""
        import llvmlite.binding as llvm

        dispatcher, types = self._dispatcher(with_wrapper=False)
        compiled = dispatcher.overloads[types]
        machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
            cpu=llvm.get_host_cpu_name(),
            features=llvm.get_host_cpu_features().flatten(),
            opt=3,
            reloc="pic",
            codemodel="small",
        )
        code = machine.emit_object(llvm.parse_assembly(compiled.library.get_llvm_str()))
        return image_of(code, compiled.fndesc.llvm_func_name, list(_known()))

    def _callable(self, address: int) -> Callable[..., int]:
        words: list[Any] = [ctypes.c_int64, ctypes.c_int64]
        for letter, dimensions, _ in self._kinds:
            is_float = letter == "d" and not dimensions
            words += [ctypes.c_double] if is_float else [ctypes.c_int64] * (5 + 2 * dimensions if dimensions else 1)
        return ctypes.CFUNCTYPE(ctypes.c_int32, *words)(address)


def _freed(_: object) -> None:
    raise AssertionError("a kernel freed an array that is not its own")


_NEVER_CALLED = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(_freed)


def _known() -> dict[str, int]:
    """Return all that kernels may call, by name; what calls anything else is not believed to be a kernel.

    Arrays are Python's and never freed by a kernel, but the code for it is there and wants an address.
    """
    known = {"memset": ctypes.memset, "memcpy": ctypes.memmove, "memmove": ctypes.memmove}
    known["NRT_MemInfo_call_dtor"] = _NEVER_CALLED
    return {name: ctypes.cast(function, ctypes.c_void_p).value or 0 for name, function in known.items()}


def _exploded(argument: Any, letter: str, dimensions: int, is_any: bool) -> Sequence[float]:
    """Return an argument as the words in which compiled functions take it."""
    if not dimensions:
        return (float(argument) if letter == "d" else operator.index(argument),)
    dtype = _TYPES[letter][1]
    if not isinstance(argument, np.ndarray) or argument.ndim != dimensions or argument.dtype != dtype:
        raise TypeError(f"an array of {dtype} with {dimensions} dimensions is wanted")
    if not (is_any or argument.flags.c_contiguous):
        raise TypeError("the array is not contiguous")
    return (0, 0, argument.size, argument.itemsize, argument.ctypes.data, *argument.shape, *argument.strides)


def _read(path: Path) -> bytes | None:
    if not (is_ours_alone(path.parent) and is_ours_alone(path)):
        return None
    try:
        data = path.read_bytes()
    except OSError:
        return None
    digest, kept = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    return kept if hashlib.sha256(kept).digest() == digest else None


def _write(path: Path, kept: bytes) -> None:
    """Keep machine code; where that is not possible it is compiled again next time."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not is_ours_alone(path.parent):
            return
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".object-")
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(kept).digest() + kept)
        Path(name).replace(path)
