"""App config of campaigns."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"

    def ready(self) -> None:
        """Put this room's append-only rows under guard, bring its kind of job, listen to mail providers."""
        from campaigns import providers
        from campaigns.guards import GUARDS
        from campaigns.kinds import SendingKind
        from campaigns.selectors import desk_part, destinations
        from campaigns.services import reply_reading, tick
        from jobs import ports as job_ports
        from review import immutability
        from review import ports as review_ports

        immutability.declare(*GUARDS)
        job_ports.register(SendingKind())
        job_ports.consume("campaigns", frozenset({"generation"}), tick.hear_of)
        job_ports.consume("campaigns.replies", frozenset({"generation"}), reply_reading.hear_of)
        review_ports.set_destinations(destinations.of_drafts)
        review_ports.set_narrower(desk_part.of)
        providers.listen()
