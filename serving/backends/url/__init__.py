"""Backend `url`: an OpenAI-compatible server that somebody else runs and fills."""
