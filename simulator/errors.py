"""Stripe's error hash: https://docs.stripe.com/api/errors and /error-codes."""

from typing import Any


class StripeError(Exception):
    """An answer that is not 2xx. Raised by a handler, it counts as executed and is stored."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.error: dict[str, Any] = {
            key: value for key, value in fields.items() if value is not None
        }
        self.error |= {"message": message, "type": type}
        if code := self.error.get("code"):
            slug = str(code).replace("_", "-")
            self.error.setdefault("doc_url", f"https://docs.stripe.com/error-codes#{slug}")

    def body(self, **more: Any) -> dict[str, Any]:
        return {"error": self.error | more}


class OAuthError(StripeError):
    """The other shape: https://docs.stripe.com/connect/oauth-reference#post-deauthorize-error-codes."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, message)
        self._body = {"error": code, "error_description": message}

    @classmethod
    def of(cls, error: StripeError) -> StripeError:
        """What the gate or a fault refuses, as this endpoint words it; not what it never knew."""
        if isinstance(error, cls) or error.status not in (400, 401):
            return error
        code = str(error.error.get("code"))
        if error.status == 401:
            code = "invalid_client"
        elif error.error.get("param") == "grant_type" and code != "parameter_missing":
            code = "unsupported_grant_type"
        elif code not in ("invalid_grant", "invalid_scope"):
            code = "invalid_request"
        return cls(error.status, code, str(error))

    def body(self, **more: Any) -> dict[str, Any]:
        return self._body


def bad_request(message: str, code: str | None = None, param: str | None = None) -> StripeError:
    return StripeError(400, message, code=code, param=param)


def missing_object(noun: str, id: str, param: str = "id", *, in_path: bool = False) -> StripeError:
    """An unknown id, or one of another account: 404 in the path, 400 in a parameter."""
    return StripeError(
        404 if in_path else 400,
        f"No such {noun}: '{id}'",
        code="resource_missing",
        param=param,
    )


def missing_param(param: str) -> StripeError:
    return bad_request(f"Missing required param: {param}.", "parameter_missing", param)


def exclusive(param: str, other: str) -> StripeError:
    """Two parameters of which only one can be meant; the first is blamed."""
    message = f"You may only specify one of these parameters: {param}, {other}."
    return bad_request(message, "parameters_exclusive", param)


def not_simulated(what: str) -> StripeError:
    """The simulator answers truthfully or not at all."""
    return StripeError(501, f"The simulator does not do this: {what}", type="api_error")


def locked(noun: str, id: str) -> StripeError:
    """https://docs.stripe.com/rate-limits#object-lock-timeouts"""
    return StripeError(
        429,
        "This object cannot be accessed right now because another API request or Stripe process "
        f"is currently accessing it ({noun} {id}). If you see this error intermittently, retry "
        "the request.",
        code="lock_timeout",
        headers={"Stripe-Should-Retry": "true"},
    )
