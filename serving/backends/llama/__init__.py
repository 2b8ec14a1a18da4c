"""Miniatures on llama.cpp's `llama-server`: one process for each, on a unix socket in a private folder."""
