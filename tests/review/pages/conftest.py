from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def own_var(settings: Any, tmp_path: Path) -> None:
    """Keep what is uploaded in a folder of the test's own."""
    settings.VAR_DIR = tmp_path
