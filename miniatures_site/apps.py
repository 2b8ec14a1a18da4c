"""App config of the site: fills what lower rooms left open."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "miniatures_site"

    def ready(self) -> None:
        """Tell the members room who has which role and what leaving means, and put the audit trail under guard."""
        from members import ports
        from miniatures_site.guards import GUARDS
        from miniatures_site.team import TaskTeams
        from review import immutability
        from review.services import leaving

        ports.set_teams(TaskTeams())
        ports.when_leaving(leaving.return_cards)
        immutability.declare(*GUARDS)
