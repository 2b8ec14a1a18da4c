"""Page addresses of campaigns."""

from django.urls import path

from campaigns.answers import pages as answers_pages
from campaigns.contacts import pages as contacts_pages
from campaigns.experiments import pages as experiments_pages
from campaigns.mails import pages as mails_pages
from campaigns.overview import pages as overview_pages
from campaigns.pipelines import pages as pipelines_pages
from campaigns.privacy import pages as privacy_pages
from campaigns.replies import pages as replies_pages
from campaigns.senders import pages as senders_pages
from campaigns.suppression import pages as suppression_pages
from campaigns.tracking import pages as tracking_pages

app_name = "campaigns"
urlpatterns = [
    path("tasks/<slug:slug>/campaigns/", overview_pages.index, name="list"),
    path("tasks/<slug:slug>/campaigns/new/", overview_pages.new, name="new"),
    path("campaigns/<slug:slug>/", overview_pages.detail, name="detail"),
    path("campaigns/<slug:slug>/live/", overview_pages.live, name="live"),
    path("campaigns/<slug:slug>/edit/", overview_pages.edit, name="edit"),
    path("campaigns/<slug:slug>/act/", overview_pages.act, name="act"),
    path("campaigns/<slug:slug>/approve/", overview_pages.approve, name="approve"),
    path("campaigns/<slug:slug>/dry-run/", mails_pages.dry_run, name="dry-run"),
    path("campaigns/<slug:slug>/dry-run/mails.jsonl", mails_pages.download, name="dry-run-download"),
    path("campaigns/<slug:slug>/mails/", mails_pages.index, name="mails"),
    path("campaigns/<slug:slug>/mails/fixed/", mails_pages.decide_fixed, name="fixed"),
    path("campaigns/<slug:slug>/mails/<uuid:mail_id>/", mails_pages.detail, name="mail"),
    path("campaigns/<slug:slug>/mails/<uuid:mail_id>/settle/", mails_pages.settle, name="mail-settle"),
    path("tasks/<slug:slug>/pipelines/", pipelines_pages.index, name="pipelines"),
    path("tasks/<slug:slug>/pipelines/new/", pipelines_pages.new, name="pipeline-new"),
    path("pipelines/<slug:slug>/", pipelines_pages.detail, name="pipeline"),
    path("contacts/<uuid:pk>/story/", pipelines_pages.story, name="contact-story"),
    path("tasks/<slug:slug>/contacts/", contacts_pages.index, name="contacts"),
    path("tasks/<slug:slug>/contacts/sample.csv", contacts_pages.sample, name="contacts-sample"),
    path("tasks/<slug:slug>/contacts/import/", contacts_pages.upload, name="contacts-import"),
    path("tasks/<slug:slug>/contacts/import/<slug:name>/", contacts_pages.columns, name="contacts-columns"),
    path("contacts/<uuid:pk>/", contacts_pages.detail, name="contact"),
    path("tasks/<slug:slug>/suppression/", suppression_pages.index, name="suppressions"),
    path("tasks/<slug:slug>/suppression/search/", suppression_pages.search, name="suppression-search"),
    path("tasks/<slug:slug>/suppression/lift/", suppression_pages.lift_entry, name="suppression-lift"),
    path("tasks/<slug:slug>/senders/", senders_pages.index, name="senders"),
    path("tasks/<slug:slug>/senders/<slug:sender>/", senders_pages.edit, name="sender"),
    path(
        "tasks/<slug:slug>/senders/<slug:sender>/check-domain/", senders_pages.check_domain, name="sender-check-domain"
    ),
    path("tasks/<slug:slug>/people/", privacy_pages.search, name="people"),
    path("tasks/<slug:slug>/people/<str:hmac>/", privacy_pages.detail, name="person"),
    path("tasks/<slug:slug>/people/<str:hmac>/export/", privacy_pages.export, name="person-export"),
    path("tasks/<slug:slug>/people/<str:hmac>/erase/", privacy_pages.erase, name="person-erase"),
    path("tasks/<slug:slug>/experiments/", experiments_pages.index, name="experiments"),
    path("campaigns/<slug:slug>/experiment/", experiments_pages.plan, name="experiment-plan"),
    path("campaigns/<slug:slug>/experiment/outlook/", experiments_pages.outlook, name="experiment-outlook"),
    path("experiments/<slug:slug>/", experiments_pages.detail, name="experiment"),
    path("experiments/<slug:slug>/look/", experiments_pages.look, name="experiment-look"),
    path("experiments/<slug:slug>/next-round/", experiments_pages.next_round, name="experiment-next-round"),
    path("experiments/<slug:slug>/promote/", experiments_pages.promote, name="experiment-promote"),
    path("experiments/<slug:slug>/contacts.csv", experiments_pages.contacts_csv, name="experiment-contacts"),
    path(
        "experiments/<slug:slug>/registration.json", experiments_pages.registration_json, name="experiment-registration"
    ),
    path("experiments/<slug:slug>/result.json", experiments_pages.result_json, name="experiment-result"),
    path("t/c/<slug:token>", tracking_pages.click, name="click"),
    path("t/o/<slug:token>.gif", tracking_pages.opened, name="open"),
    path("u/<slug:token>", tracking_pages.unsubscribe, name="unsubscribe"),
    path("campaigns/replies/<uuid:reply_id>/meaning/", replies_pages.correct, name="reply-meaning"),
    path("campaigns/replies/unmatched/<uuid:unmatched_id>/", replies_pages.settle, name="unmatched-settle"),
    path("campaigns/<slug:slug>/replies/", replies_pages.index, name="replies"),
    path("campaigns/replies/<uuid:reply_id>/answer/", answers_pages.answer, name="answer"),
    path("campaigns/<slug:slug>/replies/tasks/", answers_pages.inbox_setup, name="inbox"),
    path("campaigns/replies/<uuid:reply_id>/answer/draft/", answers_pages.draft, name="answer-draft"),
    path("campaigns/replies/<uuid:reply_id>/answer/send/", answers_pages.send, name="answer-send"),
    path("campaigns/replies/<uuid:reply_id>/answer/take-back/", answers_pages.take_back, name="answer-take-back"),
    path("campaigns/replies/<uuid:reply_id>/answer/settle/", answers_pages.settle, name="answer-settle"),
]
