"""A small OpenID Connect provider on loopback: authorize, token with PKCE, userinfo, keys.

For tests of signing in by SSO.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, CLIENT_SECRET = "miniatures", "a secret between two"


@dataclass
class Provider:
    """Where it listens, and who is signed in there.

    Attributes:
        issuer: Its address.
        person: Claims about the person who is signed in at the provider.
        audience: For whom tokens are made; anything but our client is a token of somebody else.
        refuses: The person declines at the provider.
        last_proof_at: When the person proved who they are to it; None for a provider that never says.
        says_unasked: It says when that was to whoever did not ask (`max_age`) too.
        asked: What each browser that came was sent with.
        elsewhere: Endpoints that it says lie at other addresses.
        leads_on: Where it redirects requests for a path.
        requests: Paths that were asked for.
    """

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    audience: str = CLIENT_ID
    refuses: bool = False
    last_proof_at: float | None = None
    says_unasked: bool = True
    asked: list[dict[str, str]] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)
    leads_on: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048))

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "claims_supported": ["sub", "email"] if self.last_proof_at is None else ["sub", "email", "auth_time"],
            **self.elsewhere,
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        self.asked.append(query)
        if self.last_proof_at is not None and query.get("prompt") == "login":
            self.last_proof_at = time.time()
        if self.refuses:
            return f"{query['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': query['state']})}"
        code = secrets.token_urlsafe(12)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET)
            or base64.urlsafe_b64encode(challenge).decode().rstrip("=") != asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.audience, "iat": now, "exp": now + 60, **self.person}
        if self.last_proof_at is not None and (self.says_unasked or "max_age" in asked):
            claims["auth_time"] = int(self.last_proof_at)
        signed = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})
        return 200, {"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": signed}


@contextmanager
def running() -> Iterator[Provider]:
    """A provider that listens until the block ends."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.requests.append(self.path)
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path in provider.leads_on:
                self._lead_on(provider.leads_on[parts.path])
            elif parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.end_headers()
            elif parts.path == "/userinfo":
                self._answer(200, provider.person)
            elif parts.path == "/keys":
                key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(provider.key.public_key()))
                self._answer(200, {"keys": [{**key, "kid": "one", "alg": "RS256"}]})
            else:
                self._answer(200, provider.configuration())

        def do_POST(self) -> None:
            provider.requests.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.path in provider.leads_on:
                self._lead_on(provider.leads_on[self.path])
                return
            self._answer(*provider.token({name: values[0] for name, values in parse_qs(body).items()}))

        def _lead_on(self, url: str) -> None:
            self.send_response(307)
            self.send_header("Location", url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
