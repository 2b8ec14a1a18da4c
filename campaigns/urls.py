"""Page addresses of campaigns."""

from campaigns.contacts.urls import contacts_urls
from campaigns.experiments.urls import experiments_urls
from campaigns.overview.urls import campaigns_urls
from campaigns.replies.urls import sending_urls

app_name = "campaigns"
urlpatterns = [*campaigns_urls, *contacts_urls, *experiments_urls, *sending_urls]
