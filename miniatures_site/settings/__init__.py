"""Settings by surrounding: base holds what is the same everywhere."""
