"""Runs the embedded server alone: `python -m reflex_realtime.devserver [module:server]`."""

from __future__ import annotations

import argparse
import asyncio
import errno
import importlib
import logging
import os
import signal
import socket
import sys
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server as Granian

from reflex_realtime.devserver.server import DEFAULT_PATH, DevServer
from reflex_realtime.errors import ConfigurationError

HOST = "127.0.0.1"
DEFAULT_PORT = 3030


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted.

    Args:
        arguments: The command line, without the program's name.

    Returns:
        The exit status: 0, or 2 when the server cannot be started as asked.
    """
    options = _parse(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        server = _load(options.server, options.db)
        _check_port(options.port)
        asyncio.run(_serve(server, options.port))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m reflex_realtime.devserver",
        description="An embedded realtime server for development. It listens on loopback only.",
    )
    parser.add_argument(
        "server", nargs="?", help="where the DevServer is: module:name, such as tasks:server"
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="default: %(default)s")
    parser.add_argument(
        "--db", metavar="PATH", help=f"where runs are kept, default: {DEFAULT_PATH}"
    )
    return parser.parse_args(arguments)


def _load(reference: str | None, path: str | None) -> DevServer:
    """The server a reference names, or one without tasks."""
    if reference is None:
        return DevServer(path or DEFAULT_PATH)
    module_name, _, name = reference.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        server = getattr(importlib.import_module(module_name), name or "server")
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"{reference!r} cannot be loaded: {error}.",
            remedy="Name a module and a DevServer in it, such as tasks:server.",
        ) from error
    if not isinstance(server, DevServer):
        raise ConfigurationError(
            f"{reference!r} is a {type(server).__name__}, not a DevServer.",
            remedy="Name the variable that holds DevServer(...).",
        )
    return server if path is None else server.with_path(path)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            reason = "it is taken" if taken else str(error)
            raise ConfigurationError(
                f"The server cannot listen on port {port}: {reason}.",
                remedy="Choose another one with --port.",
            ) from None


async def _serve(server: DevServer, port: int) -> None:
    interrupted = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted.set)
    async with server:
        listener = Granian(
            server.asgi,
            address=HOST,
            port=port,
            interface=Interfaces.ASGINL,
            log_enabled=False,
            # So many requests at once, held polls included; Granian's own limit is 128.
            backlog=4096,
        )
        serving = asyncio.create_task(listener.serve())
        introducing = asyncio.create_task(_introduce(server, port))
        interruption = asyncio.create_task(interrupted.wait())
        await asyncio.wait((serving, interruption), return_when=asyncio.FIRST_COMPLETED)
        interruption.cancel()
        introducing.cancel()
        await server.stop()
        listener.stop()
        await serving


async def _introduce(server: DevServer, port: int) -> None:
    """Print the address once it answers, so that whoever reads it can connect."""
    while True:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            print(_introduction(server, f"http://{HOST}:{port}"), flush=True)
            return


def _introduction(server: DevServer, url: str) -> str:
    tasks = ", ".join(sorted(server.tasks)) or (
        "none. Register some with @server.task(...) and name the server: "
        "python -m reflex_realtime.devserver module:server"
    )
    return (
        f"Embedded realtime server, for development, at {url}\n"
        f"Runs are kept in {server.path}\n"
        f"Tasks: {tasks}\n\n"
        f"  export TRIGGER_API_URL={url}\n"
        f"  export TRIGGER_SECRET_KEY={server.secret_key}\n\n"
        "Ctrl-C stops it."
    )


if __name__ == "__main__":
    status: int = main()
    sys.stdout.flush()
    # Granian's own threads can abort the process while Python winds down; all is closed by now.
    os._exit(status)
