"""The messages of redap, compiled from proto/ when first needed."""

import functools
import subprocess
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from support.paths import ROOT

CLOUD, COMMON = "rerun.cloud.v1alpha1", "rerun.common.v1alpha1"
SERVICE = f"{CLOUD}.RerunCloudService"
FILES = ["rerun/v1alpha1/cloud.proto", "rerun/v1alpha1/sdk_comms.proto", "mutoscope/v1/query.proto"]
SERVICES = [SERVICE, "rerun.sdk_comms.v1alpha1.MessageProxyService", "mutoscope.v1.QueryService"]


@functools.cache
def pool():
    with tempfile.NamedTemporaryFile(suffix=".binpb") as out:
        command = ["protoc", f"-I{ROOT / 'proto'}", "--include_imports", f"--descriptor_set_out={out.name}", *FILES]
        subprocess.run(command, check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read())
    descriptors = descriptor_pool.DescriptorPool()
    for file in files.file:
        descriptors.Add(file)
    return descriptors


@functools.cache
def message_class(full_name):
    return message_factory.GetMessageClass(pool().FindMessageTypeByName(full_name))


@functools.cache
def methods():
    """Every method of both versions by name."""
    return dict(pool().FindServiceByName(SERVICE).methods_by_name)


@functools.cache
def every_method():
    """(path, descriptor) of the methods of all services."""
    return [(f"/{service}/{method.name}", method) for service in SERVICES for method in pool().FindServiceByName(service).methods]


def build(full_name, content):
    """A message from a dict; enums are numbers, a message may stand for itself."""
    message = message_class(full_name)()
    fill(message, content)
    return message


def fill(message, content):
    for name, value in content.items():
        field = message.DESCRIPTOR.fields_by_name[name]
        if field.label == field.LABEL_REPEATED:
            for item in value:
                fill_one(message, field, item, lambda: getattr(message, name).add(), getattr(message, name).append)
        elif value is not None:
            fill_one(message, field, value, lambda: set_empty(message, name), lambda item: setattr(message, name, item))


def fill_one(message, field, value, make, put):
    if field.type != field.TYPE_MESSAGE:
        put(value)
    elif hasattr(value, "SerializeToString"):
        make().MergeFromString(value.SerializeToString())
    else:
        fill(make(), value)


def set_empty(message, name):
    child = getattr(message, name)
    child.SetInParent()
    return child
