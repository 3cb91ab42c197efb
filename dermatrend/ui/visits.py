"""Who has opened a page of this server: a signed cookie, made and checked here.

The cookie carries no name and no right of its own. It shows that the browser was given a page by
this very server, so that a photo's address is worth nothing in a mail, in another browser or on
another site's page.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

# In memory only: restarting the server makes every older cookie worthless.
_KEY = secrets.token_bytes(32)


def cookie_name(port: int) -> str:
    """The cookie's name. It holds the port, because cookies are shared by all ports of a host.

    >>> cookie_name(8501)
    'dermatrend_8501'
    """
    return f"dermatrend_{port}"


def new_cookie() -> str:
    """A fresh signed value.

    >>> is_signed(new_cookie())
    True
    """
    visit = secrets.token_urlsafe(18)
    return f"{visit}.{_signature(visit)}"


def is_signed(value: str | None) -> bool:
    """Whether this server signed the value.

    >>> is_signed("someone.else"), is_signed(None)
    (False, False)
    """
    visit, _, signature = (value or "").partition(".")
    return bool(visit) and hmac.compare_digest(signature.encode(), _signature(visit).encode())


def _signature(visit: str) -> str:
    return hmac.new(_KEY, visit.encode(), hashlib.sha256).hexdigest()
