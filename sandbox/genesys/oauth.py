"""The login: client credentials in, bearer token out."""

from base64 import b64decode
from dataclasses import dataclass
from hmac import compare_digest
from secrets import token_urlsafe
from threading import Lock

from flask import Blueprint, Response, request

from .errors import ApiError, LoginError, json_response
from .instants import SECOND, Clock


@dataclass(frozen=True, slots=True)
class Client:
    """The OAuth client that the simulated organization knows."""

    id: str
    secret: str
    token_seconds: int = 86_400


class Login:
    """Issues and checks tokens of one client; its secret can change and its tokens can be revoked."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self.client = client
        self._clock = clock
        self._expiries: dict[str, int] = {}
        self._lock = Lock()

    def blueprint(self) -> Blueprint:
        routes = Blueprint("login", __name__)
        routes.add_url_rule("/oauth/token", view_func=self.token, methods=["POST"])
        return routes

    def token(self) -> Response:
        """Answer `POST /oauth/token`."""
        if request.mimetype != "application/x-www-form-urlencoded":
            raise LoginError(400, "invalid_request", "content type must be application/x-www-form-urlencoded")
        if request.form.get("grant_type") != "client_credentials":
            raise LoginError(400, "unsupported_grant_type", "grant_type must be client_credentials")
        identity, secret = _basic_credentials(request.headers.get("Authorization", ""))
        if identity != self.client.id:
            raise LoginError(400, "invalid_client", "client not found")
        if not compare_digest(secret.encode(), self.client.secret.encode()):
            raise LoginError(401, "invalid_client", "authentication failed")
        token = token_urlsafe(48)
        with self._lock:
            self._expiries[token] = self._clock() + self.client.token_seconds * SECOND
        return json_response({"access_token": token, "token_type": "bearer", "expires_in": self.client.token_seconds})

    def check(self, token: str) -> None:
        """Raise the platform's 401 unless a token was issued here and still lives."""
        if not token:
            message = "No authentication bearer token specified in authorization header."
            raise ApiError(401, message, "authentication.required")
        with self._lock:
            expiry = self._expiries.get(token)
        if expiry is None:
            raise ApiError(401, "Invalid login credentials.", "bad.credentials")
        if self._clock() >= expiry:
            raise ApiError(401, "The supplied credentials have expired.", "credentials.expired")

    def revoke_all(self) -> None:
        """Make every token issued so far invalid."""
        with self._lock:
            self._expiries.clear()

    def rotate(self, secret: str) -> None:
        """Set a new secret; the old one is refused from now on, tokens issued with it go on."""
        self.client = Client(self.client.id, secret, self.client.token_seconds)


def bearer_token() -> str:
    """The token of the request at hand, empty where it has none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _basic_credentials(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise LoginError(400, "invalid_request", "client credentials belong in a Basic Authorization header")
    try:
        identity, colon, secret = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError as error:
        raise LoginError(400, "invalid_request", "the Basic Authorization header is not valid base64") from error
    if not colon:
        raise LoginError(400, "invalid_request", "the Basic Authorization header lacks a colon")
    return identity, secret
