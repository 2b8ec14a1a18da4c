"""Page addresses of the demo: the local mailbox. Without a sink its pages return 404."""

from django.urls import path

from demo.mailbox import pages

app_name = "demo"
urlpatterns = [
    path("mailbox/", pages.index, name="mailbox"),
    path("mailbox/<slug:name>/", pages.mail, name="mailbox-mail"),
    path("mailbox/<slug:name>/answer/", pages.answer, name="mailbox-answer"),
    path("campaigns/<slug:slug>/mails/<uuid:mail_id>/mailbox/", pages.in_mailbox, name="mail-in-mailbox"),
]
