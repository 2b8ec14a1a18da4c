"""Questions of the serving room."""
