"""Only what changed in a var crosses the socket.

`patch` is the language, `delta` puts patches into what Reflex sends, `browser` merges them there.
"""
