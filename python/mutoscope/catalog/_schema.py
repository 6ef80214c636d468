"""The columns of a dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from mutoscope.catalog._columns import (
    ColumnDescriptor,
    ComponentColumnDescriptor,
    ComponentColumnSelector,
    IndexColumnDescriptor,
    descriptor_of,
)


class Schema:
    """Indexes and components of a dataset, in this order when iterated over.

    Examples
    --------
    >>> schema = dataset.schema()
    >>> schema.index_columns()
    [Index(timeline:frame), Index(timeline:log_time)]
    >>> schema.column_names_for(entity_path="/camera")
    ['/camera:EncodedImage:blob', '/camera:EncodedImage:media_type']
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._arrow = schema
        described = [descriptor for field in schema if (descriptor := descriptor_of(field)) is not None]
        self._indexes = [column for column in described if isinstance(column, IndexColumnDescriptor)]
        self._components = [column for column in described if isinstance(column, ComponentColumnDescriptor)]

    def index_columns(self) -> Sequence[IndexColumnDescriptor]:
        return list(self._indexes)

    def component_columns(self) -> Sequence[ComponentColumnDescriptor]:
        return list(self._components)

    def column_for(self, entity_path: str, component: str) -> ComponentColumnDescriptor | None:
        """The column of a component of an entity, or None."""
        path = "/" + entity_path.strip("/")
        return next((column for column in self._components if (column.entity_path, column.component) == (path, component)), None)

    def column_for_selector(self, selector: str | ComponentColumnSelector | ComponentColumnDescriptor) -> ComponentColumnDescriptor:
        """The column that a selector, a descriptor or "entity:component" names.

        Raises
        ------
        LookupError
            There is no such column.
        ValueError
            The text has no ":".
        TypeError
            `selector` is something else.
        """
        if isinstance(selector, str):
            entity_path, colon, component = selector.partition(":")
            if not colon:
                raise ValueError(f"Expected string in the form of `entity_path:component_type`, got: {selector}")
        elif isinstance(selector, (ComponentColumnSelector, ComponentColumnDescriptor)):
            entity_path, component = selector.entity_path, selector.component
        else:
            raise TypeError(f"argument 'selector': expected str, ComponentColumnSelector or ComponentColumnDescriptor, got {selector!r}")
        column = self.column_for(entity_path, component)
        if column is None:
            raise LookupError(f"Could not find column for selector {entity_path}:{component}")
        return column

    def columns_for(
        self,
        *,
        entity_path: str | None = None,
        archetype: str | type[Any] | None = None,
        component_type: str | None = None,
        include_properties: bool = False,
    ) -> list[ComponentColumnDescriptor]:
        """The columns with these traits; without any of them all columns.

        Parameters
        ----------
        entity_path
            Exactly this entity.
        archetype
            Full or short name, or a class with the short name.
        component_type
            Full or short name.
        include_properties
            Also properties of recordings.
        """
        return [
            column
            for column in self._components
            if (include_properties or not column.is_property)
            and (entity_path is None or column.entity_path == "/" + entity_path.strip("/"))
            and (archetype is None or _is_named(column.archetype, archetype))
            and (component_type is None or _is_named(column.component_type, component_type))
        ]

    def column_names_for(
        self,
        *,
        entity_path: str | None = None,
        archetype: str | type[Any] | None = None,
        component_type: str | None = None,
        include_properties: bool = False,
    ) -> list[str]:
        """The names of :meth:`columns_for`."""
        columns = self.columns_for(
            entity_path=entity_path, archetype=archetype, component_type=component_type, include_properties=include_properties
        )
        return [column.name for column in columns]

    def column_names(self) -> list[str]:
        return [column.name for column in self]

    def entity_paths(self, *, include_properties: bool = False) -> list[str]:
        """Sorted."""
        return sorted({column.entity_path for column in self._chosen(include_properties)})

    def archetypes(self, *, include_properties: bool = False) -> list[str]:
        """Full names, sorted."""
        return sorted({column.archetype for column in self._chosen(include_properties) if column.archetype is not None})

    def component_types(self, *, include_properties: bool = False) -> list[str]:
        """Full names, sorted."""
        return sorted({column.component_type for column in self._chosen(include_properties) if column.component_type is not None})

    def to_arrow(self) -> pa.Schema:
        return self._arrow

    def _chosen(self, include_properties: bool) -> list[ComponentColumnDescriptor]:
        return [column for column in self._components if include_properties or not column.is_property]

    def __iter__(self) -> Iterator[ColumnDescriptor]:
        yield from self._indexes
        yield from self._components

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Schema) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "\n".join(repr(column) for column in self)

    def __arrow_c_schema__(self) -> Any:
        return self._arrow.__arrow_c_schema__()


def _is_named(full_name: str | None, wanted: str | type[Any]) -> bool:
    if full_name is None:
        return False
    name = wanted if isinstance(wanted, str) else wanted.__name__
    return name in (full_name, full_name.rpartition(".")[2])
