"""The directory that joins a supervisor and an engine. Plain Python: engines need this and `jobs.contracts` only.

Engines use `RunDir`. Supervisors use the modules `attempt`, `tail`, `lease` and `identity`. `write_spec` prepares a
directory for an engine that is started by hand.
"""

from jobs.contracts import EngineError
from jobs.rundir.attempt import write_spec
from jobs.rundir.run import RunDir

__all__ = ["EngineError", "RunDir", "write_spec"]
