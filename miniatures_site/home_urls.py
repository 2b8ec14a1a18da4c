"""The first page."""

from django.urls import path

from miniatures_site import home

urlpatterns = [path("", home.index, name="home")]
