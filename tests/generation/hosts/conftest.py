from __future__ import annotations

from tests.training.hosts.test_cut_off import fleet, lines

__all__ = ["fleet", "lines"]
