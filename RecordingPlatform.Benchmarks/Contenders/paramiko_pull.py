"""Fetches files into a folder with paramiko and prints the seconds it took, without Python's own start.

Arguments: port user key-file folder files...
"""
import os
import sys
import time

import paramiko

port, user, key_file, folder, *files = sys.argv[1:]
begun = time.perf_counter()
transport = paramiko.Transport(("127.0.0.1", int(port)))
transport.connect(username=user, pkey=paramiko.Ed25519Key(filename=key_file))
client = paramiko.SFTPClient.from_transport(transport)
for path in files:
    client.get(path, os.path.join(folder, os.path.basename(path)))
transport.close()
print(f"{time.perf_counter() - begun:.4f}")
