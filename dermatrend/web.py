"""The web layer around the pages: who may fetch what, and with which headers.

Streamlit's `/media` has no access control, so patient photos never go there. They are served by the
routes below, and `Guard` answers 403 to whoever does not hold the cookie that this server gives with
every page. `parts()` hands all of it to `st.App`, so `streamlit run app.py` and `dermatrend serve`
are guarded alike.
"""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from analysis.errors import AnalysisError
from dermatrend import ui
from dermatrend.ui import drafts, state, visits

PRIVATE = ("/photo/", "/picture/", "/draft/", "/media/")
"""Nothing below these is answered without the cookie."""

CLOSED = ("/_stcore/agent", "/_stcore/metrics")
"""Doors of Streamlit that this app does not need: reading the pages without a browser, counters."""

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def parts() -> dict[str, Any]:
    """The keyword arguments for `st.App`: middleware, routes and the closing of the workspace.

    >>> sorted(parts())
    ['lifespan', 'middleware', 'routes']
    """
    return {
        "middleware": [Middleware(Guard)],
        "routes": [
            Route("/photo/{id}", _photo, methods=["GET"]),
            Route("/picture/{id}", _picture, methods=["GET"]),
            Route("/draft/{id}", _draft, methods=["GET"]),
        ],
        "lifespan": _lifespan,
    }


@asynccontextmanager
async def _lifespan(_app: object) -> AsyncIterator[None]:
    threading.Thread(target=state.warm_up, name="warm-up", daemon=True).start()
    yield
    state.close_workspace()


# Starlette runs these plain functions in threads: reading a file does not hold up the pages.
def _photo(request: Request) -> Response:
    return _image(lambda: state.photo(request.path_params["id"]))


def _picture(request: Request) -> Response:
    return _image(lambda: state.picture(request.path_params["id"]))


def _draft(request: Request) -> Response:
    return _image(lambda: ("image/jpeg", drafts.get(request.path_params["id"])))


def _image(read: Callable[[], tuple[str, bytes]]) -> Response:
    try:
        media_type, data = read()
    except (LookupError, PermissionError, AnalysisError):
        # One answer for "not there" and "not yours": an address must not tell which ids exist.
        return PlainTextResponse("There is no such picture.", status_code=404)
    return Response(data, media_type=media_type)


class Guard:
    """ASGI middleware: host names, the cookie, and the headers of every reply."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.policy = content_security_policy()
        self.look = (Path(ui.__file__).parent / "app.css").read_bytes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass the request on and harden its reply."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        name = visits.cookie_name(_port(scope))
        known = visits.is_signed(_cookie(headers, name))
        path = _path_without_base(scope["path"])
        refusal = _refusal(headers.get("host"), path, known)
        if refusal is not None:
            await _refuse(scope, receive, send, *refusal)
            return
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        if "text/html" in headers.get("accept", ""):
            _always_answer_in_full(scope)
        cookie = None if known else f"{name}={visits.new_cookie()}; Path=/; HttpOnly; SameSite=Strict"
        if cookie and scope.get("scheme") == "https":
            cookie += "; Secure"
        held: list[Message] = []

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._harden(MutableHeaders(scope=message), cookie, private=path.startswith(PRIVATE))
                if _is_page(message):
                    held.append(message)
                    return
            elif held:
                held.append(message)
                if not message.get("more_body"):
                    await self._send_page(held, send)
                return
            await send(message)

        await self.app(scope, receive, send_guarded)

    async def _send_page(self, held: list[Message], send: Send) -> None:
        start, *parts = held
        body = b"".join(part.get("body", b"") for part in parts)
        # Our look comes with the page: as an element in it, it would come late and the page would jump.
        dressed = body.replace(b"<title>Streamlit</title>", b"<title>Dermatrend</title>", 1)
        dressed = dressed.replace(b"</head>", b"<style>" + self.look + b"</style></head>", 1)
        if body:
            reply = MutableHeaders(scope=start)
            reply["Content-Length"] = str(len(dressed))
            del reply["ETag"]
        await send(start)
        await send({"type": "http.response.body", "body": dressed})

    def _harden(self, reply: MutableHeaders, cookie: str | None, *, private: bool) -> None:
        reply["X-Content-Type-Options"] = "nosniff"
        reply["Referrer-Policy"] = "no-referrer"
        reply["X-Frame-Options"] = "DENY"
        reply["Cross-Origin-Opener-Policy"] = "same-origin"
        reply["Cross-Origin-Resource-Policy"] = "same-origin"
        reply["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
        reply["Content-Security-Policy"] = self.policy
        page = reply.get("content-type", "").startswith("text/html")
        if private or page:
            reply["Cache-Control"] = "no-store"
        if page and cookie:
            reply.append("Set-Cookie", cookie)


def _refusal(host: str | None, path: str, known: bool) -> tuple[int, str] | None:
    """(status, text) for a request that gets no further."""
    if not host_allowed(host):
        return 400, "This server does not answer to that host name."
    if path.startswith(CLOSED):
        return 404, "Not found."
    if path.startswith(PRIVATE) and not known:
        return 403, "Open this picture from its page."
    return None


def _is_page(start: Message) -> bool:
    return Headers(scope=start).get("content-type", "").startswith("text/html")


def content_security_policy() -> str:
    """What a page may load: this server only, and no code that is put together in the page.

    Own components arrive as `blob:` modules, Streamlit's page holds one inline script (allowed by
    its hash), and its styles are made in the page, hence `unsafe-inline` for styles alone.
    """
    page = Path(streamlit.__file__).parent / "static" / "index.html"
    scripts = r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>"
    inline = re.findall(scripts, page.read_text("utf-8"), re.DOTALL)
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in inline]
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", "blob:", *hashes]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def host_allowed(host: str | None) -> bool:
    """Whether a Host header names this server: a loopback name, or one of `server.allowedHosts`.

    Any other name would let a web page of someone else reach a server on this machine (DNS rebinding).

    >>> host_allowed("127.0.0.1:8501"), host_allowed("elsewhere.example"), host_allowed(None)
    (True, False, False)
    """
    try:
        name = urlsplit(f"//{host or ''}").hostname or ""
    except ValueError:
        return False
    listed = {str(entry).strip().lower() for entry in config.get_option("server.allowedHosts") or ()}
    return name.rstrip(".") in LOOPBACK_NAMES | listed


def _path_without_base(path: str) -> str:
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return path.removeprefix(f"/{base}") if base else path


def _port(scope: Scope) -> int:
    server = scope.get("server") or ("", 0)
    return int(server[1] or 0)


def _cookie(headers: Headers, name: str) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return found.value if found else None


def _always_answer_in_full(scope: Scope) -> None:
    # "304 Not modified" carries no cookie: after a restart an old page would show no photos. And the page is
    # small: uncompressed, our look can be put into it.
    dropped = (b"if-none-match", b"if-modified-since", b"accept-encoding")
    scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in dropped]


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, text: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": text})
        return
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    await PlainTextResponse(text, status_code=status, headers=headers)(scope, receive, send)
