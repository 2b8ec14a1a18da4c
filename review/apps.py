"""App config of review."""

from functools import partial

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate


class ReviewConfig(AppConfig):
    name = "review"

    def ready(self) -> None:
        """Tell the jobs room who sees and steers which jobs, which jobs this room brings, and keep its triggers in place."""
        from jobs import ports
        from review import text_index
        from review.checks_system import check_text_index, check_triggers
        from review.immutability import install_after_migrate
        from review.kinds import FreezeKind, PushKind
        from review.permissions import led_by, slugs_with
        from review.states import Role
        from webhooks.ports import set_led_tasks

        ports.set_visibility(partial(slugs_with, least=Role.VIEWER), partial(slugs_with, least=Role.LEAD))
        ports.register(FreezeKind())
        ports.register(PushKind())
        set_led_tasks(led_by)
        post_migrate.connect(install_after_migrate, sender=self)
        post_migrate.connect(text_index.install_after_migrate, sender=self)
        checks.register(check_triggers, checks.Tags.database)
        checks.register(check_text_index, checks.Tags.database)
