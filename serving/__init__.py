"""Promoted miniatures behind OpenAI's chat completions: the engine, its life as a job, front end, playground."""
