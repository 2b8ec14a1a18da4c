"""OpenAI's shapes: what comes in, what goes out, and how errors look. Pure Python; knows no rows and no engine."""
