"""App config of review."""

from functools import partial

from django.apps import AppConfig
from django.core import checks
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class ReviewConfig(AppConfig):
    name = "review"

    def ready(self) -> None:
        """Tell the jobs room who sees and steers which jobs and which this room brings; keep its triggers in place."""
        from jobs.kinds import registry
        from review import ports
        from review.bulk import wording as bulk_sentences
        from review.datasets.job_kinds import FreezeKind, PushKind
        from review.db import text_index
        from review.db.immutability import give_function, install_after_migrate
        from review.db.system_checks import check_text_index, check_triggers
        from review.desk import assignments
        from review.desk import sentences as desk_sentences
        from review.drafts import renamed_labels
        from review.states import Role
        from review.tasks.permissions import slugs_with
        from web.language import sentences

        registry.visible_task_slugs.install(partial(slugs_with, least=Role.VIEWER))
        registry.led_task_slugs.install(partial(slugs_with, least=Role.LEAD))
        registry.register_kind(FreezeKind())
        registry.register_kind(PushKind())
        ports.reviewer_left.register(assignments.return_cards_of_task)
        ports.version_made.register(renamed_labels.carry_over)
        sentences.register((*desk_sentences.ALL, *bulk_sentences.ALL), parts=desk_sentences.PARTS)
        connection_created.connect(give_function)
        post_migrate.connect(install_after_migrate, sender=self)
        post_migrate.connect(text_index.install_after_migrate, sender=self)
        checks.register(check_triggers, checks.Tags.database)
        checks.register(check_text_index, checks.Tags.database)
