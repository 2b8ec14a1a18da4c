"""What a web process pays for knowing the statistics: numpy, and nothing heavier until a verdict is computed."""

import subprocess
import sys

PROGRAM = """
import importlib, pkgutil, sys
import stats
for module in pkgutil.walk_packages(stats.__path__, "stats."):
    importlib.import_module(module.name)
from stats.experiments import sample_size
from stats.intervals import shares
shares.wilson(3, 10)
sample_size.in_words(sample_size.plan(0.059, effect=-0.008, n_per_arm=3000))
print(sorted({name.split(".")[0] for name in sys.modules} & {"scipy", "statsmodels", "pandas", "django"}))
"""


def test_importing_and_planning_load_no_scipy_and_no_django() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == "[]"
