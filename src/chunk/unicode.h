// The little of Unicode that entity paths need (rrd.md §2.7).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mutoscope::chunk {

// The codepoint at text[*i]; moves *i past it. A byte that is not UTF-8 reads as U+FFFD, one byte long.
char32_t NextCodepoint(std::string_view text, size_t* i);
void AppendUtf8(char32_t codepoint, std::string* out);
bool IsCodepoint(char32_t value);  // below 0x110000 and no surrogate

// Letters and numbers of all scripts (properties Alphabetic, Nd, Nl, No).
bool IsAlphanumeric(char32_t codepoint);
char32_t ToLower(char32_t codepoint);
// "\u{00E4}": at least 4 upper-case hex digits.
std::string CodepointEscape(char32_t codepoint);

}  // namespace mutoscope::chunk
