"""The wire protocol, pure: bytes and objects in, objects out. No I/O, no clock, no tasks."""
