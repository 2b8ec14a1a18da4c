"""Questions about teachers, prices and orders; every one takes the member who asks, or what they were let in to."""
