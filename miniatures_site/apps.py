"""App config of the site: fills what lower rooms left open."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "miniatures_site"

    def ready(self) -> None:
        from members.ports import set_roles
        from miniatures_site.team import roles_of

        set_roles(roles_of)
