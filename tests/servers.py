"""Servers on this machine for tests of notifications: one that takes webhooks, one that takes mail, and a certificate."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Hook:
    """A server of webhooks: it answers with the statuses given, then with 200, and keeps what was posted."""

    statuses: list[int] = field(default_factory=list)
    location: str = ""
    posts: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Return an address with a secret in it."""
        return f"http://127.0.0.1:{self.port}/services/T000/S3cr3tT0ken"


@contextmanager
def hook_server(hook: Hook, context: ssl.SSLContext | None = None) -> Iterator[Hook]:
    """Run a server of webhooks."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.paths.append(self.path)
            hook.headers.append(dict(self.headers))
            hook.posts.append(json.loads(body))
            self.send_response(hook.statuses.pop(0) if hook.statuses else 200)
            if hook.location:
                self.send_header("Location", hook.location)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    hook.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Mailbox:
    """A mail server: what it offers and refuses, and the mails that it took."""

    starttls: ssl.SSLContext | None = None
    user: str = ""
    password: str = ""
    refused: dict[str, int] = field(default_factory=dict)
    data_code: int = 250
    quit_code: int = 221
    mails: list[str] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0


class _Session(socketserver.StreamRequestHandler):
    """One SMTP session (RFC 5321, with STARTTLS and AUTH PLAIN)."""

    box: Mailbox

    def handle(self) -> None:
        self.is_encrypted, self.to = isinstance(self.request, ssl.SSLSocket), []
        self._say(220, "here")
        while line := self.rfile.readline().decode().strip():
            if not self._answer(line):
                return

    def _say(self, code: int, *texts: str) -> None:
        lines = [
            f"{code}{'-' if number < len(texts) else ' '}{text}\r\n" for number, text in enumerate(texts, 1)
        ]
        self.wfile.write("".join(lines).encode())
        self.wfile.flush()

    def _answer(self, line: str) -> bool:
        verb = line.split(" ")[0].upper()
        if verb == "QUIT":
            self._say(self.box.quit_code, "bye")
            return False
        getattr(self, f"_on_{verb.lower()}", lambda _: self._say(502, "unknown"))(line)
        return True

    def _on_ehlo(self, _: str) -> None:
        offers = ["me"]
        if self.box.starttls and not self.is_encrypted:
            offers.append("STARTTLS")
        if self.box.user and self.is_encrypted:
            offers.append("AUTH PLAIN")
        self._say(250, *offers)

    def _on_starttls(self, _: str) -> None:
        self._say(220, "go on")
        assert self.box.starttls
        self.request = self.box.starttls.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb")
        self.is_encrypted = True

    def _on_auth(self, line: str) -> None:
        _, user, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
        self.box.logins.append((user, password))
        is_right = (user, password) == (self.box.user, self.box.password)
        self._say(*((235, "welcome") if is_right else (535, f"wrong password {password}")))

    def _on_mail(self, _: str) -> None:
        self.to = []
        self._say(250, "ok")

    def _on_rcpt(self, line: str) -> None:
        address = line.partition("<")[2].partition(">")[0]
        code = self.box.refused.get(address, 250)
        if code == 250:
            self.to.append(address)
        self._say(code, "seen")

    def _on_rset(self, _: str) -> None:
        self._say(250, "ok")

    def _on_data(self, _: str) -> None:
        self._say(354, "go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if self.box.data_code == 250:
            self.box.mails.append(b"".join(lines).decode())
            self.box.recipients.append(self.to)
            self.box.encrypted.append(self.is_encrypted)
        self._say(self.box.data_code, "done")


@contextmanager
def mail_server(box: Mailbox, context: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """Run a mail server; with `context` all of it is encrypted."""
    handler = type("Session", (_Session,), {"box": box})
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    box.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return the context of a server on 127.0.0.1 whose certificate nobody signed, and the file by which it is trusted."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    public, secret = folder / "public.pem", folder / "secret.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, secret)
    return context, public
