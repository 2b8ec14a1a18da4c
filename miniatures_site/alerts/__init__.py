"""Tell operators once when a trouble of the installation begins, and once when it ends."""
