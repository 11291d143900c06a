"""The store: runs, batches and stream entries in one SQLite file, and word of what changed."""
