"""App config of the site: fills what lower rooms left open."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "miniatures_site"

    def ready(self) -> None:
        """Tell the members room who has which role and what leaving means, and webhooks who leads.

        Name things for the audit trail, and guard it.
        """
        from django.core import checks

        from audit.browse import ports as audit_ports
        from jobs.kinds.registry import KINDS, part_kinds, register_consumer
        from members import ports
        from miniatures_site.access.checks import check_routes
        from miniatures_site.frame import sentences as frame_sentences
        from miniatures_site.wiring import audit
        from miniatures_site.wiring.audit import GUARDS
        from miniatures_site.wiring.task_roles import TaskTeams
        from review.db import immutability
        from review.desk import assignments
        from review.tasks.permissions import led_by
        from web.http import named_choices
        from web.language import sentences
        from webhooks.deliveries.publish import job_finished
        from webhooks.endpoints import ports as webhook_ports

        named_choices.install()
        sentences.register(frame_sentences.ALL)
        audit_ports.subject_names.install(audit.names_of)
        ports.teams.install(TaskTeams)
        ports.member_left.register(assignments.return_cards)
        # Every room has registered its kinds by now: this one comes last.
        webhook_ports.led_tasks.install(led_by)
        register_consumer("webhooks", frozenset(KINDS) - {*part_kinds()}, job_finished)
        immutability.declare(*GUARDS)
        checks.register(check_routes, checks.Tags.urls)
