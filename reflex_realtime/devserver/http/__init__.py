"""The server's routes: run feeds, streams, triggering, runs, batches, tokens."""
