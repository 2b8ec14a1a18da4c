"""App config of the site: fills what lower rooms left open."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "miniatures_site"

    def ready(self) -> None:
        """Tell the members room who has which role and what leaving means; name things for the audit trail, and guard it."""
        from audit.ports import set_things
        from jobs.ports import KINDS, consume
        from members import ports
        from miniatures_site import audited
        from miniatures_site.guards import GUARDS
        from miniatures_site.team import TaskTeams
        from review import immutability
        from review.services import leaving
        from webhooks.services.publishing import job_finished

        set_things(audited.names_of)
        ports.set_teams(TaskTeams())
        ports.when_leaving(leaving.return_cards)
        # Every room has registered its kinds by now: this one comes last.
        consume("webhooks", frozenset(KINDS), job_finished)
        immutability.declare(*GUARDS)
