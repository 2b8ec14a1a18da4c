"""App config of training."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        """Bring this room's kinds of jobs to the jobs room, and listen for what ends."""
        from jobs.kinds import registry
        from review import ports as review_ports
        from training import kinds
        from training.costs import run_cost
        from training.inputs import erasing, token_cache_folder
        from training.kinds import (
            DownloadKind,
            ExportKind,
            PushMiniatureKind,
            SweepKind,
            TrainingKind,
            TrainingPartKind,
            WriteKind,
        )
        from training.miniatures import queries
        from training.models import Miniature
        from training.notices import send
        from training.sweeps import advance

        registry.register_kind(TrainingKind())
        registry.register_kind(TrainingPartKind())
        registry.register_kind(WriteKind())
        registry.register_kind(ExportKind())
        registry.register_kind(PushMiniatureKind())
        registry.register_kind(DownloadKind())
        registry.register_kind(SweepKind())
        registry.register_kind(kinds.IsolationKind())
        registry.register_consumer("costs-of-runs", frozenset({"training"}), run_cost.keep_final_cost)
        registry.register_consumer("notices-of-work", frozenset({"training", "sweep"}), send.queue_notices)
        registry.hidden_jobs.register(queries.withheld_writings)
        registry.texts_erased.register(token_cache_folder.empty_once)
        review_ports.erase_elsewhere.register(erasing.erase)
        review_ports.dependents.register(queries.dependents)
        review_ports.named_models.register(Miniature.objects.all)
        registry.register_consumer("sweeps-after-runs", frozenset({"training"}), advance.on_run_ended)
