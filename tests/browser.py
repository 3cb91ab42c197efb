"""Where the browser for the tests is: an installed Chromium or Chrome, else Playwright's own.

Run as a program it starts that browser once and prints its path, or says what keeps it from starting and
ends with 1.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
)
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",  # Chromium refuses to run as root with it, and containers are root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_browser() -> str | None:
    """Path of a Chromium-like browser, or None."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    for place in PLACES:
        if Path(place).is_file():
            return place
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).is_file() else None


def start_once(browser: str) -> None:
    """A browser that is there may still lack a library, and so may Playwright's driver; both raise."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        playwright.chromium.launch(executable_path=browser, args=list(CHROMIUM_ARGUMENTS)).close()


if __name__ == "__main__":
    browser = find_browser()
    if browser is None:
        sys.exit("No Chromium or Chrome was found, and Playwright's own is not installed.")
    start_once(browser)
    print(browser)
