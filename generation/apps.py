"""App config of generation."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class GenerationConfig(AppConfig):
    name = "generation"

    def ready(self) -> None:
        """Tell the rooms below what this one brings: a kind of job, and notes for data cards."""
        from generation import seeds, terms
        from generation.kinds import GenerationKind
        from jobs import ports as job_ports
        from review import ports as review_ports

        job_ports.register(GenerationKind())
        review_ports.add_card_notes(terms.card_notes)
        post_migrate.connect(seeds.lay, sender=self)
