#include "query/where_tokens.h"

#include <array>

#include "base/status.h"

namespace mutoscope::query {
namespace {

constexpr std::array<std::string_view, 15> kSymbols = {"<=", ">=", "!=", "<>", "==", "=", "<", ">",
                                                       "(",  ")",  "[",  "]",  ",",  "-", "+"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  arrow::Result<std::vector<Token>> All() {
    std::vector<Token> tokens;
    for (;;) {
      while (next_ < text_.size() && (text_[next_] == ' ' || text_[next_] == '\t' || text_[next_] == '\n')) ++next_;
      ARROW_ASSIGN_OR_RAISE(tokens.emplace_back(), One());
      if (tokens.back().kind == Token::Kind::kEnd) return tokens;
    }
  }

 private:
  arrow::Result<Token> One() {
    Token token{Token::Kind::kEnd, "", next_, ""};
    if (next_ == text_.size()) return token;
    const char c = text_[next_];
    if (c == '\'' || c == '"') return Quoted(token, c);
    if (IsDigit(c) || (c == '.' && next_ + 1 < text_.size() && IsDigit(text_[next_ + 1]))) return Number(token);
    if (IsLetter(c)) {
      token.kind = Token::Kind::kWord;
      token.text = Take([](char letter) { return IsLetter(letter) || IsDigit(letter); });
      return token;
    }
    for (const std::string_view symbol : kSymbols) {
      if (text_.substr(next_, symbol.size()) != symbol) continue;
      next_ += symbol.size();
      token.kind = Token::Kind::kSymbol;
      token.text = symbol;
      return token;
    }
    return WhereError(next_, fmt::format("'{}' is not expected here; quote names of columns like \"/arm:Joint:angle\"", c));
  }

  arrow::Result<Token> Quoted(Token token, char quote) {
    token.kind = quote == '"' ? Token::Kind::kQuoted : Token::Kind::kText;
    for (++next_; next_ < text_.size(); ++next_) {
      if (text_[next_] == quote) {
        ++next_;
        if (next_ == text_.size() || text_[next_] != quote) return token;
      }
      token.text += text_[next_];
    }
    return WhereError(token.position, fmt::format("the {} does not end", quote));
  }

  Token Number(Token token) {
    token.kind = Token::Kind::kNumber;
    token.text = Take([](char c) { return IsDigit(c) || c == '.'; });
    // 1e9, 1.5e-3; but 1e is the number 1 with the unit "e", which does not exist and is told so.
    size_t exponent = next_;
    if (exponent < text_.size() && (text_[exponent] == 'e' || text_[exponent] == 'E')) {
      ++exponent;
      if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-')) ++exponent;
      if (exponent < text_.size() && IsDigit(text_[exponent])) {
        token.text += text_.substr(next_, exponent - next_);
        next_ = exponent;
        token.text += Take(IsDigit);
      }
    }
    token.unit = Take(IsLetter);
    return token;
  }

  template <typename Belongs>
  std::string Take(Belongs belongs) {
    const size_t begin = next_;
    while (next_ < text_.size() && belongs(text_[next_])) ++next_;
    return std::string(text_.substr(begin, next_ - begin));
  }

  std::string_view text_;
  size_t next_ = 0;
};

}  // namespace

arrow::Result<std::vector<Token>> Tokenize(std::string_view text) { return Tokenizer(text).All(); }

arrow::Status WhereError(size_t position, std::string_view message) {
  return base::InvalidArgument("condition, character {}: {}", position + 1, message);
}

}  // namespace mutoscope::query
