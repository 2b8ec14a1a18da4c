"""Calls handed in together at about half the price: packed, handed in, found again, taken in. One module a provider."""
