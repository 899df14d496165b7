"""The types of the API, from the signature of the served version.

- `endpoint`     a method of the service: bytes in, bytes out
- `responses`    the types of its answers
- `batch_type`   the type of a batch
- `row_batch`    rows that are checked and encoded by column
- `json_chunks`  reads a large body part by part
- `openapi`      docs.json, from the same types
- `info_routes`  what is answered without the model
"""
