"""The package from npm that keeps of a long list only what can be seen in the page."""

from typing import Final

VIRTUAL_LIST: Final = "@tanstack/react-virtual@3.14.26"
