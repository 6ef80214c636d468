#include "native/expression_codec.h"

#include <charconv>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow/array.h"
#include "arrow/compute/api_scalar.h"
#include "arrow/compute/function.h"
#include "arrow/compute/registry.h"
#include "arrow/ipc/dictionary.h"
#include "arrow/ipc/message.h"
#include "arrow/ipc/options.h"
#include "arrow/ipc/reader.h"
#include "arrow/record_batch.h"
#include "arrow/util/checked_cast.h"
#include "arrow/util/utf8.h"
#include "base/status.h"
#include "chunk/flat_table.h"
#include "chunk/ipc_layout.h"
#include "native/function_list.h"

namespace mutoscope::native {
namespace {

namespace compute = arrow::compute;
using chunk::FlatTable;
using chunk::FlatVector;
using Span = std::span<const uint8_t>;

constexpr std::string_view kFileMagic{"ARROW1\0\0", 8};
constexpr uint64_t kSharingMax = 4;  // parts of the schema that fields may share, as a multiple of its size
constexpr int kTypeDepthMax = 3;     // options: a struct with a list
constexpr uint8_t kSchemaHeader = 1;
constexpr uint8_t kTimestampType = 10;

arrow::Status Damaged(std::string_view what) {
  return base::InvalidArgument("filter: the serialized expression is damaged: {}", what);
}

// One line of the expression: "call" and a function, "literal" and a column of the batch, …
using Entry = std::pair<std::string_view, std::string_view>;

// Checks what Arrow would copy out of the schema message, and reads the expression's entries out of it. Positions in FlatBuffers
// may be shared, so that a small message could make a huge schema.
class SchemaMessage {
 public:
  static arrow::Result<std::vector<Entry>> Check(Span metadata) {
    arrow::util::InitializeUTF8();
    SchemaMessage check(metadata.size() * kSharingMax);
    ARROW_ASSIGN_OR_RAISE(const FlatTable message, FlatTable::Root(metadata));
    ARROW_ASSIGN_OR_RAISE(const auto type, message.Scalar<uint8_t>(1, 0));
    if (type != kSchemaHeader) return Damaged("it has no schema");
    ARROW_ASSIGN_OR_RAISE(const FlatTable schema, message.Table(2));
    ARROW_ASSIGN_OR_RAISE(const auto endianness, schema.Scalar<int16_t>(0, 0));
    if (endianness != 0) return Damaged("it is big-endian");
    ARROW_RETURN_NOT_OK(check.Fields(schema, 1, 0));
    ARROW_ASSIGN_OR_RAISE(const FlatVector lines, schema.Vector(2, 4));
    std::vector<Entry> entries;
    for (uint64_t i = 0; i < lines.count; ++i) {
      ARROW_ASSIGN_OR_RAISE(const FlatTable line, schema.Element(lines, i));
      ARROW_ASSIGN_OR_RAISE(const auto key, check.Text(line, 0));
      ARROW_ASSIGN_OR_RAISE(const auto value, check.Text(line, 1));
      entries.emplace_back(key, value);
    }
    return entries;
  }

 private:
  explicit SchemaMessage(uint64_t bytes_max) : bytes_left_(bytes_max) {}

  arrow::Status Fields(const FlatTable& parent, uint32_t slot, int depth) {
    ARROW_ASSIGN_OR_RAISE(const FlatVector fields, parent.Vector(slot, 4));
    if (fields.count > 0 && depth > kTypeDepthMax) return Damaged("a value is nested too deeply");
    for (uint64_t i = 0; i < fields.count; ++i) {
      ARROW_ASSIGN_OR_RAISE(const FlatTable field, parent.Element(fields, i));
      ARROW_RETURN_NOT_OK(Count(16));  // a field takes at least this
      ARROW_RETURN_NOT_OK(Text(field, 0).status());
      if (field.Has(4) || field.Has(6)) return Damaged("a value is dictionary-encoded or has metadata");
      ARROW_ASSIGN_OR_RAISE(const auto type, field.Scalar<uint8_t>(2, 0));
      if (type == kTimestampType) {
        ARROW_ASSIGN_OR_RAISE(const FlatTable timestamp, field.Table(3));
        ARROW_RETURN_NOT_OK(Text(timestamp, 1).status());
      }
      ARROW_RETURN_NOT_OK(Fields(field, 5, depth + 1));
    }
    return arrow::Status::OK();
  }

  arrow::Result<std::string_view> Text(const FlatTable& table, uint32_t slot) {
    ARROW_ASSIGN_OR_RAISE(const std::string_view text, table.String(slot));
    ARROW_RETURN_NOT_OK(Count(text.size()));
    if (!arrow::util::ValidateUTF8(text)) return Damaged("a name is not UTF-8");
    return text;
  }

  arrow::Status Count(uint64_t bytes) {
    if (bytes > bytes_left_) return Damaged("its schema is larger than its message");
    bytes_left_ -= bytes;
    return arrow::Status::OK();
  }

  uint64_t bytes_left_;
};

struct Parts {
  std::shared_ptr<arrow::Buffer> stream;  // what the entries are views of
  std::vector<Entry> entries;
  std::shared_ptr<arrow::RecordBatch> values;  // one row: literals and options
};

arrow::Result<Span> Inside(const arrow::Buffer& stream, uint64_t offset, uint64_t length) {
  const auto size = static_cast<uint64_t>(stream.size());
  if (offset > size || length > size - offset) return Damaged("it is cut short");
  return Span(stream.data() + offset, length);
}

arrow::Result<Parts> ReadParts(const std::shared_ptr<arrow::Buffer>& stream) {
  ARROW_ASSIGN_OR_RAISE(const Span all, Inside(*stream, 0, static_cast<uint64_t>(stream->size())));
  ARROW_ASSIGN_OR_RAISE(const auto schema_frame, chunk::ReadFrame(all, 0));
  ARROW_ASSIGN_OR_RAISE(const Span schema_bytes, Inside(*stream, schema_frame.metadata_offset, schema_frame.metadata_length));
  Parts parts;
  parts.stream = stream;
  ARROW_ASSIGN_OR_RAISE(parts.entries, SchemaMessage::Check(schema_bytes));
  ARROW_ASSIGN_OR_RAISE(const auto frame, chunk::ReadFrame(all, schema_frame.metadata_end()));
  ARROW_ASSIGN_OR_RAISE(const Span batch_bytes, Inside(*stream, frame.metadata_offset, frame.metadata_length));
  ARROW_ASSIGN_OR_RAISE(const auto layout, chunk::ReadBatchLayout(batch_bytes));
  ARROW_RETURN_NOT_OK(Inside(*stream, frame.metadata_end(), layout.body_length).status());
  if (layout.num_rows != 1) return Damaged("it has not one row of values");

  const auto slice = [&](uint64_t offset, uint64_t length) {
    return arrow::SliceBuffer(stream, static_cast<int64_t>(offset), static_cast<int64_t>(length));
  };
  arrow::ipc::DictionaryMemo no_dictionaries;
  ARROW_ASSIGN_OR_RAISE(const auto schema_message,
                        arrow::ipc::Message::Open(slice(schema_frame.metadata_offset, schema_frame.metadata_length), nullptr));
  ARROW_ASSIGN_OR_RAISE(const auto schema, arrow::ipc::ReadSchema(*schema_message, &no_dictionaries));
  ARROW_ASSIGN_OR_RAISE(const auto batch_message, arrow::ipc::Message::Open(slice(frame.metadata_offset, frame.metadata_length),
                                                                            slice(frame.metadata_end(), layout.body_length)));
  arrow::ipc::IpcReadOptions options;
  options.use_threads = false;
  ARROW_ASSIGN_OR_RAISE(parts.values, arrow::ipc::ReadRecordBatch(*batch_message, schema, &no_dictionaries, options));
  ARROW_RETURN_NOT_OK(parts.values->ValidateFull());
  return parts;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> AlignedCopy(const arrow::Buffer& bytes) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> copy, arrow::AllocateBuffer(bytes.size()));
  if (bytes.size() > 0) std::memcpy(copy->mutable_data(), bytes.data(), static_cast<size_t>(bytes.size()));
  return copy;
}

// Builds the expression out of its entries, which are in the order of a walk over the tree.
class Builder {
 public:
  explicit Builder(const Parts& parts) : parts_(parts) {}

  arrow::Result<compute::Expression> Build() {
    ARROW_ASSIGN_OR_RAISE(auto expression, One(1));
    if (next_ != parts_.entries.size()) return Damaged("something follows it");
    return expression;
  }

 private:
  arrow::Result<compute::Expression> One(int depth) {
    if (depth > kExpressionDepthMax) return base::InvalidArgument("filter: nested deeper than {} levels", kExpressionDepthMax);
    if (++nodes_ > kExpressionNodesMax) return base::InvalidArgument("filter: more than {} parts", kExpressionNodesMax);
    ARROW_ASSIGN_OR_RAISE(const Entry entry, Next());
    const auto& [key, value] = entry;
    if (key == "literal") return Literal(value);
    if (key == "field_ref") return compute::field_ref(std::string(value));
    if (key == "nested_field_ref") return NestedColumn(value);
    if (key == "call") return Call(std::string(value), depth);
    return Damaged(fmt::format("unknown part '{}'", key.substr(0, 50)));
  }

  arrow::Result<compute::Expression> Literal(std::string_view position) {
    ARROW_ASSIGN_OR_RAISE(const auto column, Column(position));
    const auto& type = *column->type();
    const bool is_list = type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST;
    if (!IsPlainType(is_list ? *type.field(0)->type() : type)) {
      return base::InvalidArgument("filter: a literal of type {} is not allowed", type.ToString());
    }
    ARROW_ASSIGN_OR_RAISE(auto scalar, column->GetScalar(0));
    return compute::literal(std::move(scalar));
  }

  arrow::Result<compute::Expression> NestedColumn(std::string_view count_text) {
    ARROW_ASSIGN_OR_RAISE(const size_t count, Number(count_text));
    if (count == 0 || count > static_cast<size_t>(kExpressionDepthMax)) return Damaged("a column is nested too deeply");
    std::vector<arrow::FieldRef> names;
    for (size_t i = 0; i < count; ++i) {
      ARROW_ASSIGN_OR_RAISE(const Entry entry, Next());
      if (entry.first != "field_ref") return Damaged("a nested column has a part that is no name");
      names.emplace_back(std::string(entry.second));
    }
    return compute::field_ref(arrow::FieldRef(std::move(names)));
  }

  arrow::Result<compute::Expression> Call(std::string function, int depth) {
    if (!IsAllowedFunction(function))
      return base::InvalidArgument("filter: the function '{}' is not allowed", function.substr(0, 100));
    std::vector<compute::Expression> arguments;
    std::shared_ptr<arrow::Scalar> options;
    for (;;) {
      if (next_ == parts_.entries.size()) return Damaged("it ends within a call");
      const auto& [key, value] = parts_.entries[next_];
      if (key == "end") break;
      if (key != "options") {
        ARROW_ASSIGN_OR_RAISE(arguments.emplace_back(), One(depth + 1));
        continue;
      }
      ++next_;
      ARROW_ASSIGN_OR_RAISE(const auto column, Column(value));
      if (options != nullptr || column->type_id() != arrow::Type::STRUCT) return Damaged("the options of a call are no struct");
      ARROW_ASSIGN_OR_RAISE(options, column->GetScalar(0));
      if (!options->is_valid) return Damaged("the options of a call are null");
    }
    ++next_;
    // Printing a comparison takes for granted that it has two sides.
    const auto known = compute::GetFunctionRegistry()->GetFunction(function);
    if (!known.ok()) return base::InvalidArgument("filter: there is no function '{}'", function);
    const auto arity = (*known)->arity();
    const auto wanted = static_cast<size_t>(arity.num_args);
    if (arity.is_varargs ? arguments.size() < wanted : arguments.size() != wanted) {
      return base::InvalidArgument("filter: the function '{}' takes {} arguments, not {}", function, wanted, arguments.size());
    }
    ARROW_ASSIGN_OR_RAISE(
        auto decoded,
        DecodeOptions(function,
                      options == nullptr ? nullptr : &arrow::internal::checked_cast<const arrow::StructScalar&>(*options)));
    return compute::call(std::move(function), std::move(arguments), std::move(decoded));
  }

  arrow::Result<Entry> Next() {
    if (next_ == parts_.entries.size()) return Damaged("it ends too early");
    return parts_.entries[next_++];
  }

  static arrow::Result<size_t> Number(std::string_view text) {
    size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return Damaged("a number is none");
    return number;
  }

  arrow::Result<std::shared_ptr<arrow::Array>> Column(std::string_view position_text) {
    ARROW_ASSIGN_OR_RAISE(const size_t position, Number(position_text));
    if (position >= static_cast<size_t>(parts_.values->num_columns())) return Damaged("it names a value that it does not have");
    return parts_.values->column(static_cast<int>(position));
  }

  const Parts& parts_;
  size_t next_ = 0;
  uint64_t nodes_ = 0;
};

}  // namespace

arrow::Result<compute::Expression> DecodeExpression(const std::shared_ptr<arrow::Buffer>& bytes) {
  if (bytes->size() > kExpressionBytesMax) {
    return base::InvalidArgument("filter: {} bytes, at most {} are read", bytes->size(), kExpressionBytesMax);
  }
  const auto magic_bytes = static_cast<int64_t>(kFileMagic.size());
  if (bytes->size() < magic_bytes || std::memcmp(bytes->data(), kFileMagic.data(), kFileMagic.size()) != 0) {
    return Damaged("it is no Arrow file");
  }
  // Behind its first 8 bytes the file is a stream; its footer only says where the messages lie.
  ARROW_ASSIGN_OR_RAISE(auto copy, AlignedCopy(*bytes));
  const auto parts = ReadParts(arrow::SliceBuffer(std::move(copy), magic_bytes));
  if (!parts.ok()) return base::InvalidArgument("{}", parts.status().message());
  return Builder(*parts).Build();
}

}  // namespace mutoscope::native
