"""What kernels stand on: the cache folder, packed samples, the proof behind pruning."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from stemkit import kernels
from stemkit.dsp.kweighting import highpass, shelf
from stemkit.dsp.oversample import annex_2_interpolator, interpolator, oversampling_factor
from stemkit.kernels import _object_code
from stemkit.kernels._object_code import ObjectKernel
from stemkit.kernels.scan import scan_group
from stemkit.meters._bounds import bounds_of_eights, peak_bounds
from tests.meters.sounds import programme, scan


def test_the_printed_coefficients_come_back_at_48_khz() -> None:
    one, two = shelf(48_000), highpass(48_000)
    printed = [1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585]
    assert [one.b0, one.b1, one.b2, one.a1, one.a2] == pytest.approx(printed, abs=1e-14)
    assert [two.b0, two.b1, two.b2] == [1.0, -2.0, 1.0]
    assert [two.a1, two.a2] == pytest.approx([-1.99004745483398, 0.99007225036621], abs=1e-14)


@pytest.mark.parametrize(
    ("rate", "gain"),
    [(44_100, 0.999560065), (88_200, 1.002271963), (96_000, 1.002492789), (192_000, 1.003742675)],
)
def test_the_second_stage_keeps_its_gain_at_other_rates(rate: int, gain: float) -> None:
    assert highpass(rate).b0 == pytest.approx(gain, abs=1e-9)


@pytest.mark.parametrize(
    ("rate", "factor"), [(8_000, 8), (48_000, 8), (88_200, 4), (96_000, 4), (176_400, 2), (384_000, 2)]
)
def test_oversampling_follows_the_rate(rate: int, factor: int) -> None:
    assert oversampling_factor(rate) == factor


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_the_interpolator_is_exact_for_dc_and_flat_to_20_khz(factor: int) -> None:
    taps = interpolator(factor)
    assert taps.shape == (factor, 48)
    assert np.array_equal(taps[0], np.eye(48)[23])
    assert taps.sum(axis=1) == pytest.approx(np.ones(factor), abs=1e-14)
    for p in range(1, factor):
        assert np.array_equal(taps[p], taps[factor - p][::-1])
    k = np.arange(48) - 23
    for cycles in (0.01, 0.1, 0.25, 0.35, 0.41):
        for p in range(factor):
            gain = abs((taps[p] * np.exp(2j * np.pi * cycles * k)).sum())
            assert 20.0 * np.log10(gain) == pytest.approx(0.0, abs=0.03)


def test_annex_2_is_the_published_table() -> None:
    taps = annex_2_interpolator()
    assert taps.shape == (4, 48)
    published = taps[:, ::-1][:, 18:30].T
    assert published[0].tolist() == [0.0017089843750, -0.0291748046875, -0.0189208984375, -0.0083007812500]
    assert published[6].tolist() == [0.9721679687500, 0.7797851562500, 0.4650878906250, 0.1373291015625]
    assert np.abs(published[:, 0]).sum() == pytest.approx(np.abs(published[:, 3]).sum())


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-1.0, 1.0), min_size=48, max_size=48), st.sampled_from([2, 4, 8]))
def test_no_value_between_samples_exceeds_the_bounds(values: list[float], factor: int) -> None:
    taps = interpolator(factor)
    l1, smooth = peak_bounds(taps)
    window = np.array(values)
    between = np.abs(taps @ window).max()
    step = np.abs(np.diff(window)).max()
    assert between <= l1 * np.abs(window).max() * (1.0 + 1e-12) + 1e-300
    assert between <= (np.abs(window[23:25]).max() + smooth * step) * (1.0 + 1e-12) + 1e-300


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-1.0, 1.0), min_size=48, max_size=48), st.sampled_from([2, 4, 8]))
def test_no_value_exceeds_the_bounds_of_eights(values: list[float], factor: int) -> None:
    taps = interpolator(factor)
    window = np.array(values)
    plain, smooth = bounds_of_eights(taps)
    between = np.abs(taps @ window).max()
    largest = np.abs(window).reshape(-1, 8).max(axis=1)
    steps = np.append(np.abs(np.diff(window)), 0.0).reshape(-1, 8).max(axis=1)
    assert between <= plain @ largest * (1.0 + 1e-12) + 1e-300
    assert between <= (np.abs(window[23:25]).max() + smooth @ steps) * (1.0 + 1e-12) + 1e-300


def test_the_bounds_are_reached() -> None:
    """They are no looser than they must be: a sound exists for each that comes to it."""
    taps = interpolator(8)
    l1, _ = peak_bounds(taps)
    worst = max(float(taps[p] @ np.sign(taps[p])) for p in range(8))
    assert worst == pytest.approx(l1, rel=1e-12)


@pytest.mark.slow
def test_a_file_is_measured_alike_where_no_cache_can_be_written(tmp_path: Path) -> None:
    """A folder that cannot be made stands for a container without a home."""
    (tmp_path / "file").write_text("in the way")
    soundfile.write(tmp_path / "sound.wav", programme(3.0), 48_000, "PCM_24")
    command = [sys.executable, "-m", "stemkit", "measure", str(tmp_path / "sound.wav"), "--json"]
    environment = {**os.environ, "STEMKIT_CACHE": "off"}
    runs = [
        subprocess.run(command, env={**environment, **more}, capture_output=True, text=True, check=True)
        for more in ({}, {"NUMBA_CACHE_DIR": str(tmp_path / "file" / "kernels")})
    ]
    assert runs[0].stdout == runs[1].stdout
    assert "every time" in runs[1].stderr


def test_the_cache_folder_is_settled_before_numba_comes() -> None:
    code = "import sys, stemkit.kernels; print('numba' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_damaged_machine_code_is_never_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = ObjectKernel("stemkit.kernels._scan_body", "scan_body", "q0")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    path = kernel._path()
    assert _object_code._read(path) is None
    _object_code._write(path, b"code")
    assert _object_code._read(path) == b"code"
    path.write_bytes(path.read_bytes()[:-1])
    assert _object_code._read(path) is None


def _all_kernels() -> list[ObjectKernel]:
    modules = [name for _, name, _ in pkgutil.iter_modules(kernels.__path__, "stemkit.kernels.") if "._" not in name]
    found = {id(k): k for name in modules for k in vars(importlib.import_module(name)).values()}
    return [kernel for kernel in found.values() if isinstance(kernel, ObjectKernel)]


@pytest.mark.skipif(not _object_code.links_by_itself(), reason="numba calls its own kernels here")
@pytest.mark.parametrize("kernel", _all_kernels(), ids=lambda kernel: kernel._function)
def test_no_kernel_needs_more_than_machine_code_has(kernel: ObjectKernel) -> None:
    """One that allocates or raises would quietly be left to numba, and every run would load the compiler."""
    kernel._prepare()
    assert kernel._plain is None


def test_machine_code_is_named_by_all_that_it_depends_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    usual = ObjectKernel("m", "f", "q0 d1")._path()
    others = {ObjectKernel("m", "f", "q0 d2")._path(), ObjectKernel("n", "f", "q0 d1")._path()}
    for name, told in (
        ("_version_of", lambda package: "0.68.99"),
        ("_processor", lambda: b"flags : other"),
        ("sources_digest", lambda: "other"),
    ):
        with monkeypatch.context() as changed:
            changed.setattr(_object_code, name, told)
            others.add(ObjectKernel("m", "f", "q0 d1")._path())
    assert len(others | {usual}) == 6


def test_a_kept_kernel_needs_no_compiler() -> None:
    code = (
        "import sys, numpy as np\n"
        "from stemkit.core.layout import LAYOUTS\n"
        "from stemkit.meters.scan import Scanner\n"
        "s = Scanner(48_000, 2, LAYOUTS['stereo']); s.push(np.ones((100, 2))); s.result()\n"
        "print('numba' in sys.modules)\n"
    )
    scan(np.zeros((10, 2)))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ("False" if kernels.CAN_KEEP_KERNELS else "True")


def test_a_kernel_refuses_what_it_was_not_made_for() -> None:
    wrong = [np.zeros(8, np.float32)] * 45
    with pytest.raises((TypeError, ValueError)):
        scan_group(*wrong)
    with pytest.raises(TypeError, match="contiguous"):
        _object_code._exploded(np.zeros((4, 4))[:, ::2], "d", 2, False)
    with pytest.raises(TypeError, match="dimensions"):
        _object_code._exploded(np.zeros(4), "d", 2, False)


_SCAN = """
import hashlib, numpy as np
from stemkit.core.layout import LAYOUTS
from stemkit.meters.scan import Scanner
from tests.meters.sounds import programme
scanner = Scanner(48_000, 2, LAYOUTS["stereo"]); scanner.push(programme(3.0))
digest = hashlib.sha256()
for name, array in sorted(scanner.result().as_arrays().items()):
    digest.update(name.encode() + np.ascontiguousarray(array).tobytes())
print(digest.hexdigest())
"""


@pytest.mark.slow
def test_numbas_own_dispatcher_gives_the_same_bits(tmp_path: Path) -> None:
    found = []
    for plain in ("0", "1"):
        environment = {**os.environ, "STEMKIT_PLAIN_KERNELS": plain, "PYTHONPATH": str(Path(__file__).parents[2])}
        run = subprocess.run([sys.executable, "-c", _SCAN], env=environment, capture_output=True, text=True, check=True)
        found.append(run.stdout)
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("system", "processor", "version", "plain", "expected"),
    [
        ("linux", "x86_64", "0.68.1", "", True),
        ("linux", "x86_64", "0.68.1", "1", False),
        ("linux", "x86_64", "0.67.9", "", False),
        ("linux", "x86_64", "0.69.0rc1", "", False),
        ("linux", "aarch64", "0.68.1", "", False),
        ("darwin", "x86_64", "0.68.1", "", False),
        ("win32", "AMD64", "0.68.1", "", False),
    ],
)
def test_machine_code_is_linked_only_where_it_was_tried(
    monkeypatch: pytest.MonkeyPatch, system: str, processor: str, version: str, plain: str, expected: bool
) -> None:
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("platform.machine", lambda: processor)
    monkeypatch.setattr(_object_code, "_version_of", lambda name: version)
    monkeypatch.setattr(_object_code, "_processor", lambda: b"flags : sse2")
    monkeypatch.setenv("STEMKIT_PLAIN_KERNELS", plain)
    assert _object_code.links_by_itself() is expected


def test_a_wish_for_other_machine_code_is_numbas_to_grant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CPU_NAME", "haswell")
    assert not _object_code.links_by_itself()


def test_versions_are_those_that_the_installer_wrote() -> None:
    for package in ("numba", "llvmlite"):
        assert _object_code._version_of(package) == importlib.metadata.version(package)


@pytest.mark.skipif(sys.platform == "win32", reason="rights are asked for only where machine code is linked")
def test_machine_code_that_others_could_have_written_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "kernels"
    path = folder / "code.object"
    _object_code._write(path, b"code")
    assert _object_code._read(path) == b"code"
    path.chmod(0o666)
    assert _object_code._read(path) is None
    path.chmod(0o600)
    folder.chmod(0o777)
    assert _object_code._read(path) is None
    _object_code._write(folder / "other.object", b"code")
    assert not (folder / "other.object").exists()
    folder.chmod(0o700)
    link = folder / "link.object"
    link.symlink_to(path)
    assert _object_code._read(link) is None


@pytest.mark.skipif(not _object_code.links_by_itself(), reason="numba calls its own kernels here")
def test_a_cache_folder_that_others_can_write_is_left_to_numba(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(ObjectKernel, "_dispatcher", lambda kernel: (lambda number: number, ()))
    tmp_path.chmod(0o777)
    kernel = ObjectKernel("m", "f", "q0")
    assert kernel(7) == 7


@pytest.mark.parametrize("order", [("ours", "theirs"), ("theirs", "ours", "theirs")])
def test_numba_s_own_kernels_still_free_their_arrays_beside_linked_ones(order: tuple[str, ...]) -> None:
    program = """
import sys
import numpy as np
from numba import njit
from stemkit.core.layout import STEREO
from stemkit.meters.scan import Scanner

def sums(n):
    total = 0.0
    for i in range(n):
        own = np.empty(1000 + i)
        own[:] = i
        total += own.sum()
    return total

for who in sys.argv[1:]:
    if who == "ours":
        scanner = Scanner(48_000, 2, STEREO)
        scanner.push(np.full((100_000, 2), 0.25))
        scanner.result()
    else:
        njit(sums)(200)
"""
    ended = subprocess.run([sys.executable, "-c", program, *order], capture_output=True, text=True, check=True)
    assert ended.stderr == ""
