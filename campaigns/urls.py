"""Page addresses of campaigns, feature by feature."""

from campaigns.answers.urls import answers_urls
from campaigns.contacts.urls import contacts_urls
from campaigns.experiments.urls import experiments_urls
from campaigns.mails.urls import mails_urls
from campaigns.overview.urls import campaigns_urls
from campaigns.pipelines.urls import pipelines_urls
from campaigns.privacy.urls import privacy_urls
from campaigns.replies.urls import replies_urls
from campaigns.senders.urls import senders_urls
from campaigns.suppression.urls import suppression_urls
from campaigns.tracking.urls import tracking_urls

app_name = "campaigns"
urlpatterns = [
    *campaigns_urls,
    *mails_urls,
    *pipelines_urls,
    *contacts_urls,
    *suppression_urls,
    *senders_urls,
    *privacy_urls,
    *experiments_urls,
    *tracking_urls,
    *replies_urls,
    *answers_urls,
]
