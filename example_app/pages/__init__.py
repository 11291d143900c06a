"""The pages. Each module holds a state and the page that shows it."""
