"""How good a miniature is on records nobody trained on."""
