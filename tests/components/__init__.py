"""The components: what they render, and how they behave in a browser."""
