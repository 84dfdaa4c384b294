"""The kernels of the low band, ready to be called; see `stemkit.kernels._low_band_body` for what they do."""

from __future__ import annotations

from stemkit.kernels._object_code import ObjectKernel

_BODY = "stemkit.kernels._low_band_body"
low_band = ObjectKernel(_BODY, "low_band", "d2 q0 q0 q0 d2", unordered=True)
low_band_16 = ObjectKernel(_BODY, "low_band_16", "h1 q0 q0 q0 d2", unordered=True)
low_band_24 = ObjectKernel(_BODY, "low_band_24", "B1 q0 q0 q0 d2", unordered=True)
