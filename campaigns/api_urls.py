"""API addresses of campaigns, under /api/v1/."""

from campaigns.contacts.urls import contacts_api_urls
from campaigns.experiments.urls import experiments_api_urls
from campaigns.overview.urls import campaigns_api_urls
from campaigns.replies.urls import sending_api_urls

urlpatterns = [*campaigns_api_urls, *contacts_api_urls, *experiments_api_urls, *sending_api_urls]
