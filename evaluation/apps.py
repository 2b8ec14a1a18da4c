"""App config of evaluation."""

from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "evaluation"

    def ready(self) -> None:
        """Bring this room's kinds of jobs, listen for what ends, and put registered studies under guard."""
        from evaluation.kinds import CellJob, EvaluationKind, StudyJob
        from evaluation.services import erasing, orders
        from evaluation.services.studies import advance
        from jobs import ports
        from review import immutability
        from review import ports as review_ports

        for kind in (EvaluationKind(), StudyJob(), CellJob()):
            ports.register(kind)
        ports.consume("evaluation-of-runs", frozenset({"training"}), orders.start_by_itself)
        ports.consume("evaluation-after-teacher", frozenset({"generation"}), orders.go_on)
        ports.consume("studies-after-cells", frozenset({"training", "study-cell"}), advance.heard)
        review_ports.add_eraser(erasing.erase)
        why = "A study never changes once it is registered: register another one."
        immutability.declare(immutability.Guard("evaluation_study", ("UPDATE", "DELETE"), "", why))
