"""The site: settings, addresses and workers. It knows every room; no room knows it."""

from miniatures_site.celery import app as celery_app

__all__ = ["celery_app"]
