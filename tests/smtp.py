"""A mail server of our own, over a real socket: takes mail, or refuses as it is told."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


@dataclass
class MailServer:
    """`answers` has what it says instead of yes: `{"RCPT": "550 no such user"}`."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    taken: list[EmailMessage] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def running() -> Iterator[MailServer]:
    mails = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 ready")
            for line in iter(self.rfile.readline, b""):
                verb = line.decode().strip().upper().split(":")[0].split(" ")[0]
                mails.asked.append(verb)
                answer = mails.answers.get(verb, "250 yes")
                if answer == "hang up":
                    return
                if verb == "DATA" and answer.startswith("250"):
                    self.say("354 go on")
                    self.take()
                self.say("221 bye" if verb == "QUIT" else answer)

        def take(self) -> None:
            lines = []
            for line in iter(self.rfile.readline, b".\r\n"):
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            message: Any = message_from_bytes(b"".join(lines), policy=policy.default)
            mails.taken.append(message)

        def say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        mails.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield mails
        server.shutdown()
        thread.join()
