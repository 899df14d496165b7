"""Bentos with a name and bytes of their own: what `python -m maas bento` packs.

Two of one version and one state of the code are equal, whenever, where and by whom they are made.

- `building`  builds a Bento in a folder of its own, as `bentoml build` does
- `tree`      the files of a Bento: their fixed modes and times, their digest, what differs
- `entry`     puts a Bento into the store, whole or not at all, and over no other one
- `model`     the model in an entry
- `archive`   the `.bento` file of an entry
"""
