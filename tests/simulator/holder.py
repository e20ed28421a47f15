"""A person with a browser, without JavaScript, on the pages that play Stripe's own."""

from html.parser import HTMLParser
from urllib.parse import urlencode

import httpx

WISH = {
    "response_type": "code",
    "client_id": "ca_SimPlatform0000000000000000",
    "scope": "read_write",
    "redirect_uri": "http://shop.example/connected",
    "state": "st",
}


class Form(HTMLParser):
    """The fields of a page with what they hold."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.buttons: list[str] = []
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        name, value = told.get("name") or "", told.get("value") or ""
        if tag == "button":
            self.buttons.append(value)
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in told or self._select not in self.fields):
            self.fields[self._select] = value
        elif tag == "input" and (told["type"] not in ("radio", "checkbox") or "checked" in told):
            self.fields[name] = value


class Holder:
    """They leave for the shop's own pages, on shop.example."""

    def __init__(self, browser: httpx.Client, url: str) -> None:
        self._browser = browser
        self.see(self._browser.get(url))

    def see(self, answer: httpx.Response) -> None:
        """Follow on as long as it stays within the simulator."""
        self.sent_to = ""
        while answer.is_redirect:
            location = httpx.URL(answer.url).join(answer.headers["Location"])
            if location.host == "shop.example":
                self.sent_to = str(location)
                return
            answer = self._browser.get(location)
        assert answer.status_code == 200
        self.url, self.page = answer.url, answer.text
        self.form = Form(answer.text)

    def press(self, button: str, **changes: str) -> None:
        assert button in self.form.buttons
        self.see(self._browser.post(self.url, data=self.form.fields | changes | {"act": button}))


def authorize(
    browser: httpx.Client, button: str = "connect", wish: dict[str, str] | None = None, **told: str
) -> dict[str, str]:
    """An owner on the page of OAuth; what the shop is told by the address they go on to."""
    holder = Holder(browser, f"/oauth/authorize?{urlencode(wish or WISH)}")
    holder.press(button, **told)
    return dict(httpx.URL(holder.sent_to).params)
