"""Derivatives: all that a user takes along into a project."""
