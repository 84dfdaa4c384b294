"""What holds for every test."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A test says what is right, not how fast the machine is while other tests run beside it.
settings.register_profile("stemkit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("stemkit")
