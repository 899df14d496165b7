"""The types of the API, from the signature of the served version, and bytes to responses.

- `responses`    the types of what the methods of service.py return
- `batch_type`   the type of a batch
- `many_errors`  the first of a body's many errors, and their number
- `row_batch`    rows that are checked and encoded by column
- `json_chunks`  cuts a large body into chunks that are parsed one by one
- `arrow`        batches as Arrow streams
- `endpoint`     a method of the service: a body in, a response out
- `openapi`      docs.json: types from the endpoints, statuses, headers and routes from its tables
- `info_routes`  what is answered without the model
"""
