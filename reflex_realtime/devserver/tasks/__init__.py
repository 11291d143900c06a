"""Tasks: how they are defined, what they are given, and what runs them."""
