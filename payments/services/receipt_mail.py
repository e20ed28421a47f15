"""A receipt as an e-mail, and what the mail server's answer means.

Text and HTML say the same, from the facts that are printed. Nothing here touches the database
but to read: no mail server is waited for in a transaction.
"""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import gettext, override

from payments.models import ReceiptEmail
from payments.services import receipts
from payments.services.receipts import Receipt

DUMMY = "django.core.mail.backends.dummy.EmailBackend"  # what no EMAIL_URL makes

ADDRESS_REFUSED = "address_refused"
MAIL_REFUSED = "mail_refused"
NOT_SET_UP = "mail_not_set_up"
SERVER_AWAY = "mail_server_away"
NOT_DUE = "receipt_not_due"


@dataclass(frozen=True)
class Failure:
    """Why it was not sent. The server's own words are not kept: they repeat the address."""

    code: str
    smtp_code: int | None = None
    is_final: bool = True


def send(row: ReceiptEmail) -> Failure | None:
    """Hand it to the mail server; None when that took it."""
    if settings.EMAIL_BACKEND == DUMMY:
        return Failure(NOT_SET_UP)
    if not receipts.is_due(row.payment):
        return Failure(NOT_DUE)
    message = compose(row)
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as refused:
        code = next(iter(refused.recipients.values()))[0]
        return Failure(ADDRESS_REFUSED, code, is_final=code >= 500)
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as refused:
        return Failure(MAIL_REFUSED, refused.smtp_code, is_final=refused.smtp_code >= 500)
    except smtplib.SMTPResponseException as refused:  # our login, our greeting: mended by us
        return Failure(SERVER_AWAY, refused.smtp_code, is_final=False)
    except OSError:  # SMTPException is one
        return Failure(SERVER_AWAY, is_final=False)
    return None


def compose(row: ReceiptEmail) -> EmailMultiAlternatives:
    """Whoever sends it once more sends it with the same Message-ID: it is the same mail."""
    store = row.payment.store
    shown = receipts.receipt(row.payment, row.language)
    _, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    with override(row.language):
        subject = gettext("Your receipt from {store}").format(store=_one_line(shown.store))
        text = as_text(shown)
        html = render_to_string("receipts/email.html", {"receipt": shown, "subject": subject})
    message = EmailMultiAlternatives(
        subject,
        text,
        formataddr((_one_line(shown.store), sender)),
        [row.email],
        reply_to=[store.receipt_email] if store.receipt_email else None,
        headers={
            "Message-ID": f"<receipt-{row.uuid}@{sender.rpartition('@')[2]}>",
            "Auto-Submitted": "auto-generated",
            "Content-Language": row.language,
        },
    )
    message.attach_alternative(html, "text/html")
    return message


def _one_line(words: str) -> str:
    return " ".join(words.split())


def as_text(receipt: Receipt) -> str:
    """For whoever reads mail as text, and for narrow columns: a fact a line."""
    head = [receipt.store, receipt.account, *receipt.address, "", receipt.order, receipt.at]
    parts = [
        "\n".join(head),
        receipt.note,
        *(_facts(facts) for facts in (receipt.lines, receipt.sums, receipt.paid)),
        receipt.footer,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(facts: list[tuple[str, str]]) -> str:
    return "\n".join(gettext("{name}: {value}").format(name=n, value=v) for n, v in facts)
