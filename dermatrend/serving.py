"""Start the app: Streamlit in this process, on this machine only, with its safe settings."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import tomllib
import webbrowser
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from analysis.errors import AnalysisError
from dermatrend.console import progress_line, say

if TYPE_CHECKING:
    from dermatrend.settings import Settings

PACKAGE = Path(__file__).resolve().parent
LOOPBACK = ("127.0.0.1", "localhost", "::1")
BROWSER_SECONDS = 60


class CannotServe(AnalysisError):
    """The app cannot be started as asked."""

    code = "cannot_serve"


def app_files() -> tuple[Path, Path]:
    """The script that Streamlit is given, and the file of its settings: in a checkout, or installed.

    Raises:
        CannotServe: neither place has them.
    """
    beside = PACKAGE.parent
    places = (
        (beside / "app.py", beside / ".streamlit" / "config.toml"),
        (beside / "dermatrend_app.py", PACKAGE / "streamlit_config.toml"),
    )
    for script, config in places:
        if script.is_file() and config.is_file():
            return script, config
    raise CannotServe(
        "The app's start file was not found",
        expected="app.py and .streamlit/config.toml beside the package, as in a checkout",
        got="neither those nor the installed copies",
        advice="Install the package again, or run it from a checkout",
    )


def options(config: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The entries of the config file as command-line options, which win over every other source.

    >>> list(options({"server": {"port": 1, "allowedHosts": ["a", "b"], "enableCORS": True}}))
    ['--server.port=1', '--server.allowedHosts=a', '--server.allowedHosts=b', '--server.enableCORS=true']
    """
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from options(value, f"{prefix}{name}.")
            continue
        for item in value if isinstance(value, list) else [value]:
            text = str(item).lower() if isinstance(item, bool) else str(item)
            yield f"--{prefix}{name}={text}"


def _check_address(host: str, port: int) -> None:
    if host not in LOOPBACK:
        raise CannotServe(
            "The app listens on this machine only, because it has no accounts yet",
            expected=" or ".join(LOOPBACK),
            got=host,
            advice="Remove the variable DERMATREND_HOST",
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server itself does
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotServe(
                f"Port {port} cannot be used",
                expected="a free port",
                got=error.strerror or type(error).__name__,
                advice="Close the program that uses it, or choose another: --port 8600",
            ) from error


def run_app(settings: Settings, port: int | None = None, *, open_browser: bool = False) -> None:
    """Serve until the process is told to stop.

    Raises:
        CannotServe: the address is not loopback, the port is taken, or the app's files are missing.
    """
    port = port or settings.port
    _check_address(settings.host, port)
    script, config_file = app_files()
    config = tomllib.loads(config_file.read_text(encoding="utf-8"))
    theme = config.pop("theme", {})  # not a matter of safety, and options cannot express all of it
    config["server"] |= {"address": settings.host, "port": port, "headless": True}
    config["browser"] |= {"serverPort": port}
    if PACKAGE.parent / ".streamlit" not in config_file.parents:
        config["theme"] = theme  # installed, Streamlit finds no file beside the script
    _leave_on_terminate()
    address = f"http://localhost:{port}"
    say(f"Dermatrend is starting on {address}  (stop with Ctrl+C)")
    if open_browser:
        threading.Thread(target=_open_when_ready, args=(settings.host, port, address), daemon=True).start()

    from streamlit.web.cli import main as streamlit

    streamlit(["run", str(script), *options(config)], standalone_mode=False, prog_name="dermatrend serve")


def _leave_on_terminate() -> None:
    """Turn a request to end into an orderly exit, so that throwaway folders go too."""

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)


def _open_when_ready(host: str, port: int, address: str) -> None:
    deadline = time.monotonic() + BROWSER_SECONDS
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((host, port), timeout=1):
                break
        except OSError:
            time.sleep(0.2)
    else:
        return
    webbrowser.open(address)


def run_demo(port: int | None = None) -> None:
    """The app with the sample course, in a workspace that is removed at the end."""
    from dermatrend.settings import load_settings
    from dermatrend.workflows import LOCAL_ACTOR, Workspace, load_sample_course

    folder = Path(tempfile.mkdtemp(prefix="dermatrend-demo-"))
    # The app is started by Streamlit, so what it should use is said where it looks: in the environment.
    os.environ["DERMATREND_DATA_DIR"] = str(folder)
    os.environ.pop("DERMATREND_DATABASE_URL", None)
    _leave_on_terminate()
    try:
        settings = load_settings()
        _check_address(settings.host, port or settings.port)
        say("Loading the sample course into a workspace that is thrown away at the end")
        with Workspace.open(settings) as workspace:
            load_sample_course(workspace, LOCAL_ACTOR, progress=progress_line())
        run_app(settings, port, open_browser=sys.stdout.isatty())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
