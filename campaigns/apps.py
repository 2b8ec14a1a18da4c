"""App config of campaigns."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"

    def ready(self) -> None:
        """Put this room's append-only rows under guard."""
        from campaigns.guards import GUARDS
        from review import immutability

        immutability.declare(*GUARDS)
