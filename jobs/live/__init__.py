"""Live events: one poller per process, any number of viewers."""
