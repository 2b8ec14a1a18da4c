"""OpenAI's paths, under /v1/. Its clients write them without a slash at the end."""

from django.urls import path, re_path

from serving.v1 import api

urlpatterns = [
    path("chat/completions", api.completions, name="v1-chat-completions"),
    path("models", api.models, name="v1-models"),
    path("models/<str:name>", api.model, name="v1-model"),
    re_path(r"^(?P<path>.*)$", api.not_served, name="v1-nothing"),
]
