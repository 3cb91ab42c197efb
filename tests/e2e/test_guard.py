"""A photo's address is worth nothing without the cookie: with real servers, started in both ways."""

from __future__ import annotations

import http.client

import pytest

from tests.e2e.conftest import Prepared
from tests.e2e.servers import Server


def addresses(prepared: Prepared) -> list[str]:
    return [
        f"/photo/{prepared.photo_id}",
        f"/picture/{prepared.picture_id}",
        "/media/0123456789abcdef.jpg",
        "/draft/anything",
    ]


def test_photos_answer_403_without_the_cookie(either_server: Server, prepared: Prepared) -> None:
    for path in addresses(prepared):
        status, headers, body = either_server.get(path)
        assert status == 403, path
        assert headers["cache-control"] == "no-store"
        assert b"JFIF" not in body


def test_a_forged_or_foreign_cookie_is_refused(either_server: Server, prepared: Prepared) -> None:
    name, _, value = either_server.cookie().partition("=")
    visit, _, signature = value.partition(".")
    forged = [
        f"{name}=",
        f"{name}=someone",
        f"{name}={visit}.",
        f"{name}={visit}x.{signature}",
        f"{name}={visit}.{signature[:-1]}0{signature[-1]}",
        f"other={value}",
    ]
    for cookie in forged:
        assert either_server.get(addresses(prepared)[0], Cookie=cookie)[0] == 403, cookie


@pytest.mark.parametrize("page", ["/", "/compare", "/method", "/anything/else"])
def test_every_page_gives_the_cookie_and_it_opens_photos(
    either_server: Server, prepared: Prepared, page: str
) -> None:
    _, headers, _ = either_server.get(page, Accept="text/html")
    given = headers["set-cookie"]
    assert "HttpOnly" in given
    assert "SameSite=Strict" in given
    for path in addresses(prepared)[:2]:
        status, headers, body = either_server.get(path, Cookie=given.split(";")[0])
        assert status == 200
        assert headers["content-type"] == "image/jpeg"
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert b"Exif" not in body


def test_unknown_ids_are_not_told_apart(either_server: Server) -> None:
    cookie = either_server.cookie()
    replies = {
        either_server.get(f"/{kind}/{'0' * 64}", Cookie=cookie)[::2] for kind in ("photo", "picture", "draft")
    }
    assert replies == {(404, b"There is no such picture.")}


def test_a_page_is_never_answered_from_the_browser_cache(either_server: Server) -> None:
    # "304 Not modified" would come without a cookie, and a restarted server would show no photos.
    _, headers, _ = either_server.get("/", Accept="text/html")
    modified = headers.get("last-modified", "Sun, 01 Nov 2026 00:00:00 GMT")
    status, headers, body = either_server.get(
        "/", Accept="text/html", If_Modified_Since=modified, Accept_Encoding="gzip"
    )
    assert status == 200
    assert headers["cache-control"] == "no-store"
    assert "set-cookie" in headers
    assert b"<title>Dermatrend</title>" in body


def test_headers_of_a_page(either_server: Server) -> None:
    _, headers, _ = either_server.get("/", Accept="text/html")
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert not any("http" in sources or "*" in sources for sources in policy.values())
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", "", "["])
def test_other_host_names_are_refused(either_server: Server, host: str) -> None:
    for path in ("/", "/photo/x", "/_stcore/health"):
        assert either_server.get(path, host=host)[0] == 400
    assert either_server.get("/", host=f"localhost:{either_server.port}", Accept="text/html")[0] == 200


def test_a_websocket_under_another_name_or_origin_is_refused(either_server: Server) -> None:
    def handshake(host: str, origin: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", either_server.port, timeout=10)
        connection.request(
            "GET",
            "/_stcore/stream",
            headers={
                "Host": host,
                "Origin": origin,
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            },
        )
        status = connection.getresponse().status
        connection.close()
        return status

    own = f"127.0.0.1:{either_server.port}"
    assert handshake(own, f"http://{own}") == 101
    assert handshake("evil.example", "http://evil.example") == 403
    assert handshake(own, "http://evil.example") == 403


def test_doors_that_are_not_needed_are_closed(either_server: Server) -> None:
    cookie = either_server.cookie()
    for path in ("/_stcore/agent/openapi.json", "/_stcore/agent/interact", "/_stcore/metrics"):
        assert either_server.get(path, Cookie=cookie)[0] == 404
