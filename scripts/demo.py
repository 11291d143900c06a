"""Starts the example app and prints its address once it answers."""

from __future__ import annotations

import errno
import itertools
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

HOST = "127.0.0.1"
FIRST_PORT = 3000
# The first start fetches the frontend's packages and builds the pages.
STOP_TIMEOUT_SECONDS = 8
START_TIMEOUT_SECONDS = 300


def find_free_port() -> int:
    """Return the first port from `FIRST_PORT` on that nobody listens on."""
    for port in itertools.count(FIRST_PORT):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return port
    raise AssertionError("unreachable")


def answers(url: str) -> bool:
    """Tell whether something serves a page at `url`."""
    # A proxy named in the environment can't reach this machine's loopback address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def wait_until_ready(app: subprocess.Popen[bytes], url: str) -> bool:
    """Wait until the app serves its first page; False when it stopped or took too long."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline and app.poll() is None:
        if answers(url):
            return True
        time.sleep(0.2)
    return False


def main() -> int:
    port = find_free_port()
    url = f"http://localhost:{port}"
    print(f"Building the example app for {url}; the first time takes longer.", flush=True)
    command = ["reflex", "run", "--env", "prod", "--loglevel", "warning"]
    app = subprocess.Popen([*command, "--backend-host", HOST, "--frontend-port", str(port)])
    signal.signal(signal.SIGTERM, lambda *_: app.terminate())
    try:
        if not wait_until_ready(app, f"http://{HOST}:{port}/"):
            app.terminate()
            print("The example app did not start: see its messages above.", file=sys.stderr)
            app.wait()
            return 1
        print(f"\n    The example app is running at {url}\n    Ctrl-C stops it.\n", flush=True)
        return app.wait()
    except KeyboardInterrupt:
        # A terminal has sent the same signal to the app, which then shuts down by itself.
        try:
            app.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            app.terminate()
            app.wait()
        return 0


if __name__ == "__main__":
    sys.exit(main())
