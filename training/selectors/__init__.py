"""Questions of the training room: what a member may read, and how it is found."""
