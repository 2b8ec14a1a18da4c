"""App config of the site: fills what lower rooms left open."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "miniatures_site"

    def ready(self) -> None:
        """Tell the members room who has which role and what leaving means; name things for the audit trail, and guard it."""
        from audit.browse.ports import set_subject_names
        from jobs.kinds.registry import KINDS, register_consumer
        from members import ports
        from miniatures_site.wiring import audit
        from miniatures_site.wiring.audit import GUARDS
        from miniatures_site.wiring.task_roles import TaskTeams
        from review.db import immutability
        from review.desk import member_offboarding
        from webhooks.deliveries.publish import job_finished

        set_subject_names(audit.names_of)
        ports.set_teams(TaskTeams())
        ports.register_leave_hook(member_offboarding.return_cards)
        # Every room has registered its kinds by now: this one comes last.
        register_consumer("webhooks", frozenset(KINDS), job_finished)
        immutability.declare(*GUARDS)
