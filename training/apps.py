"""App config of training."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        """Bring this room's kinds of jobs to the jobs room."""
        from jobs import ports
        from training.kinds import TrainingKind, WriteKind

        ports.register(TrainingKind())
        ports.register(WriteKind())
