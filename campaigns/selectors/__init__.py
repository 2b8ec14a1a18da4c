"""Questions about the campaigns room's rows; each takes the member who asks."""
