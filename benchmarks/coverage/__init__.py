"""How often intervals hold the truth, on simulated data whose truth is known."""
