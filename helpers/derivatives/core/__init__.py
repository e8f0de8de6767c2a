"""Pullback, pushforward, basis, and what every derivative needs."""
