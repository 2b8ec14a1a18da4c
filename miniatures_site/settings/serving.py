"""Settings of serving: how much is written at once, what it may hold, what a token may ask, where it listens."""

from __future__ import annotations

from miniatures_site.settings import env

# Serving: how many questions are written at once and how many may wait, how much memory models may hold, how long an
# answer may take; where the engine listens and where our own engines reach /v1, if not where it is found by itself.
SERVING_MAX_BATCH = int(env.number("SERVING_MAX_BATCH", 16, minimum=1))
SERVING_MAX_WAITING = int(env.number("SERVING_MAX_WAITING", 64))
# 0: by the memory of the engine's device.
SERVING_MAX_WEIGHTS_GIB = env.number("SERVING_MAX_WEIGHTS_GIB", 0, minimum=0)
SERVING_MAX_KV_GIB = env.number("SERVING_MAX_KV_GIB", 0, minimum=0)
SERVING_TIMEOUT_S = env.number("SERVING_TIMEOUT_S", 300, minimum=1)
# What one token may ask of /v1 a minute: questions, and tokens read and written; 0: not counted.
SERVING_REQUESTS_PER_MINUTE = int(env.number("SERVING_REQUESTS_PER_MINUTE", 3000))
SERVING_TOKENS_PER_MINUTE = int(env.number("SERVING_TOKENS_PER_MINUTE", 2_000_000))
# Whether a second process with everything imported stands by for the engine's, and how long a question waits for it.
SERVING_SPARE = env.flag("SERVING_SPARE", default=True)
SERVING_PATIENCE_S = env.number("SERVING_PATIENCE_S", 10, minimum=0)
SERVING_SOCKET = env.text("SERVING_SOCKET")
SERVING_BASE_URL = env.text("SERVING_BASE_URL")
