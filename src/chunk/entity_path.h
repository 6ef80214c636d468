// Entity paths (rrd.md §2.7): forgiving parse, canonical text, and the order of columns (rulings.md A18).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mutoscope::chunk {

// Unescaped parts of a path; the root has none. Never fails (forgiving parse).
std::vector<std::string> ParseEntityPath(std::string_view text);
// "/" + escaped parts joined by "/"; "/" for the root.
std::string FormatEntityPath(const std::vector<std::string>& parts);
// FormatEntityPath(ParseEntityPath(text)), fast for text that is canonical already.
std::string CanonicalEntityPath(std::string_view text);

// True for text that names one path in every reader: parts that are not empty, everything but letters, digits and _-. escaped.
// What the redap server of Rerun demands of requests; the slash at the beginning may be missing.
bool IsStrictEntityPath(std::string_view text);

// True for /__properties and everything below it.
bool IsPropertyPath(std::string_view canonical_path);

// Part-wise, natural (digit runs as numbers), case-insensitive first, parts that start with "__" last:
// / < /1 < /_x < /A < /a < /a/b < /ab < /n2 < /n10 < /Z < /__properties
bool EntityPathLess(std::string_view canonical_a, std::string_view canonical_b);

}  // namespace mutoscope::chunk
