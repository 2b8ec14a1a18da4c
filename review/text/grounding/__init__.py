"""What a text rests on: passages, attribution, and the pieces to draw."""
