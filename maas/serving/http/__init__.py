"""HTTP as the service speaks it; nothing here knows a model.

In the order of a request:

- `types`         the types of ASGI
- `uvicorn_headers` keeps trailers out of a request's headers
- `uvicorn_cycle` what uvicorn knows of an exchange and ASGI does not say
- `request`       one request, with its id
- `api_keys`      whether its key is valid
- `content_type`  whether its body is one that is read
- `cors`          which web pages may ask
- `held_bytes`    what all requests hold together
- `body`          reads its body against the limits and a deadline
- `problems`      the form of refusals (RFC 9457), and what pydantic says of a body;
                  `maas.serving.app` raises the others
- `response`      what is answered: status, body, and the headers of this one answer
- `unread`        how long an answer waits for a client that does not read it
- `uvicorn_send`  sends it, head and body in one write
- `access_log`    its line in the log
"""
