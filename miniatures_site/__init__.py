"""The site: settings, addresses, workers and the demo. It knows every room; no room knows it."""

from miniatures_site.celery import app as celery_app

__all__ = ["celery_app"]
