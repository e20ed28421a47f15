"""The least of Stripe's API that dj-stripe asks for when a payment has succeeded.

`python -m bench.stub PORT`; how long each answer takes is set with `PUT /delay/150`
(milliseconds). Kept-alive connections, no other checks: what is measured is not this.
"""

import asyncio
import json
import sys

from bench.events import MARK, OBJECTS

delay = 0.0
ANSWERS = {
    "payment_intents": json.dumps(OBJECTS["payment_intent"]),
    "payment_methods": json.dumps(OBJECTS["payment_method"]),
    "account": json.dumps(OBJECTS["account"]),
}


def answer(method: str, path: str) -> tuple[int, str]:
    global delay
    parts = path.partition("?")[0].strip("/").split("/")
    if method == "PUT" and parts[0] == "delay":
        delay = float(parts[1]) / 1000
        return 200, "{}"
    kind = parts[1] if len(parts) > 1 else ""
    if kind not in ANSWERS:
        return 404, '{"error": {"type": "invalid_request_error", "message": "Not in this stub."}}'
    number = parts[2].partition("_")[2] if len(parts) > 2 else ""
    return 200, ANSWERS[kind].replace(MARK, number)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, until the other side closes it."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, path, _ = head.split(" ", 2)
            if method != "PUT" and delay:
                await asyncio.sleep(delay)
            status, body = answer(method, path)
            writer.write(
                f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nRequest-Id: req_1\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main(port: int) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
