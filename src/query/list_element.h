// list_element that gives null where the element is not there; Arrow's own fails the query.
#pragma once

namespace mutoscope::query {

inline constexpr char kListElementOrNull[] = "mutoscope_list_element";

}  // namespace mutoscope::query
