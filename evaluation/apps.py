"""App config of evaluation."""

from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "evaluation"

    def ready(self) -> None:
        """Bring this room's kind of job, and listen for the ends of runs and of teachers' orders."""
        from evaluation.kinds import EvaluationKind
        from evaluation.services import orders
        from jobs import ports

        ports.register(EvaluationKind())
        ports.consume("evaluation-of-runs", frozenset({"training"}), orders.start_by_itself)
        ports.consume("evaluation-after-teacher", frozenset({"generation"}), orders.go_on)
