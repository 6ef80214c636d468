"""Descriptors and selectors of columns."""

from __future__ import annotations

import dataclasses

import pyarrow as pa


@dataclasses.dataclass(frozen=True, repr=False)
class IndexColumnDescriptor:
    """An index (timeline) of a dataset."""

    name: str
    is_static: bool = dataclasses.field(default=False, init=False, compare=False)

    def __repr__(self) -> str:
        return f"Index(timeline:{self.name})"


@dataclasses.dataclass(frozen=True, repr=False)
class ComponentColumnDescriptor:
    """A component of an entity.

    Attributes
    ----------
    entity_path, component, component_type, archetype
        What the column holds.
    is_static
        Whether it has static data anywhere in the dataset.
    is_property
        Whether it is a property of the recordings.
    name
        Of the column in answers.
    """

    entity_path: str
    component: str
    component_type: str | None
    archetype: str | None
    is_static: bool
    is_property: bool
    name: str

    def __repr__(self) -> str:
        lines = [f"Column name: {self.name}", f"Entity path: {self.entity_path}"]
        if self.archetype is not None:
            lines.append(f"Archetype: {self.archetype}")
        if self.component_type is not None:
            lines.append(f"Component type: {self.component_type}")
        lines.append(f"Component: {self.component}")
        if self.is_static:
            lines.append("Static: true")
        return "\n\t".join(lines)


@dataclasses.dataclass(repr=False)
class IndexColumnSelector:
    """Names an index."""

    name: str

    def __init__(self, index: str) -> None:
        self.name = index

    def __repr__(self) -> str:
        return f"Index(timeline:{self.name})"


@dataclasses.dataclass(repr=False)
class ComponentColumnSelector:
    """Names a component of an entity."""

    entity_path: str
    component: str

    def __post_init__(self) -> None:
        self.entity_path = "/" + self.entity_path.strip("/")

    def __repr__(self) -> str:
        return f"{self.entity_path}:{self.component}"


ColumnDescriptor = IndexColumnDescriptor | ComponentColumnDescriptor


def metadata_of(field: pa.Field) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}


def descriptor_of(field: pa.Field) -> ColumnDescriptor | None:
    """None for row ids and other columns that are neither index nor component."""
    metadata = metadata_of(field)
    if metadata.get("rerun:kind") == "index":
        return IndexColumnDescriptor(field.name)
    if metadata.get("rerun:kind") != "data":
        return None
    entity_path = metadata.get("rerun:entity_path", "/")
    return ComponentColumnDescriptor(
        entity_path=entity_path,
        component=metadata.get("rerun:component", ""),
        component_type=metadata.get("rerun:component_type"),
        archetype=metadata.get("rerun:archetype"),
        is_static=metadata.get("rerun:is_static") == "true",
        is_property=entity_path == "/__properties" or entity_path.startswith("/__properties/"),
        name=field.name,
    )
