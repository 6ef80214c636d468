// The tables of catalog.db, one script a version (docs/formats/catalog_db.md).
#pragma once

#include <cstddef>
#include <span>

namespace mutoscope::catalog {

// Scripts in order: number i leads from version i to version i + 1. Released scripts never change.
std::span<const char* const> Migrations();

}  // namespace mutoscope::catalog
