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
# Where web processes of other hosts reach engines of this one, as host or host:port; empty: its own socket alone.
SERVING_ADDRESS = env.text("SERVING_ADDRESS")
SERVING_BASE_URL = env.web_address("SERVING_BASE_URL").rstrip("/")
# Which server serves: by what is installed, our own engine, llama.cpp, vLLM, or a server that somebody else runs; and
# the path of llama-server where it is not on the PATH.
SERVING_BACKEND = env.choice("SERVING_BACKEND", "auto", among=("auto", "own", "llama", "vllm", "url"))
LLAMA_SERVER = env.text("LLAMA_SERVER")
# llama.cpp's converter of weights to GGUF, or its folder; empty: exports are written by our own, for fewer families.
LLAMA_CONVERTER = env.text("LLAMA_CONVERTER")

# vLLM where SERVING_BACKEND chooses it: the Python that has it, servers of one base each that may run at once, adapters
# in one batch, their highest rank, and the part of a GPU's memory that all servers together may take.
SERVING_VLLM_PYTHON = env.text("SERVING_VLLM_PYTHON") or str(env.BASE_DIR / ".vllm" / "bin" / "python")
SERVING_VLLM_SERVERS = int(env.number("SERVING_VLLM_SERVERS", 1, minimum=1, maximum=16))
SERVING_VLLM_ADAPTERS = int(env.number("SERVING_VLLM_ADAPTERS", 8, minimum=1, maximum=64))
SERVING_VLLM_RANK = int(env.number("SERVING_VLLM_RANK", 64, minimum=1, maximum=512))
SERVING_VLLM_GPU_SHARE = env.number("SERVING_VLLM_GPU_SHARE", 0.85, minimum=0.05, maximum=1)

# A server that somebody else runs, where SERVING_BACKEND is url: the slug of the teacher that holds its address and
# key, how it is asked, and names of models there that differ from ours.
SERVING_URL_TEACHER = env.text("SERVING_URL_TEACHER")
SERVING_URL_WAY = env.choice("SERVING_URL_WAY", "completions", among=("completions", "chat"))
SERVING_URL_NAMES = dict(pair.strip().split("=", 1) for pair in env.text("SERVING_URL_NAMES").split(",") if "=" in pair)
