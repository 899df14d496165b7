"""Real processes, by capability: `train.py`, the commands, the service, Bentos and images.

`attacks` sends what is hostile: requests, crashes and full disks, environments.
"""
