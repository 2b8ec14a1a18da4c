"""App config of training."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        """Bring this room's kinds of jobs to the jobs room, and listen for what ends."""
        from jobs import ports
        from review import ports as review_ports
        from training.kinds import ExportKind, SweepKind, TrainingKind, WriteKind
        from training.services import costs, erasing, notices
        from training.services.sweeps import advance

        ports.register(TrainingKind())
        ports.register(WriteKind())
        ports.register(ExportKind())
        ports.register(SweepKind())
        ports.consume("costs-of-runs", frozenset({"training"}), costs.keep)
        ports.consume("notices-of-work", frozenset({"training", "sweep"}), notices.tell)
        review_ports.add_eraser(erasing.erase)
        ports.consume("sweeps-after-runs", frozenset({"training"}), advance.heard)
