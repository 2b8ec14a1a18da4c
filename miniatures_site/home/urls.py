"""The first page."""

from django.urls import path

from miniatures_site.home import pages

urlpatterns = [path("", pages.home, name="home")]
