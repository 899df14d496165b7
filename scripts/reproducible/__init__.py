"""Builds every package twice and says what differs, file by file: `make reproducible`.

- `members`  what is in a folder or a tar, and how two of them differ
- `copies`   two copies of the project, as different as two checkouts can be
- `engine`   the calls of the container engine
- `images`   builds an image, and compares two
- `bentos`   builds a Bento, and compares two
"""
