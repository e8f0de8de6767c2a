"""One process for each call that is measured."""
