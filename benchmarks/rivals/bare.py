"""A bare ASGI app that answers a constant: the most that uvicorn gives."""

import os
import sys

import uvicorn

ANSWER = b'{"input":{"feature1":1.5,"feature2":0.3},"prediction":"setosa","model_version":1}'
HEAD = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEAD})
    await send({"type": "http.response.body", "body": ANSWER})


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), lifespan="off", access_log=bool(os.environ.get("LOG")))
