"""Texts and floors of quality, and the programs that make them."""
