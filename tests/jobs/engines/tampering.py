"""An engine whose artefact changes after it was hashed."""

import sys

from jobs.rundir import RunDir

run = RunDir.open(sys.argv[1])
(run.path / "total.txt").write_text("5")
run.finish("succeeded", {}, ["total.txt"])
(run.path / "total.txt").write_text("6")
