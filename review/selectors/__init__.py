"""Questions of the review room: what a member may read, and how it is found."""
