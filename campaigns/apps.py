"""App config of campaigns."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"

    def ready(self) -> None:
        """Put this room's append-only rows under guard, bring its kind of job, listen to mail providers."""
        from campaigns.answers import ask
        from campaigns.kinds import AnswerKind, SendingKind
        from campaigns.models.immutable_rows import GUARDS
        from campaigns.outcomes.of_drafts import CampaignOutcomes
        from campaigns.overview import desk_integration, queries
        from campaigns.replies import ask_teacher, mail_providers
        from campaigns.sending import tick
        from generation.teachers import shutdowns
        from jobs.kinds import registry as job_ports
        from review import ports as review_ports
        from review.db import immutability

        immutability.declare(*GUARDS)
        job_ports.register_kind(SendingKind())
        job_ports.register_kind(AnswerKind())
        job_ports.register_consumer("campaigns", frozenset({"generation"}), tick.on_order_ended)
        job_ports.register_consumer("campaigns.replies", frozenset({"generation"}), ask_teacher.on_order_ended)
        job_ports.register_consumer("campaigns.answers", frozenset({"generation"}), ask.on_order_ended)
        job_ports.register_consumer("campaigns.pipelines", frozenset({"research"}), tick.on_pages_read)
        shutdowns.teachers_named.register(queries.teachers_of)
        review_ports.destinations.install(desk_integration.draft_destinations)
        review_ports.dependents.register(queries.resting_on)
        review_ports.mail_outcomes.install(CampaignOutcomes)
        review_ports.resolve_scope.install(desk_integration.narrow_desk)
        mail_providers.connect_signals()
