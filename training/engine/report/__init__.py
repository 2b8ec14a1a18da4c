"""What a run tells beside its losses: how well it uses its device, what the GPUs say of themselves, the energy they took.

It adds figures to metric events on their way out and changes nothing of the run; what cannot be known is left out.
"""

from training.engine.report.observer import Observer, observe

__all__ = ["Observer", "observe"]
