"""Messages of the protocol by name, from our .proto files: for calls that no stock client makes."""

import functools
import pathlib
import subprocess
import tempfile

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from support import rpc
from support.paths import ROOT


@functools.cache
def _pool():
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory, "set")
        command = ["protoc", "-I", ROOT / "proto", "--include_imports", f"--descriptor_set_out={out}", "rerun/v1alpha1/cloud.proto"]
        subprocess.run(command, check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool


def message(name):
    """The class of rerun.cloud.v1alpha1.<name>."""
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"rerun.cloud.v1alpha1.{name}"))


def call(address, method, **fields):
    """The response of a unary method, or its error as (code, details)."""
    code, details, response = rpc.unary(address, f"{rpc.SERVICE}/{method}", message(f"{method}Request")(**fields).SerializeToString())
    return message(f"{method}Response").FromString(response) if code == grpc.StatusCode.OK else (code.name, details)
