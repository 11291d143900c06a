"""The pages. `run_card.py` with a function `page` is served as `/run-card`."""
