"""Starting the app: which file, which options, which addresses are refused."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from pathlib import Path

import pytest

from dermatrend import serving
from dermatrend.serving import CannotServe, app_files, options, run_app
from dermatrend.settings import Settings
from tests.conftest import ROOT

SAFE = {
    "server.address": "127.0.0.1",
    "server.maxUploadSize": 30,
    "server.fileWatcherType": "none",
    "server.disconnectedSessionTTL": 60,
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.enableStaticServing": False,
    "browser.serverAddress": "localhost",
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "runner.magicEnabled": False,
}


def test_the_config_file_is_safe() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    for name, value in SAFE.items():
        section, key = name.split(".")
        assert config[section][key] == value, name
    assert config["server"]["allowedHosts"]
    assert "*" not in config["server"]["allowedHosts"]


def test_the_checkout_has_both_files() -> None:
    assert app_files() == (ROOT / "app.py", ROOT / ".streamlit" / "config.toml")


def test_an_installed_package_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "dermatrend"
    package.mkdir()
    monkeypatch.setattr(serving, "PACKAGE", package)
    with pytest.raises(CannotServe, match="start file was not found"):
        app_files()
    (tmp_path / "dermatrend_app.py").touch()
    (package / "streamlit_config.toml").touch()
    assert app_files() == (tmp_path / "dermatrend_app.py", package / "streamlit_config.toml")


def test_theme_sections_become_nested_options() -> None:
    assert list(options({"theme": {"dark": {"textColor": "#eee"}}})) == ["--theme.dark.textColor=#eee"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::"])  # noqa: S104 - the mistake under test
def test_other_machines_are_refused(host: str) -> None:
    with pytest.raises(CannotServe, match="this machine only"):
        run_app(Settings(host=host))


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotServe, match=f"Port {port}"):
            run_app(Settings(), port)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_serve_answers_and_ends_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Neither a config file of the user nor a variable may open the app to other machines.
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text('[server]\naddress = "0.0.0.0"\n')
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")  # noqa: S104 - the mistake under test
    monkeypatch.setenv("DERMATREND_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    port = free_port()
    command = [sys.executable, "-m", "dermatrend", "serve", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        body = wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
        assert body == "ok"
        assert listening_only_on_loopback(port)
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=30)
    assert f"http://localhost:{port}" in output
    assert "Traceback" not in output
    assert process.returncode == 128 + 15


def wait_for(address: str, process: subprocess.Popen[str], seconds: float = 60) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own server
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"nothing answered at {address}")


def listening_only_on_loopback(port: int) -> bool:
    own = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in own - {"127.0.0.1", "127.0.1.1"}:
        with socket.socket() as probe:
            if probe.connect_ex((address, port)) == 0:
                return False
    return True


def test_the_demo_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from dermatrend import workflows

    seen: dict[str, Path] = {}

    def load(workspace: workflows.Workspace, _actor: object, **_: object) -> None:
        seen["loaded"] = workspace.settings.data_dir
        assert workspace.settings.database_url is None

    def serve(settings: Settings, _port: int | None, **_: object) -> None:
        assert settings.data_dir == seen["loaded"]
        assert Path(os.environ["DERMATREND_DATA_DIR"]) == settings.data_dir
        assert any(settings.data_dir.iterdir())

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(workflows, "load_sample_course", load)
    monkeypatch.setattr(serving, "run_app", serve)
    monkeypatch.setattr(serving, "_leave_on_terminate", lambda: None)
    monkeypatch.setenv("DERMATREND_DATA_DIR", str(tmp_path / "own"))
    monkeypatch.setenv("DERMATREND_DATABASE_URL", "sqlite:///nowhere.db")
    serving.run_demo(free_port())
    assert seen["loaded"].parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_the_browser_opens_once_the_app_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(serving.webbrowser, "open", opened.append)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        serving._open_when_ready("127.0.0.1", listener.getsockname()[1], "http://localhost:1")
    assert opened == ["http://localhost:1"]
    monkeypatch.setattr(serving, "BROWSER_SECONDS", 0)
    serving._open_when_ready("127.0.0.1", free_port(), "http://localhost:2")
    assert len(opened) == 1
