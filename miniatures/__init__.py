"""The installed product: this package holds its command, and in a wheel all rooms beside it."""
