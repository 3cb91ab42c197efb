"""The app as people start it: a real server in a process of its own, on a loopback port."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90

WAYS = {
    "streamlit run app.py": (
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.headless=true",
        "--server.port={port}",
    ),
    "dermatrend serve": ("-m", "dermatrend", "serve", "--port", "{port}"),
}


@dataclass(frozen=True)
class Server:
    """A running app."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, *, host: str | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """One request, with exactly these headers: (status, headers in lower case, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            own = f"127.0.0.1:{self.port}"
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", path, headers={"Host": own if host is None else host, **sent})
            reply = connection.getresponse()
            return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
        finally:
            connection.close()

    def cookie(self, path: str = "/") -> str:
        """The cookie that a page gives, ready to be sent back."""
        _, headers, _ = self.get(path, Accept="text/html")
        return headers["set-cookie"].split(";")[0]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(way: str, data_dir: Path) -> Iterator[Server]:
    """Start the app this way on a data folder, and end it in an orderly manner."""
    port = free_port()
    command = [sys.executable, *(part.format(port=port) for part in WAYS[way])]
    environment = {**os.environ, "DERMATREND_DATA_DIR": str(data_dir), "BROWSER": "true"}
    log = data_dir.parent / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            _wait_until_ready(process, Server(port), log)
            yield Server(port)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], server: Server, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}: {log.read_text()[-2000:]}")
        try:
            if server.get("/_stcore/health")[0] == 200:
                return
        except OSError:
            time.sleep(0.15)
    raise RuntimeError(f"the server did not answer in {START_SECONDS} s: {log.read_text()[-2000:]}")
