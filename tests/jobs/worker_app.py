"""The site's Celery application with the tests' kinds: `celery -A tests.jobs.worker_app worker`."""

import django

django.setup()

from miniatures_site.celery import app  # noqa: E402
from tests.jobs import kinds  # noqa: E402

kinds.register()
__all__ = ["app"]
