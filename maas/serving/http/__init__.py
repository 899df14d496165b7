"""HTTP as the service speaks it; nothing here knows a model.

In the order of a request:

- `types`         the types of ASGI
- `request`       one request, with its id
- `api_keys`      whether its key is valid
- `body`          reads its body against a limit and a deadline
- `problems`      errors as RFC 9457 documents
- `response`      what is answered
- `uvicorn_send`  sends it, head and body in one write
- `access_log`    its line in the log
"""
