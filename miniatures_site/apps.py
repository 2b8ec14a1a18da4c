"""App config of the site: fills what lower rooms left open."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "miniatures_site"

    def ready(self) -> None:
        """Tell the members room who has which role, and put the audit trail under guard."""
        from members.ports import set_roles
        from miniatures_site.guards import GUARDS
        from miniatures_site.team import roles_of
        from review import immutability

        set_roles(roles_of)
        immutability.declare(*GUARDS)
