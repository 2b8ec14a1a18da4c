"""API addresses of campaigns, under /api/v1/."""

from campaigns.answers.urls import answers_api_urls
from campaigns.contacts.urls import contacts_api_urls
from campaigns.experiments.urls import experiments_api_urls
from campaigns.mails.urls import mails_api_urls
from campaigns.outcomes.urls import outcomes_api_urls
from campaigns.overview.urls import campaigns_api_urls
from campaigns.pipelines.api_urls import pipelines_api_urls
from campaigns.replies.urls import replies_api_urls
from campaigns.senders.urls import senders_api_urls
from campaigns.suppression.urls import suppression_api_urls

urlpatterns = [
    *campaigns_api_urls,
    *mails_api_urls,
    *contacts_api_urls,
    *suppression_api_urls,
    *senders_api_urls,
    *experiments_api_urls,
    *replies_api_urls,
    *answers_api_urls,
    *outcomes_api_urls,
    *pipelines_api_urls,
]
