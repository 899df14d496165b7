"""A listening socket that takes no further connection, and resets none that it has taken.

The kernel accepts before the process does: it answers a SYN, so that the client sends its
request, and keeps the connection in a queue. When the last descriptor of the socket is closed,
the kernel resets what is in the queue. So new connections are refused first; what is in the
queue, and what the kernel is still shaking hands with, is accepted as always, and at the end
the queue is empty. A client that is refused has sent nothing, and may ask another replica.
"""

import errno
import logging
import os
import socket
import sys

log = logging.getLogger("bentoml.maas")

# <asm-generic/socket.h>: the same on x86 and ARM; Python 3.11 has no name for it.
_SO_BINDTOIFINDEX = 62

# The index of a network interface: the highest there is, which none has.
_NO_INTERFACE = 2**31 - 1


def refuse_connections(descriptor: int) -> None:
    """Let the kernel refuse connections to a listening TCP socket, which can still be accepted.

    It is bound to an interface that does not exist, so no new connection is for it; it is so in
    all processes that share it, for good. Linux 5.7 and later need no privilege for this.
    Elsewhere nothing happens, and what is in the queue at the end is reset.
    """
    if sys.platform != "linux":
        return
    with socket.socket(fileno=os.dup(descriptor)) as listener:
        if listener.family not in (socket.AF_INET, socket.AF_INET6):
            return
        try:
            listener.setsockopt(socket.SOL_SOCKET, _SO_BINDTOIFINDEX, _NO_INTERFACE)
        except OSError as error:
            if error.errno == errno.EPERM and _is_bound(listener):  # another process was first
                return
            log.warning("connections of the last moment will be reset: %s", error.strerror)


def _is_bound(listener: socket.socket) -> bool:
    return bool(listener.getsockopt(socket.SOL_SOCKET, _SO_BINDTOIFINDEX))
