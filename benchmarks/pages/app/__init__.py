"""A Reflex app in which the same pages are made with this library and without it."""
