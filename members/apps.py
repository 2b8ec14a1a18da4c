"""App config of members."""

from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "members"

    def ready(self) -> None:
        """Show the schema generator our tokens, name people for the audit trail, and note who signs in when."""
        from audit.browse import ports
        from members.accounts import queries
        from members.recent_login import reauthentication
        from members.sign_in import audit_signals
        from members.sign_in import sentences as sign_in_sentences
        from members.tokens import openapi  # noqa: F401 (registers itself with the schema generator by being imported)
        from web.language import sentences

        ports.member_names.install(queries.names_of)
        ports.member_ids_matching.install(queries.ids_matching)
        audit_signals.connect_signals()
        sentences.register(sign_in_sentences.ALL)
        reauthentication.connect_signals()
