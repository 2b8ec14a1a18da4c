"""Page addresses of campaigns."""

from campaigns.pages.urls_campaigns import campaigns_urls
from campaigns.pages.urls_contacts import contacts_urls
from campaigns.pages.urls_experiments import experiments_urls
from campaigns.pages.urls_sending import sending_urls

app_name = "campaigns"
urlpatterns = [*campaigns_urls, *contacts_urls, *experiments_urls, *sending_urls]
