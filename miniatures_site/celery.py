"""The Celery application: queues, threads, and the beat that re-rings what nobody claimed. Celery is a doorbell only."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "miniatures_site.settings.dev")

app = Celery("miniatures")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
