"""The two styles of run feed that Trigger.dev serves: its native backend's, and Electric's."""

from __future__ import annotations

from reflex_realtime.devserver.http.styles.electric import ElectricStyle
from reflex_realtime.devserver.http.styles.native import NativeStyle
from reflex_realtime.devserver.http.styles.style import Style
from reflex_realtime.devserver.options import ServerOptions
from reflex_realtime.devserver.store.store import Store


def create_style(store: Store, options: ServerOptions) -> Style:
    """The style that the options name.

    Args:
        store: Where the runs are.
        options: The server's options.

    Returns:
        The style.
    """
    if options.style == "electric":
        return ElectricStyle(store, options.poll_seconds)
    return NativeStyle(store, options.poll_seconds, options.max_list)
