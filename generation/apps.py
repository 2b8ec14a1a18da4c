"""App config of generation."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class GenerationConfig(AppConfig):
    name = "generation"

    def ready(self) -> None:
        """Tell the rooms below what this one brings: kinds of jobs, notes for data cards, who writes drafts again, a guard."""
        from generation import seeds, terms
        from generation.kinds import CollectKind, GenerationKind, ResearchKind
        from generation.services import revising
        from generation.services.order_spec import KIND
        from generation.services.research import erasing
        from generation.services.teaching import advising
        from generation.services.variety import again
        from jobs import ports as job_ports
        from review import immutability
        from review import ports as review_ports

        job_ports.register(GenerationKind())
        job_ports.register(CollectKind())
        job_ports.register(ResearchKind())
        job_ports.consume("revisions", frozenset({KIND}), revising.settle)
        job_ports.consume("variety", frozenset({KIND}), again.settle)
        job_ports.consume("proposals", frozenset({KIND}), advising.settle)
        review_ports.add_card_notes(terms.card_notes)
        review_ports.add_eraser(erasing.erase)
        review_ports.set_reviser(revising.TeacherReviser())
        why = "A correction never changes: correct the call once more."
        immutability.declare(immutability.Guard("generation_callcorrection", ("UPDATE", "DELETE"), "", why))
        post_migrate.connect(seeds.lay, sender=self)
