"""App config of the demo."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "demo"

    def ready(self) -> None:
        """Register the shipped students, and the deletion of the local sink's mails on erasure."""
        from campaigns.privacy import ports
        from demo import students
        from demo.mailbox.queries import empty_mailbox

        students.register()
        ports.mails_erased.register(empty_mailbox)
