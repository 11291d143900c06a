"""An app whose pages follow one run each, and whose backend tells what it is doing."""
