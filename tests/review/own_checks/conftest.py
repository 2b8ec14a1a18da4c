"""A package with checks, installed by its path, and a process of its own that asks them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from review.text.checks import runner
from review.text.own_checks.installed import installed
from review.text.own_checks.process import CheckProcess

PACKAGE = Path(__file__).parent / "acme_package"


@pytest.fixture(scope="module")
def process() -> Iterator[CheckProcess]:
    """One for a module: each start takes a while."""
    process = CheckProcess(answer_s=60, start_s=60)
    yield process
    process.close()


@pytest.fixture
def acme(process: CheckProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[CheckProcess]:
    """The package is installed, and its checks are asked in the process."""
    monkeypatch.syspath_prepend(str(PACKAGE))
    installed.cache_clear()
    monkeypatch.setattr(runner, "OWN_CHECKS", process)
    monkeypatch.setattr("review.tasks.spec_form.OWN_CHECKS", process)
    yield process
    installed.cache_clear()
