"""The gallery: every component of the library, in each of its states."""
