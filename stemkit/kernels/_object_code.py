"""Kernels kept as machine code, so that a process that only uses them does not load the compiler.

Importing numba and bringing back one of its own cached kernels takes more than half a second of every
run. Here the compiled function is kept as an object file and linked by LLVM directly, which takes some
milliseconds; numba is imported only where it has to compile, the first time on a machine. A file is
believed only if its digest is right, and its name says sources, versions and processor.

This relies on how numba lays out its calls, which it does not promise. So it is done only where it was
tried (`TRIED_ON`), and where nobody else can write into the cache folder, since what is read there is
executed. Everywhere else, and with ``STEMKIT_PLAIN_KERNELS=1``, numba's own dispatcher is called.
"""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import ctypes
import hashlib
import importlib
import importlib.metadata
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

from stemkit.kernels import CAN_KEEP_KERNELS, kernel_cache_folder

_NUMBA_TYPES = {"B": "uint8", "f": "float32", "d": "float64", "q": "int64", "Q": "uint64"}
_DTYPES = {letter: np.dtype(name) for letter, name in _NUMBA_TYPES.items()}
TRIED_ON = (("linux", "x86_64"), (0, 68), (0, 69))
"""System and processor; the first version of numba with which it was tried, and the first with which it was not."""
PLAIN = "STEMKIT_PLAIN_KERNELS"
_DIGEST_BYTES = 32
_NAME_BYTES = 2


def links_by_itself() -> bool:
    """Tell whether machine code is kept and linked here, rather than by numba."""
    place, first, beyond = TRIED_ON
    if os.environ.get(PLAIN, "") not in ("", "0") or (sys.platform, platform.machine()) != place:
        return False
    numbers = re.findall(r"\d+", importlib.metadata.version("numba"))[:2]
    return first <= tuple(map(int, numbers)) < beyond


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
        A letter and a digit for each argument: type and number of dimensions, 0 for an integer. Arrays
        are C-contiguous. The function must not allocate, raise or return anything.
    """

    def __init__(self, module: str, function: str, signature: str) -> None:
        self._module = module
        self._function = function
        self._signature = [(word[0], int(word[1])) for word in signature.split()]
        self._call: Callable[..., int] | None = None
        self._plain: Callable[..., None] | None = None
        self._engine: object = None
        self._guard = threading.Lock()

    def __call__(self, *arguments: object) -> None:
        """Run the kernel; the interpreter's lock is released meanwhile."""
        flat: list[int] = []
        for argument, (letter, dimensions) in zip(arguments, self._signature, strict=True):
            flat += _exploded(argument, letter, dimensions)
        with self._guard:
            if self._call is None and self._plain is None:
                self._prepare()
        if self._plain is not None:
            self._plain(*arguments)
            return
        failure = ctypes.c_void_p()
        result = ctypes.c_void_p()
        if self._call is None or self._call(ctypes.addressof(result), ctypes.addressof(failure), *flat):
            raise RuntimeError(f"{self._function} failed")

    def _prepare(self) -> None:
        if links_by_itself():
            self._call = self._link(self._object_code())
        else:
            self._plain = self._dispatcher()

    def is_kept(self) -> bool:
        """Tell whether the machine code is there, so that nothing has to be compiled."""
        if self._call is not None or self._plain is not None:
            return True
        if links_by_itself():
            return _read(self._path()) is not None
        # Numba's own files of kept kernels; which of them fits this processor only numba knows.
        return CAN_KEEP_KERNELS and any(kernel_cache_folder().glob(f"**/*{self._function}*.nbi"))

    def _dispatcher(self) -> Any:
        """Return numba's own callable, which compiles at its first call or takes what it kept."""
        import numba

        module = importlib.import_module(self._module)
        numba_types = tuple(self._numba_types())
        function = getattr(module, self._function).py_func
        plain = numba.njit(nogil=True, error_model="numpy", boundscheck=False, cache=CAN_KEEP_KERNELS)(function)
        plain.compile(numba_types)
        return plain

    def _numba_types(self) -> list[Any]:
        import numba

        bases = [(getattr(numba.types, _NUMBA_TYPES[letter]), dimensions) for letter, dimensions in self._signature]
        return [numba.types.Array(base, dimensions, "C") if dimensions else base for base, dimensions in bases]

    def _path(self) -> Path:
        import llvmlite.binding as llvm

        key = hashlib.blake2b(digest_size=12)
        for source in sorted(Path(__file__).parent.glob("*.py")):
            key.update(source.read_bytes())
        versions = [importlib.metadata.version(name) for name in ("numba", "llvmlite")]
        parts = [
            *versions,
            self._module,
            llvm.get_default_triple(),
            llvm.get_host_cpu_name(),
            os.environ.get("NUMBA_CPU_NAME", ""),
        ]
        key.update("|".join([*parts, llvm.get_host_cpu_features().flatten()]).encode())
        return kernel_cache_folder() / f"{self._function}-{key.hexdigest()}.object"

    def _object_code(self) -> bytes:
        path = self._path()
        kept = _read(path)
        if kept is None:
            kept = self._compile()
            if CAN_KEEP_KERNELS:
                _write(path, kept)
        return kept

    def _compile(self) -> bytes:
        """Return the function's name and machine code as one string of bytes."""
        dispatcher: Any = getattr(importlib.import_module(self._module), self._function)
        kinds = tuple(self._numba_types())
        dispatcher.compile(kinds)
        compiled = dispatcher.overloads[kinds]
        self._refuse_foreign_calls(compiled.library.get_llvm_str())
        _, _, (code, _) = compiled.library.serialize_using_object_code()
        name = compiled.fndesc.llvm_func_name.encode()
        return bytes(len(name).to_bytes(_NAME_BYTES, "little") + name + code)

    def _refuse_foreign_calls(self, assembly: str) -> None:
        """Make sure that the code needs nothing that it will not find: a call into nowhere ends the process."""
        called = {name.strip('"') for name in re.findall(r'^declare .*@("[^"]+"|[\w.$]+)\(', assembly, re.MULTILINE)}
        foreign = sorted(name for name in called - set(_symbols()) if not name.startswith("llvm."))
        if foreign:
            raise RuntimeError(f"{self._function} calls {', '.join(foreign)}, which a kernel must not")

    def _link(self, kept: bytes) -> Callable[..., int]:
        import llvmlite.binding as llvm

        length = int.from_bytes(kept[:_NAME_BYTES], "little")
        name, code = kept[_NAME_BYTES : _NAME_BYTES + length].decode(), kept[_NAME_BYTES + length :]
        for symbol, address in _symbols().items():
            # Names are known to LLVM for the whole process: what numba's own kernels call must stay theirs.
            if llvm.address_of_symbol(symbol) is None:
                llvm.add_symbol(symbol, address)
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        machine = llvm.Target.from_default_triple().create_target_machine()
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        self._engine = engine
        values = sum(1 if dimensions == 0 else 5 + 2 * dimensions for _, dimensions in self._signature)
        return ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_int64] * (2 + values))(engine.get_function_address(name))


def _freed(_: object) -> None:
    raise AssertionError("a kernel freed an array that is not its own")


_NEVER_CALLED = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(_freed)


def _symbols() -> dict[str, int]:
    """Return all that kernels may call, by name; nothing else of the process is visible to LLVM.

    Arrays are Python's and never freed by a kernel, but the code for it is there and wants an address.
    """
    known = {"memset": ctypes.memset, "memcpy": ctypes.memmove, "memmove": ctypes.memmove}
    known["NRT_MemInfo_call_dtor"] = _NEVER_CALLED
    return {name: ctypes.cast(function, ctypes.c_void_p).value or 0 for name, function in known.items()}


def _exploded(argument: object, letter: str, dimensions: int) -> Sequence[int]:
    """Return an argument as the words in which compiled functions take it."""
    if not dimensions:
        return (int(argument),)  # type: ignore[call-overload]
    if not isinstance(argument, np.ndarray) or argument.ndim != dimensions or argument.dtype != _DTYPES[letter]:
        raise TypeError(f"an array of {_DTYPES[letter]} with {dimensions} dimensions is wanted")
    if not argument.flags.c_contiguous:
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
