"""Freed memory stays with the process: the pages of a block of sound are not cleared anew for the next one."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_MAKE_AND_FREE = """
import resource
import numpy as np
from stemkit.core.system import keep_freed_memory

keep_freed_memory()
blocks = [np.ones(1 << 17) for _ in range(16)]
del blocks
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    blocks = [np.ones(1 << 17) for _ in range(16)]
    del blocks
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives blocks back at once")
def test_blocks_made_and_freed_again_and_again_take_no_new_pages() -> None:
    run = subprocess.run([sys.executable, "-c", _MAKE_AND_FREE], capture_output=True, text=True, check=True)
    # Of 256 pages each; without it 320 blocks take tens of thousands.
    assert int(run.stdout) < 8_192
