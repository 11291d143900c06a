"""The example app in a real browser."""
