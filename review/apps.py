"""App config of review."""

from functools import partial

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "review"

    def ready(self) -> None:
        """Tell the jobs room who sees and steers which jobs, and which jobs this room brings."""
        from jobs import ports
        from review.kinds import FreezeKind
        from review.permissions import slugs_with
        from review.states import Role

        ports.set_visibility(partial(slugs_with, least=Role.VIEWER), partial(slugs_with, least=Role.LEAD))
        ports.register(FreezeKind())
