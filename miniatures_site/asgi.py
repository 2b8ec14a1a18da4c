"""The ASGI application that uvicorn serves."""

import os
import warnings

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "miniatures_site.settings.dev")
application = get_asgi_application()

# WhiteNoise serves small files as synchronous streams, which Django gathers first and warns of on every start.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
