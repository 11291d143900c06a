"""The showcase of reflex-realtime: real tasks, each shown live on a page of its own."""
