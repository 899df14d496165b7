"""HTTP as the service speaks it; nothing here knows a model.

- `types`         the types of ASGI
- `exchange`      one request and its answer
- `body`          reads a body against a limit and a deadline
- `problems`      errors as RFC 9457 documents
- `api_keys`      who may ask
- `access_log`    one line per request
- `uvicorn_send`  head and body of an answer in one write
"""
